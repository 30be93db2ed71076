# How people come in: the mode of registration, and whether anybody may invite.
module Coop
  class Signup
    def initialize(declared)
      @mode = declared.fetch('mode')
      @invites = declared.fetch('invites')
    end

    def apply(record, report)
      Settings.apply('registrations_mode', @mode, record, report)
      @invites ? give_back(record, report) : take_away(record, report)
    end

    private

    # Closing registration does not end invitations: in every mode a valid one lets people in.
    def take_away(record, report)
      UserRole.everyone
      UserRole.all.each do |role|
        next if (role.permissions & invite_users).zero?

        role.update!(permissions: role.permissions & ~invite_users)
        note = "the role #{name(role)} may no longer invite"
        record['roles'].include?(role.id) ? report.drift(note) : report.changed(note)
        record['roles'] |= [role.id]
      end
      Invite.available.find_each do |invite|
        invite.expire!
        report.changed("an invitation of user #{invite.user_id} was ended")
      end
    end

    def give_back(record, report)
      UserRole.where(id: record['roles']).find_each do |role|
        role.update!(permissions: role.permissions | invite_users)
        report.changed("the role #{name(role)} may invite again")
      end
      record['roles'] = []
    end

    def invite_users = UserRole::FLAGS.fetch(:invite_users)

    def name(role) = role.everyone? ? 'of everyone' : role.name
  end
end
