# The first account that may administer the server: made once, and never a second time.
require 'securerandom'

module Coop
  class Owner
    def self.roles
      administrator = UserRole::FLAGS.fetch(:administrator)
      UserRole.all.reject { |role| (role.permissions & administrator).zero? }
    end

    def initialize(declared)
      @declared = declared
    end

    def apply(_record, report)
      return if @declared.nil? || User.exists?(role_id: self.class.roles.map(&:id))

      name = @declared.fetch('name')
      email = @declared.fetch('email')
      if User.exists?(email: email) || Account.find_local(name)
        report.failed("nobody administers this server, and #{name} or #{email} has an account already: give it the role with `tootctl accounts modify #{name} --role Owner`")
        return
      end

      create(name, email)
      report.changed("the first owner: #{name}")
    end

    private

    def create(name, email)
      user = User.new(
        email: email, password: SecureRandom.hex(32), agreement: true, confirmed_at: Time.now.utc,
        role_id: UserRole.find_by!(name: 'Owner').id, bypass_registration_checks: true,
        account: Account.new(username: name),
      )
      user.save!
      # Confirming is what makes a new account complete; it was set so that no mail is sent.
      user.confirmed_at = nil
      user.mark_email_as_confirmed!
      user.approve!
    end
  end
end
