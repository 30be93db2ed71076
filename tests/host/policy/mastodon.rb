# Stands in for Mastodon: tables with the columns of Mastodon 4.6, models with the validations,
# scopes and callbacks that the scripts rely on, and services that note how they were called.
require 'active_record'
require 'json'
require 'minitest/autorun'
require 'tmpdir'
require 'yaml'

ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: ENV.fetch('PGHOST'), database: ENV.fetch('PGDATABASE'), username: ENV.fetch('PGUSER'))
ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table :domain_blocks do |t|
    t.string :domain, null: false, default: '', index: { unique: true }
    t.integer :severity, default: 0
    t.boolean :reject_media, null: false, default: false
    t.boolean :reject_reports, null: false, default: false
    t.text :private_comment
    t.text :public_comment
    t.boolean :obfuscate, null: false, default: false
    t.timestamps
  end
  create_table :domain_allows do |t|
    t.string :domain, null: false, default: '', index: { unique: true }
    t.timestamps
  end
  create_table :user_roles do |t|
    t.string :name, null: false, default: ''
    t.integer :position, null: false, default: 0
    t.bigint :permissions, null: false, default: 0
    t.timestamps
  end
  create_table :accounts do |t|
    t.string :username, null: false, default: ''
    t.string :domain
    t.timestamps
  end
  create_table :users do |t|
    t.string :email, null: false, default: ''
    t.bigint :account_id, null: false
    t.bigint :role_id
    t.boolean :approved, null: false, default: true
    t.boolean :disabled, null: false, default: false
    t.datetime :confirmed_at
    t.string :encrypted_password, null: false, default: ''
    t.string :reset_password_token
    t.timestamps
  end
  create_table :invites do |t|
    t.bigint :user_id, null: false
    t.datetime :expires_at
    t.timestamps
  end
  create_table :rules do |t|
    t.integer :priority, null: false, default: 0
    t.datetime :deleted_at
    t.text :text, null: false, default: ''
    t.text :hint, null: false, default: ''
    t.timestamps
  end
  create_table :settings do |t|
    t.string :var, null: false, index: { unique: true }
    t.text :value
    t.timestamps
  end
end

class DomainBlock < ActiveRecord::Base
  enum severity: { silence: 0, suspend: 1, noop: 2 }
  validates :domain, presence: true, uniqueness: true, format: /\A[a-z0-9.-]+\z/
end

class DomainAllow < ActiveRecord::Base
  validates :domain, presence: true, uniqueness: true
end

class UserRole < ActiveRecord::Base
  FLAGS = { administrator: 1, manage_users: 1 << 10, invite_users: 1 << 16 }.freeze
  def self.everyone = find_or_create_by!(id: -99) { |role| role.permissions = FLAGS[:invite_users] }
  def everyone? = id == -99
end

class Account < ActiveRecord::Base
  def self.find_local(username) = find_by(username: username, domain: nil)
end

class User < ActiveRecord::Base
  belongs_to :account
  attr_accessor :password, :agreement, :bypass_registration_checks, :waits

  scope :pending, -> { where(approved: false) }
  scope :confirmed, -> { where.not(confirmed_at: nil) }
  validates :email, presence: true, uniqueness: true
  validates :password, length: { minimum: 8 }, on: :create
  validates :agreement, acceptance: { allow_nil: false, accept: [true] }, on: :create
  # Approval comes with saving, as Mastodon does it while registration is not open.
  before_create { self.approved = false }

  def mark_email_as_confirmed! = update!(confirmed_at: Time.now.utc)
  def approve! = update!(approved: true)

  def set_reset_password_token
    update_column(:reset_password_token, 'hash of the token')
    'raw-token'
  end

  private :set_reset_password_token

  # A rule of the moderators makes names that begin with "odd" wait.
  def requires_approval? = email.start_with?('odd')

  private :requires_approval?
end

class Invite < ActiveRecord::Base
  scope :available, -> { where(expires_at: nil).or(where('expires_at >= ?', Time.now.utc)) }
  def expire! = touch(:expires_at)
end

class Rule < ActiveRecord::Base
  scope :kept, -> { where(deleted_at: nil) }
  validates :text, presence: true, length: { maximum: 300 }
  def discard! = update!(deleted_at: Time.now.utc)
end

class Setting < ActiveRecord::Base
  DEFAULTS = { 'registrations_mode' => 'none', 'site_title' => 'Mastodon', 'show_domain_blocks' => 'disabled' }.freeze
  def self.[](name) = (row = find_by(var: name)) ? YAML.safe_load(row.value) : DEFAULTS[name]

  def self.[]=(name, value)
    find_or_initialize_by(var: name).update!(value: value.to_yaml)
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

# What every test starts from, and how it runs a script.
class MastodonTest < Minitest::Test
  SCRIPTS = File.expand_path('../../../modules/mastodon/inside', __dir__)
  MODELS = [DomainBlock, DomainAllow, UserRole, User, Account, Invite, Rule, Setting].freeze

  def setup
    MODELS.each(&:delete_all)
    DomainBlockWorker::CALLS.clear
    UserRole.everyone
    @owners = UserRole.create!(name: 'Owner', position: 1000, permissions: 1)
    UserRole.create!(name: 'Moderator', position: 10, permissions: UserRole::FLAGS[:manage_users] | UserRole::FLAGS[:invite_users])
    @folder = Dir.mktmpdir
    @declared = {
      signup: { mode: 'none', invites: false, join: { domains: [], domainsWithSubdomains: [] } },
      site: { title: nil, description: nil, rules: [], privacy: nil },
      owner: nil, hidden: false,
    }
    @policy = { blocks: [], allows: [] }
  end

  def teardown = FileUtils.remove_entry(@folder)

  def write(name, value)
    File.join(@folder, name).tap { |path| File.write(path, value.is_a?(String) ? value : JSON.generate(value)) }
  end

  # The script's standard output, and whether it ended well.
  def run_script(name)
    @ended_well = true
    capture_io do
      load File.join(SCRIPTS, name), true
    rescue SystemExit => e
      @ended_well = e.success?
    end.first
  end

  def reconcile(**changes)
    @policy = @policy.merge(changes.slice(:blocks, :allows))
    @declared = @declared.merge(changes.except(:blocks, :allows))
    ENV['COOP_SETTINGS'] = write('declared', @declared)
    ENV['COOP_POLICY'] = write('policy', @policy)
    ENV['COOP_RECORD'] = record
    ENV['COOP_METRICS_FILE'] = File.join(@folder, 'metrics')
    ENV['COOP_INSTANCE'] = 'social'
    run_script('reconcile/main.rb')
  end

  def record = File.join(@folder, 'record')

  def metric(name) = File.read(File.join(@folder, 'metrics'))[/^coop_policy_#{name}\{instance="social"\} (\d+)$/, 1]&.to_i

  def person(email, **more)
    name = email.split('@').first
    approved = more.delete(:approved) { false }
    account = Account.create!(username: name)
    User.create!({ email: email, password: 'a long password', agreement: true, account: account, confirmed_at: Time.now.utc }.merge(more))
        .tap { |user| user.update!(approved: approved) }
  end
end
