# Two people whom a provider of single sign-on vouches for, made as Mastodon makes them: their
# addresses count as confirmed before the account is saved.
%w(jo@stranger.example kim@coop.example).each do |address|
  user = User.new(
    email: address, agreement: true, external: true,
    account_attributes: { username: address.split('@').first },
  )
  user.mark_email_as_confirmed!
  user.save!
  puts "taken: #{address}"
rescue ActiveRecord::RecordInvalid
  puts "refused: #{address}"
end
