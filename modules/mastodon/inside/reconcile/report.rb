# What a run did, for the journal and for the metrics.
module Coop
  class Report
    PRIORITIES = { drift: 4, left: 5, failed: 3, changed: 6 }.freeze

    def initialize
      @counts = PRIORITIES.transform_values { 0 }
      @gauges = {}
    end

    # As declared: something new, changed or withdrawn in the declaration.
    def changed(text) = note(:changed, text)

    # Somebody else changed what is coop's own; it was put back.
    def drift(text) = note(:drift, "drift: #{text}")

    # Declared, but moderators have their own.
    def left(text) = note(:left, "left to the moderators: #{text}")

    def failed(text) = note(:failed, "failed: #{text}")

    def gauge(name, value) = @gauges[name] = value

    def guard(what)
      yield
    rescue StandardError => e
      failed("#{what}: #{e.message} (#{e.backtrace&.first})")
    end

    def write_metrics(path, instance)
      values = @gauges.merge(
        'drift' => @counts[:drift], 'left_to_moderators' => @counts[:left],
        'failures' => @counts[:failed], 'last_run_timestamp_seconds' => Time.now.to_i,
      )
      lines = values.map { |name, value| "coop_policy_#{name}{instance=\"#{instance}\"} #{value}\n" }
      File.write("#{path}.partial", lines.join)
      File.rename("#{path}.partial", path)
    end

    def finish
      puts 'all is as declared' if @counts.values.sum.zero?
      exit 1 if @counts[:failed].positive?
    end

    private

    # The number in front is a priority of syslog: `journalctl -p warning` shows drift and failures.
    def note(kind, text)
      @counts[kind] += 1
      puts "<#{PRIORITIES.fetch(kind)}>#{text.gsub(/[[:cntrl:]]+/, ' ')}"
    end
  end
end
