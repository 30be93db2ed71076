# What visitors read: title, description, rules, privacy policy, the blocks and their reasons.
module Coop
  class Site
    def initialize(declared, hidden)
      @settings = {
        'site_title' => declared['title'],
        'site_short_description' => declared['description'],
        'site_terms' => declared['privacy'] && File.read(declared['privacy']),
        # The page "About" lists blocks with their public comments.
        'show_domain_blocks' => 'all',
        'show_domain_blocks_rationale' => 'all',
        # The default of accounts: whether search engines may list them.
        'noindex' => hidden ? true : nil,
      }.compact
      @rules = declared.fetch('rules').map do |rule|
        text, hint = rule.split("\n", 2)
        { 'text' => text.strip, 'hint' => hint.to_s.strip }
      end
    end

    def apply(record, report)
      @settings.each { |name, value| Settings.apply(name, value, record, report) }
      apply_rules(record, report)
    end

    private

    # Reports name rules by their row: one that stays keeps its row, and none is deleted for good.
    def apply_rules(record, report)
      own = @rules.each_with_index.filter_map { |rule, position| apply_rule(rule, position, record, report) }
      Rule.kept.where(id: record['rules'] - own).find_each do |row|
        row.discard!
        report.changed("rule withdrawn: #{row.text}")
      end
      record['rules'] = own
    end

    # Gives the rule's row if it is coop's own: moderators may have written the same one before.
    def apply_rule(rule, position, record, report)
      row = Rule.kept.find_by(text: rule['text']) || Rule.new(text: rule['text'])
      own = row.new_record? || record['rules'].include?(row.id)
      row.assign_attributes(hint: rule['hint'], priority: position)
      if row.new_record? || row.changed?
        report.changed("rule #{position + 1}: #{rule['text']}")
        row.save!
      end
      row.id if own
    end
  end
end
