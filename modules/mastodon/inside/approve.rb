# Approves applicants whose confirmed address is at a domain that joins at once.
require 'json'

join = JSON.parse(File.read(ENV.fetch('COOP_SETTINGS'))).fetch('signup').fetch('join')
exact = join.fetch('domains')
trees = join.fetch('domainsWithSubdomains')
failures = 0

User.pending.confirmed.find_each do |user|
  domain = user.email.split('@').last.downcase
  joins = exact.include?(domain) || trees.any? { |tree| domain == tree || domain.end_with?(".#{tree}") }
  # Moderators' own rules on addresses, networks and names make people wait: these stay theirs.
  next if !joins || user.disabled? || user.send(:requires_approval?)

  user.approve!
  puts "approved: user #{user.id} at #{domain}"
rescue StandardError => e
  # One account that Mastodon refuses to save must not keep the others waiting.
  failures += 1
  puts "<3>failed: user #{user.id}: #{e.message}"
end

exit 1 if failures.positive?
