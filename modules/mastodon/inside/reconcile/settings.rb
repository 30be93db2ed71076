# One of Mastodon's settings, applied if it differs.
module Coop
  module Settings
    def self.apply(name, value, record, report)
      current = Setting[name]
      known = record['settings']
      if current != value
        if known[name] == value
          report.drift("the setting #{name} was changed by hand")
        else
          report.changed("setting: #{name}")
        end
        Setting[name] = value
      end
      known[name] = value
    end
  end
end
