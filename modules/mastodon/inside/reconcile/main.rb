# Makes the database agree with what is declared: sign-up, federation policy, site, first owner.
#
# Each part changes only what differs, so that a second run changes nothing. What somebody else
# changed since the last run is put back and reported as drift. A part that fails does not keep the
# others from being applied.
require 'json'
require_relative 'report'
require_relative 'record'
require_relative 'settings'
require_relative 'blocks'
require_relative 'allows'
require_relative 'signup'
require_relative 'site'
require_relative 'owner'

declared = JSON.parse(File.read(ENV.fetch('COOP_SETTINGS')))
policy = JSON.parse(File.read(ENV.fetch('COOP_POLICY')))
record = Coop::Record.read(ENV.fetch('COOP_RECORD'))
report = Coop::Report.new

begin
  [
    Coop::Owner.new(declared['owner']),
    Coop::Signup.new(declared.fetch('signup')),
    Coop::Blocks.new(policy.fetch('blocks')),
    Coop::Allows.new(policy.fetch('allows')),
    Coop::Site.new(declared.fetch('site'), declared.fetch('hidden')),
  ].each do |part|
    report.guard(part.class.name) { part.apply(record, report) }
  end
ensure
  record.write
  report.write_metrics(ENV.fetch('COOP_METRICS_FILE'), ENV.fetch('COOP_INSTANCE'))
end

report.finish
