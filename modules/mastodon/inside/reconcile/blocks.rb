# Blocks of other servers. A block is coop's own if its private comment ends with the marker of its
# very domain; all others are the moderators' and stay as they are. Moderators take one over by
# removing the marker.
module Coop
  class Blocks
    FLAGS = %w(reject_media reject_reports obfuscate).freeze

    def self.marker(domain) = "[managed by coop: #{domain}]"

    def self.own?(block) = block.private_comment.to_s.end_with?(marker(block.domain))

    def initialize(declared)
      @declared = declared.to_h { |entry| [entry.fetch('domain'), attributes(entry)] }
    end

    def apply(record, report)
      @record = record
      @report = report
      finish_what_was_begun
      @declared.each { |domain, wanted| report.guard(domain) { apply_one(domain, wanted) } }
      own_blocks.each { |block| report.guard(block.domain) { retract(block) } unless @declared.key?(block.domain) }
      record['blocks'] = record['blocks'].slice(*@declared.keys)
      report.gauge('blocks', own_blocks.size)
    end

    private

    def attributes(entry)
      about = %w(ground since review).filter_map { |key| "#{key}: #{entry[key]}" if entry[key] }.join(', ')
      comment = [entry['note'], about, self.class.marker(entry.fetch('domain'))].compact.reject(&:empty?)
      FLAGS.to_h { |flag| [flag, entry.fetch(flag, false)] }.merge(
        'severity' => entry.fetch('severity'),
        'public_comment' => entry['reason'].to_s,
        'private_comment' => comment.join(' | '),
      )
    end

    def own_blocks
      DomainBlock.where('private_comment LIKE ?', '%[managed by coop: %').select { |block| self.class.own?(block) }
    end

    def apply_one(domain, wanted)
      block = DomainBlock.find_by(domain: domain)
      if block.nil?
        create(domain, wanted)
      elsif self.class.own?(block)
        update(block, wanted)
      else
        @report.left("#{domain} (#{block.severity}; declared: #{wanted['severity']})")
        @record['blocks'].delete(domain)
      end
    end

    def create(domain, wanted)
      known = @record['blocks'].key?(domain)
      enforce(domain, update: false) { DomainBlock.create!(wanted.merge('domain' => domain)) }
      @record['blocks'][domain] = wanted
      known ? @report.drift("the block of #{domain} had been removed by hand") : @report.changed("blocked: #{domain} (#{wanted['severity']})")
    end

    def update(block, wanted)
      known = @record['blocks'][block.domain]
      differing = wanted.keys.reject { |name| block.public_send(name).to_s == wanted[name].to_s }
      by_hand = differing.select { |name| known && known[name].to_s == wanted[name].to_s }
      unless differing.empty?
        # In place: lifting a block later looks for accounts with the block's own time of creation.
        enforce(block.domain, update: differing.include?('severity')) { block.tap { block.update!(wanted) } }
        declared = differing - by_hand
        @report.drift("#{block.domain}: #{by_hand.join(', ')} had been changed by hand") unless by_hand.empty?
        @report.changed("changed: #{block.domain} (#{declared.join(', ')})") unless declared.empty?
      end
      @record['blocks'][block.domain] = wanted
    end

    def retract(block)
      UnblockDomainService.new.call(block)
      @report.changed("retracted: #{block.domain}")
    end

    # The row alone does nothing to accounts that are known already: the worker does. A run that was
    # killed in between is finished by the next one.
    def enforce(domain, update:)
      @record['unfinished'] |= [domain]
      @record.write
      block = yield
      DomainBlockWorker.perform_async(block.id, update)
      @record['unfinished'] -= [domain]
    end

    def finish_what_was_begun
      @record['unfinished'].each do |domain|
        block = DomainBlock.find_by(domain: domain)
        DomainBlockWorker.perform_async(block.id, true) if block && self.class.own?(block)
      end
      @record['unfinished'] = []
    end
  end
end
