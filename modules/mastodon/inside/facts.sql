-- What a backup says about its database, and what a restored one must say again.
select json_build_object(
  'postgresql', current_setting('server_version_num')::int / 10000,
  'schema', (select max(version) from schema_migrations),
  'newest_status', (select extract(epoch from max(created_at))::bigint from statuses),
  'rows', json_build_object(
    'accounts', (select count(*) from accounts),
    'users', (select count(*) from users),
    'statuses', (select count(*) from statuses),
    'follows', (select count(*) from follows),
    'media_attachments', (select count(*) from media_attachments),
    'domain_blocks', (select count(*) from domain_blocks)
  )
);
