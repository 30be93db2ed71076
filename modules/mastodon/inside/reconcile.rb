# Makes the database agree with the declared sign-up and federation policy.
#
# A block is coop's own only if its private comment carries the marker and the record names its
# domain. All others belong to the moderators and are left as they are.
require 'json'

MARKER = '[managed by coop]'.freeze

def write_record(path, domains)
  partial = "#{path}.partial"
  File.write(partial, JSON.generate(domains.uniq.sort))
  File.rename(partial, path)
end

def wanted_attributes(entry)
  {
    severity: entry.fetch('severity'),
    public_comment: entry['reason'].to_s,
    private_comment: [entry['note'], entry['ground'], entry['since'], MARKER].compact.join(' | '),
  }
end

def owned?(block, record)
  record.include?(block.domain) && block.private_comment.to_s.end_with?(MARKER)
end

def differing(block, attributes)
  attributes.reject { |name, value| block.public_send(name).to_s == value.to_s }
end

def apply_block(entry, record)
  attributes = wanted_attributes(entry)
  domain = entry.fetch('domain')
  block = DomainBlock.find_by(domain: domain)
  if block.nil?
    block = DomainBlock.create!(attributes.merge(domain: domain))
    DomainBlockWorker.perform_async(block.id)
    puts "blocked: #{domain} (#{block.severity})"
  elsif !owned?(block, record)
    puts "left to the moderators: #{domain} (theirs: #{block.severity}, declared: #{entry['severity']})"
  elsif (drift = differing(block, attributes)).any?
    # In place: lifting a block later looks for accounts with the block's own time of creation.
    block.update!(attributes)
    DomainBlockWorker.perform_async(block.id, block.severity_previously_changed?)
    puts "changed: #{domain} (#{drift.keys.join(', ')})"
  end
end

def retract_block(domain, record)
  block = DomainBlock.find_by(domain: domain)
  if block.nil?
    puts "already gone: #{domain}"
  elsif owned?(block, record)
    UnblockDomainService.new.call(block)
    puts "retracted: #{domain}"
  else
    puts "left to the moderators: #{domain} (the marker is gone)"
  end
end

def reconcile_policy(policy, path)
  record = File.exist?(path) ? JSON.parse(File.read(path)) : []
  entries = policy.fetch('blocks')
  wanted = entries.map { |entry| entry.fetch('domain') }
  fresh = wanted.reject { |domain| DomainBlock.exists?(domain: domain) }
  kept = record.select { |domain| DomainBlock.exists?(domain: domain) || wanted.include?(domain) }

  # Recorded first: after a crash in between, what was made is still known as coop's own.
  write_record(path, kept + fresh)
  entries.each { |entry| apply_block(entry, record) }
  (record - wanted).each { |domain| retract_block(domain, record) }
  write_record(path, (kept + fresh) & wanted)
end

def reconcile_signup(signup)
  unless Setting.registrations_mode == signup.fetch('mode')
    Setting.registrations_mode = signup.fetch('mode')
    puts "sign-up mode: #{signup.fetch('mode')}"
  end
  return if signup.fetch('invites')

  everyone = UserRole.everyone
  without = everyone.permissions & ~UserRole::FLAGS[:invite_users]
  return if without == everyone.permissions

  everyone.update!(permissions: without)
  puts 'invites: taken from everyone'
end

reconcile_signup(JSON.parse(File.read(ENV.fetch('COOP_SIGNUP'))))
policy = ENV['COOP_POLICY'] ? JSON.parse(File.read(ENV['COOP_POLICY'])) : { 'blocks' => [] }
reconcile_policy(policy, ENV.fetch('COOP_RECORD'))
