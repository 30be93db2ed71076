# The mode of registration, invitations, and the approval of applicants who are on the list.
require_relative 'mastodon'

class SignupTest < MastodonTest
  def signup(mode, invites: false, domains: [], trees: [])
    { mode: mode, invites: invites, join: { domains: domains, domainsWithSubdomains: trees } }
  end

  def invitable = UserRole.where('permissions & ? <> 0', UserRole::FLAGS[:invite_users]).pluck(:name).sort

  def test_the_mode_is_set_and_a_change_by_hand_is_drift
    assert_includes reconcile(signup: signup('approved')), 'setting: registrations_mode'
    assert_equal 'approved', Setting['registrations_mode']
    Setting['registrations_mode'] = 'open'
    assert_includes reconcile, 'drift: the setting registrations_mode was changed by hand'
    assert_equal 'approved', Setting['registrations_mode']
    assert_includes reconcile(signup: signup('none')), 'setting: registrations_mode'
  end

  def test_without_invites_no_role_may_invite_and_open_invitations_end
    invite = Invite.create!(user_id: 1)
    later = Invite.create!(user_id: 1, expires_at: Time.now.utc + 3600)
    reconcile
    assert_empty invitable
    assert_equal UserRole::FLAGS[:manage_users], UserRole.find_by(name: 'Moderator').permissions
    assert_operator invite.reload.expires_at, :<=, Time.now.utc
    assert_operator later.reload.expires_at, :<=, Time.now.utc
    assert_equal "all is as declared\n", reconcile
  end

  def test_a_role_that_got_the_permission_back_by_hand_is_drift
    reconcile
    UserRole.everyone.update!(permissions: UserRole::FLAGS[:invite_users])
    assert_includes reconcile, 'drift: the role of everyone may no longer invite'
    assert_empty invitable
  end

  def test_with_invites_the_roles_that_lost_it_get_it_back
    reconcile
    UserRole.create!(name: 'Guest', permissions: 0)
    reconcile(signup: signup('none', invites: true))
    assert_equal ['', 'Moderator'], invitable
    assert_equal "all is as declared\n", reconcile
  end

  def test_with_invites_invitations_stay
    invite = Invite.create!(user_id: 1)
    reconcile(signup: signup('none', invites: true))
    assert_nil invite.reload.expires_at
  end

  def approve(domains: [], trees: [])
    ENV['COOP_SETTINGS'] = write('declared', @declared.merge(signup: signup('approved', domains: domains, trees: trees)))
    run_script('approve.rb')
  end

  def approved = User.where(approved: true).order(:email).pluck(:email)

  def test_an_exact_domain_is_that_domain_alone
    person('ann@example.coop')
    person('bob@students.example.coop')
    person('eve@notexample.coop')
    assert_includes approve(domains: ['example.coop']), 'at example.coop'
    assert_equal ['ann@example.coop'], approved
  end

  def test_a_tree_is_the_domain_and_all_below_it
    person('ann@example.ac.uk')
    person('bob@cs.students.example.ac.uk')
    person('eve@notexample.ac.uk')
    person('mal@example.ac.uk.evil.example')
    approve(trees: ['example.ac.uk'])
    assert_equal %w(ann@example.ac.uk bob@cs.students.example.ac.uk), approved
  end

  def test_capital_letters_are_no_other_domain
    person('Ann@Example.COOP')
    approve(domains: ['example.coop'])
    assert_equal ['Ann@Example.COOP'], approved
  end

  def test_nobody_is_approved_before_the_address_is_confirmed
    person('ann@example.coop', confirmed_at: nil)
    approve(domains: ['example.coop'])
    assert_empty approved
  end

  def test_moderators_own_rules_and_decisions_stay
    person('odd@example.coop')
    person('off@example.coop', disabled: true)
    approve(domains: ['example.coop'])
    assert_empty approved
  end

  def test_one_account_that_cannot_be_saved_does_not_hold_up_the_others
    broken = person('aaa@example.coop')
    broken.update_column(:email, 'ann@example.coop')
    person('bob@example.coop')
    twin = person('twin@example.coop', approved: true)
    twin.update_column(:email, 'ann@example.coop')
    assert_includes approve(domains: ['example.coop']), '<3>failed: user'
    refute @ended_well
    assert_includes approved, 'bob@example.coop'
  end
end
