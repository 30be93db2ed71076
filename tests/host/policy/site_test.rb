# What visitors read, and the first owner.
require_relative 'mastodon'

class SiteTest < MastodonTest
  def site(**more) = { title: nil, description: nil, rules: [], privacy: nil }.merge(more)

  def rules = Rule.kept.order(:priority).pluck(:text)

  def test_texts_are_applied_and_what_is_not_declared_stays
    Setting['site_short_description'] = 'As the administrators wrote it'
    reconcile(site: site(title: 'socialmedia.coop', privacy: write('privacy.md', "# Privacy\n")))
    assert_equal 'socialmedia.coop', Setting['site_title']
    assert_equal "# Privacy\n", Setting['site_terms']
    assert_equal 'As the administrators wrote it', Setting['site_short_description']
    assert_equal "all is as declared\n", reconcile
  end

  def test_blocks_are_public_with_their_reasons
    reconcile
    assert_equal 'all', Setting['show_domain_blocks']
    assert_equal 'all', Setting['show_domain_blocks_rationale']
  end

  def test_only_hidden_servers_ask_not_to_be_indexed
    reconcile
    assert_nil Setting['noindex']
    reconcile(hidden: true)
    assert_equal true, Setting['noindex']
  end

  def test_rules_keep_their_rows_when_they_move
    reconcile(site: site(rules: ["Be kind.\nTo newcomers above all.", 'No spam.']))
    assert_equal ['Be kind.', 'No spam.'], rules
    assert_equal 'To newcomers above all.', Rule.kept.find_by(text: 'Be kind.').hint
    ids = Rule.kept.order(:id).pluck(:id)
    reconcile(site: site(rules: ['No spam.', "Be kind.\nTo newcomers above all."]))
    assert_equal ['No spam.', 'Be kind.'], rules
    assert_equal ids, Rule.kept.order(:id).pluck(:id)
  end

  def test_rules_that_left_are_discarded_and_moderators_own_stay
    Rule.create!(text: 'Ours.', priority: 9)
    Rule.create!(text: 'No spam.', priority: 8)
    reconcile(site: site(rules: ['Be kind.', 'No spam.']))
    reconcile(site: site)
    assert_equal ['No spam.', 'Ours.'], rules
    assert_equal 3, Rule.count
  end

  def test_a_rule_that_is_too_long_is_named
    said = reconcile(site: site(rules: ['x' * 301]))
    assert_includes said, '<3>failed: Coop::Site'
    refute @ended_well
  end

  OWNER = { name: 'chris', email: 'chris@example.coop' }.freeze

  def test_the_first_owner_is_made_complete
    reconcile(owner: OWNER)
    user = User.find_by!(email: 'chris@example.coop')
    assert_equal [@owners.id, true, 'chris'], [user.role_id, user.approved, user.account.username]
    refute_nil user.confirmed_at
  end

  def test_an_owner_is_never_made_a_second_time
    reconcile(owner: OWNER)
    assert_equal "all is as declared\n", reconcile
    reconcile(owner: { name: 'sam', email: 'sam@example.coop' })
    assert_equal ['chris@example.coop'], User.pluck(:email)
  end

  def test_another_administrator_is_enough
    person('sam@example.coop', role_id: @owners.id)
    reconcile(owner: OWNER)
    assert_equal ['sam@example.coop'], User.pluck(:email)
  end

  def test_an_account_that_is_there_already_is_not_made_owner_behind_its_back
    person('chris@example.coop')
    assert_includes reconcile(owner: OWNER), 'tootctl accounts modify chris --role Owner'
    refute @ended_well
    assert_nil User.first.role_id
  end

  def test_the_link_goes_to_a_file_and_nowhere_else
    reconcile(owner: OWNER)
    ENV.update('COOP_OWNER_EMAIL' => 'chris@example.coop', 'COOP_WEB_DOMAIN' => 'social.example.coop', 'RUNTIME_DIRECTORY' => @folder)
    assert_empty run_script('owner_link.rb')
    link = File.join(@folder, 'link')
    assert_equal "https://social.example.coop/auth/password/edit?reset_password_token=raw-token\n", File.read(link)
    assert_equal 0o600, File.stat(link).mode & 0o777
  end
end
