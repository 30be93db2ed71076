# What coop applied the last time, in a file beside the database: the way to tell a new declaration
# from somebody's change, and to know again what the database has no room to mark.
require 'json'

module Coop
  class Record
    EMPTY = { 'blocks' => {}, 'unfinished' => [], 'allows' => [], 'roles' => [], 'rules' => [], 'settings' => {} }.freeze

    def self.read(path)
      new(path, File.exist?(path) ? JSON.parse(File.read(path)) : {})
    end

    def initialize(path, values)
      @path = path
      @values = JSON.parse(JSON.generate(EMPTY)).merge(values)
    end

    def [](name) = @values.fetch(name)

    def []=(name, value)
      @values[name] = value
    end

    # Before a change as well as after it: what a crash leaves behind is still known as coop's own.
    def write
      File.write("#{@path}.partial", JSON.generate(@values), perm: 0o600)
      File.rename("#{@path}.partial", @path)
    end
  end
end
