# The reconciler against a real database with the columns of Mastodon's tables.
require 'active_record'
require 'json'
require 'minitest/autorun'
require 'tmpdir'

ActiveRecord::Base.establish_connection(adapter: 'sqlite3', database: ':memory:')
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table :domain_blocks do |t|
    t.string :domain, null: false, default: ''
    t.integer :severity, default: 0
    t.boolean :reject_media, null: false, default: false
    t.boolean :reject_reports, null: false, default: false
    t.text :private_comment
    t.text :public_comment
    t.boolean :obfuscate, null: false, default: false
    t.timestamps
  end
  create_table(:domain_allows) do |t|
    t.string :domain, null: false, default: ''
    t.timestamps
  end
  create_table(:user_roles) { |t| t.bigint :permissions, null: false, default: 0 }
end

class DomainBlock < ActiveRecord::Base
  enum severity: %i(silence suspend noop)
end

class DomainAllow < ActiveRecord::Base; end

class UserRole < ActiveRecord::Base
  FLAGS = { invite_users: 1 << 16 }.freeze
  def self.everyone = find_or_create_by!(id: -99) { |role| role.permissions = FLAGS[:invite_users] }
end

class Setting
  class << self
    attr_accessor :registrations_mode
  end
end

class DomainBlockWorker
  CALLS = []
  def self.perform_async(*arguments) = CALLS << arguments
end

class UnblockDomainService
  def call(block) = block.destroy
end

class UnallowDomainService
  def call(allow) = allow.destroy
end

class PolicyTest < Minitest::Test
  SCRIPT = File.expand_path('../../modules/mastodon/inside/reconcile.rb', __dir__)
  SPAM = { 'domain' => 'spam.example', 'severity' => 'silence', 'ground' => 'spam', 'reason' => 'Spam' }.freeze

  def setup
    [DomainBlock, DomainAllow, UserRole].each(&:delete_all)
    DomainBlockWorker::CALLS.clear
    Setting.registrations_mode = 'none'
    @folder = Dir.mktmpdir
  end

  def teardown = FileUtils.remove_entry(@folder)

  def reconcile(blocks: [], allows: [], invites: false)
    write = lambda do |name, value|
      File.join(@folder, name).tap { |path| File.write(path, JSON.generate(value)) }
    end
    ENV['COOP_SIGNUP'] = write.call('signup', { mode: 'open', invites: invites })
    ENV['COOP_POLICY'] = write.call('policy', { blocks: blocks, allows: allows })
    ENV['COOP_RECORD'] = File.join(@folder, 'record')
    capture_io { load SCRIPT, true }.first
  end

  def test_a_block_appears_changes_in_place_and_is_retracted
    assert_includes reconcile(blocks: [SPAM]), 'blocked: spam.example'
    first = DomainBlock.first
    reconcile(blocks: [SPAM.merge('severity' => 'suspend')])
    assert_equal first.id, DomainBlock.first.id
    assert_equal first.created_at, DomainBlock.first.created_at
    assert DomainBlock.first.suspend?
    assert_equal [[first.id], [first.id, true]], DomainBlockWorker::CALLS
    reconcile
    assert_equal 0, DomainBlock.count
  end

  def test_nothing_happens_twice
    reconcile(blocks: [SPAM])
    assert_empty reconcile(blocks: [SPAM])
    assert_equal 1, DomainBlockWorker::CALLS.size
  end

  def test_a_moderators_block_survives_declaration_and_retraction
    DomainBlock.create!(domain: 'spam.example', severity: 'suspend', private_comment: 'ours')
    assert_includes reconcile(blocks: [SPAM]), 'left to the moderators'
    reconcile
    assert_equal 'ours', DomainBlock.first.private_comment
  end

  def test_a_block_whose_marker_a_moderator_removed_is_theirs
    reconcile(blocks: [SPAM])
    DomainBlock.first.update!(private_comment: 'now ours')
    assert_includes reconcile, 'left to the moderators'
    assert_equal 1, DomainBlock.count
  end

  def test_drift_is_reported_and_mended
    reconcile(blocks: [SPAM])
    DomainBlock.first.update!(severity: 'noop')
    assert_includes reconcile(blocks: [SPAM]), 'changed: spam.example (severity)'
    assert DomainBlock.first.silence?
  end

  def test_only_own_allows_are_taken_back
    DomainAllow.create!(domain: 'theirs.example')
    reconcile(allows: [{ 'domain' => 'ours.example' }, { 'domain' => 'theirs.example' }])
    reconcile
    assert_equal ['theirs.example'], DomainAllow.pluck(:domain)
  end

  def test_invites_are_taken_from_everyone
    reconcile
    assert_equal 0, UserRole.everyone.permissions
    assert_equal 'open', Setting.registrations_mode
  end
end
