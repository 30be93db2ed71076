-- Seals a copy of another instance's database before anything runs on it: nobody outside may hear
-- from it, and no key to the original may open it. Tables differ between Mastodon's releases.
select format('delete from %I', name)
  from unnest(array[
    'web_push_subscriptions',  -- the original's people would get its notifications
    'session_activations',
    'oauth_access_tokens',     -- apps of the original's people
    'oauth_access_grants',
    'domain_allows',           -- nothing is allowed: it does not federate
    'fasp_providers'
  ]) with ordinality as sealed(name, place)
  where to_regclass(name) is not null
  order by place \gexec
select format(statement, name)
  from (values
    ('relays', 'update %I set state = 0'),
    ('webhooks', 'update %I set enabled = false')
  ) as sealed(name, statement)
  where to_regclass(name) is not null \gexec
