# Makes the database agree with the declared sign-up and federation policy.
#
# A block is coop's own only if its private comment carries the marker and the record names its
# domain. All others belong to the moderators and are left as they are.
require 'json'

MARKER = '[managed by coop]'.freeze

def write_record(path, record)
  partial = "#{path}.partial"
  File.write(partial, JSON.generate(record.transform_values { |domains| domains.uniq.sort }))
  File.rename(partial, path)
end

def read_record(path)
  return { 'blocks' => [], 'allows' => [] } unless File.exist?(path)

  JSON.parse(File.read(path))
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

# The allow list has no comment to mark: the record alone says what is coop's own.
def apply_allow(domain)
  return if DomainAllow.exists?(domain: domain)

  DomainAllow.create!(domain: domain)
  puts "allowed: #{domain}"
end

def retract_allow(domain)
  allow = DomainAllow.find_by(domain: domain)
  return if allow.nil?

  UnallowDomainService.new.call(allow)
  puts "no longer allowed: #{domain}"
end

# Domains that coop answers for: those it recorded, and those it is about to make.
def answered_for(model, recorded, wanted)
  recorded + wanted.reject { |domain| model.exists?(domain: domain) }
end

def reconcile_policy(policy, path)
  old = read_record(path)
  blocks = policy.fetch('blocks')
  blocked = blocks.map { |entry| entry.fetch('domain') }
  allowed = policy.fetch('allows').map { |entry| entry.fetch('domain') }
  own = {
    'blocks' => answered_for(DomainBlock, old['blocks'], blocked),
    'allows' => answered_for(DomainAllow, old['allows'], allowed),
  }

  # Recorded first: after a crash in between, what was made is still known as coop's own.
  write_record(path, own)
  blocks.each { |entry| apply_block(entry, old['blocks']) }
  (old['blocks'] - blocked).each { |domain| retract_block(domain, old['blocks']) }
  allowed.each { |domain| apply_allow(domain) }
  (old['allows'] - allowed).each { |domain| retract_allow(domain) }
  write_record(path, { 'blocks' => own['blocks'] & blocked, 'allows' => own['allows'] & allowed })
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
policy = ENV['COOP_POLICY'] ? JSON.parse(File.read(ENV['COOP_POLICY'])) : { 'blocks' => [], 'allows' => [] }
reconcile_policy(policy, ENV.fetch('COOP_RECORD'))
