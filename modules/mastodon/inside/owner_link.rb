# Writes a link that lets the first owner set a password, once. It goes to a file that root alone
# reads, never to the journal.
email = ENV.fetch('COOP_OWNER_EMAIL')
user = User.find_by(email: email)
abort "#{email} has no account here: see `journalctl -u coop-reconcile`." if user.nil?

# Devise keeps the token's hash and gives the token.
token = user.send(:set_reset_password_token)
File.write(
  File.join(ENV.fetch('RUNTIME_DIRECTORY'), 'link'),
  "https://#{ENV.fetch('COOP_WEB_DOMAIN')}/auth/password/edit?reset_password_token=#{token}\n",
  perm: 0o600,
)
