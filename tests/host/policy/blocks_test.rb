# Blocks appear, change in place and are retracted; moderators' own stay theirs; drift is told apart.
require_relative 'mastodon'

class BlocksTest < MastodonTest
  SPAM = {
    'domain' => 'spam.example', 'severity' => 'silence', 'reject_media' => true, 'reject_reports' => true, 'obfuscate' => true,
    'ground' => 'spam', 'reason' => 'Unsolicited mentions', 'note' => '5,000 on 2 October', 'since' => '2026-10-03', 'review' => '2027-04-03',
  }.freeze

  def test_everything_that_is_declared_of_a_block_is_applied
    assert_includes reconcile(blocks: [SPAM]), 'blocked: spam.example (silence)'
    block = DomainBlock.first
    assert block.silence?
    assert block.reject_media && block.reject_reports && block.obfuscate
    assert_equal 'Unsolicited mentions', block.public_comment
    assert_equal '5,000 on 2 October | ground: spam, since: 2026-10-03, review: 2027-04-03 | [managed by coop: spam.example]', block.private_comment
    assert_equal [[block.id, false]], DomainBlockWorker::CALLS
    assert_equal 1, metric('blocks')
  end

  def test_a_block_changes_in_place
    reconcile(blocks: [SPAM])
    first = DomainBlock.first
    said = reconcile(blocks: [SPAM.merge('severity' => 'suspend', 'reject_media' => false)])
    assert_includes said, 'changed: spam.example (reject_media, severity)'
    refute_includes said, 'drift'
    block = DomainBlock.first
    assert_equal [first.id, first.created_at], [block.id, block.created_at]
    assert block.suspend?
    refute block.reject_media
    assert_equal [first.id, true], DomainBlockWorker::CALLS.last
  end

  def test_what_does_not_change_the_severity_does_not_undo_it_first
    reconcile(blocks: [SPAM.merge('reject_media' => false)])
    reconcile(blocks: [SPAM])
    assert_equal [DomainBlock.first.id, false], DomainBlockWorker::CALLS.last
  end

  def test_nothing_happens_twice
    reconcile(blocks: [SPAM])
    assert_equal "all is as declared\n", reconcile
    assert_equal 1, DomainBlockWorker::CALLS.size
  end

  def test_a_block_that_left_the_policy_is_retracted
    reconcile(blocks: [SPAM])
    assert_includes reconcile(blocks: []), 'retracted: spam.example'
    assert_equal 0, DomainBlock.count
    assert_equal 0, metric('blocks')
  end

  def test_a_moderators_block_survives_declaration_and_retraction
    DomainBlock.create!(domain: 'spam.example', severity: 'suspend', private_comment: 'ours')
    2.times do
      assert_includes reconcile(blocks: [SPAM]), 'left to the moderators: spam.example (suspend; declared: silence)'
    end
    assert_equal 1, metric('left_to_moderators')
    reconcile(blocks: [])
    assert_equal %w(suspend ours), DomainBlock.pluck(:severity, :private_comment).first
  end

  def test_moderators_take_a_block_over_by_removing_the_marker
    reconcile(blocks: [SPAM])
    DomainBlock.first.update!(private_comment: 'now ours')
    assert_includes reconcile, 'left to the moderators: spam.example'
    reconcile(blocks: [])
    assert_equal 1, DomainBlock.count
  end

  def test_a_private_comment_that_was_copied_to_another_block_makes_it_nobodys_but_theirs
    reconcile(blocks: [SPAM])
    DomainBlock.create!(domain: 'other.example', private_comment: DomainBlock.first.private_comment)
    reconcile(blocks: [])
    assert_equal ['other.example'], DomainBlock.pluck(:domain)
  end

  def test_a_change_by_hand_is_drift_and_put_back
    reconcile(blocks: [SPAM])
    DomainBlock.first.update!(severity: 'noop')
    assert_includes reconcile, '<4>drift: spam.example: severity had been changed by hand'
    assert DomainBlock.first.silence?
    assert_equal 1, metric('drift')
    reconcile
    assert_equal 0, metric('drift')
  end

  def test_a_change_by_hand_and_a_declared_one_are_told_apart
    reconcile(blocks: [SPAM])
    DomainBlock.first.update!(obfuscate: false)
    said = reconcile(blocks: [SPAM.merge('reason' => 'Spam')])
    assert_includes said, 'drift: spam.example: obfuscate had been changed by hand'
    assert_includes said, 'changed: spam.example (public_comment)'
  end

  def test_a_removal_by_hand_is_drift
    reconcile(blocks: [SPAM])
    DomainBlock.delete_all
    assert_includes reconcile, 'drift: the block of spam.example had been removed by hand'
    assert_equal 1, DomainBlock.count
  end

  def test_after_a_restore_without_the_record_the_marker_is_enough
    reconcile(blocks: [SPAM])
    File.delete(record)
    reconcile(blocks: [])
    assert_equal 0, DomainBlock.count
  end

  def test_a_run_that_was_killed_before_the_worker_was_called_is_finished
    reconcile(blocks: [SPAM])
    values = JSON.parse(File.read(record)).merge('unfinished' => ['spam.example'])
    File.write(record, JSON.generate(values))
    reconcile
    assert_equal [DomainBlock.first.id, true], DomainBlockWorker::CALLS.last
    calls = DomainBlockWorker::CALLS.size
    reconcile
    assert_equal calls, DomainBlockWorker::CALLS.size
  end

  def test_a_block_that_mastodon_refuses_does_not_keep_the_others_away
    said = reconcile(blocks: [SPAM.merge('domain' => 'not a domain'), SPAM])
    assert_includes said, '<3>failed: not a domain:'
    refute @ended_well
    assert_equal 1, metric('failures')
    assert_equal ['spam.example'], DomainBlock.pluck(:domain)
  end

  def test_hostile_text_stays_text
    hostile = "'; drop table domain_blocks; -- \#{exit} \n<0>emergency"
    reconcile(blocks: [SPAM.merge('reason' => hostile, 'note' => hostile)])
    assert_equal hostile, DomainBlock.first.public_comment
    assert DomainBlock.first.private_comment.start_with?(hostile)
    assert_equal "all is as declared\n", reconcile
  end

  def test_only_own_allows_are_taken_back
    DomainAllow.create!(domain: 'theirs.example')
    said = reconcile(allows: [{ 'domain' => 'ours.example' }, { 'domain' => 'theirs.example' }])
    assert_includes said, 'allowed: ours.example'
    assert_includes reconcile(allows: []), 'no longer allowed: ours.example'
    assert_equal ['theirs.example'], DomainAllow.pluck(:domain)
  end

  def test_an_allow_that_was_removed_by_hand_is_drift
    reconcile(allows: [{ 'domain' => 'ours.example' }])
    DomainAllow.delete_all
    assert_includes reconcile, 'drift: ours.example had been taken from the allowed servers by hand'
    assert_equal 1, DomainAllow.count
  end
end
