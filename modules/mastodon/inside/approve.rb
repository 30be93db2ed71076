# Approves applicants whose confirmed address is at a domain that joins at once.
require 'json'

signup = JSON.parse(File.read(ENV.fetch('COOP_SIGNUP')))
listed = signup.fetch('join')

User.pending.confirmed.find_each do |user|
  domain = user.email.split('@').last.downcase
  joins = listed.any? do |entry|
    domain == entry || (signup.fetch('subdomains') && domain.end_with?(".#{entry}"))
  end
  # Moderators' own rules on addresses, networks and names make people wait: these stay theirs.
  next if !joins || user.send(:requires_approval?)

  user.approve!
  puts "approved: user #{user.id} at #{domain}"
end
