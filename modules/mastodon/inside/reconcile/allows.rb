# Servers that a server with limited federation talks to. The table has no comment to mark: the
# record alone says which of them are coop's own.
module Coop
  class Allows
    def initialize(declared)
      @declared = declared.map { |entry| entry.fetch('domain') }
    end

    def apply(record, report)
      own = record['allows']
      # Recorded first: after a crash in between, what was made is still known as coop's own.
      record['allows'] = own | (@declared - DomainAllow.where(domain: @declared).pluck(:domain))
      record.write
      @declared.each { |domain| report.guard(domain) { allow(domain, own.include?(domain), report) } }
      (record['allows'] - @declared).each do |domain|
        report.guard(domain) { retract(domain, report) }
      end
      record['allows'] &= @declared
      report.gauge('allows', record['allows'].size)
    end

    private

    def allow(domain, known, report)
      return if DomainAllow.exists?(domain: domain)

      DomainAllow.create!(domain: domain)
      known ? report.drift("#{domain} had been taken from the allowed servers by hand") : report.changed("allowed: #{domain}")
    end

    def retract(domain, report)
      allow = DomainAllow.find_by(domain: domain)
      return if allow.nil?

      UnallowDomainService.new.call(allow)
      report.changed("no longer allowed: #{domain}")
    end
  end
end
