# Approves applicants whose confirmed address is at a domain that joins at once.
require 'json'

signup = JSON.parse(File.read(ENV.fetch('COOP_SIGNUP')))
join = signup.fetch('join')
exact = join.fetch('domains')
trees = join.fetch('domainsWithSubdomains')

User.pending.confirmed.find_each do |user|
  domain = user.email.split('@').last.downcase
  joins = exact.include?(domain) || trees.any? { |tree| domain == tree || domain.end_with?(".#{tree}") }
  # Moderators' own rules on addresses, networks and names make people wait: these stay theirs.
  next if !joins || user.send(:requires_approval?)

  user.approve!
  puts "approved: user #{user.id} at #{domain}"
end
