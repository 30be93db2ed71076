-- What other servers' media take up, in KiB: for media in a bucket, which du cannot see. Thumbnails
-- that Mastodon makes itself are not in the database, so this is somewhat less than the truth.
select (
  (select coalesce(sum(coalesce(file_file_size, 0)::bigint + coalesce(thumbnail_file_size, 0)), 0)
     from media_attachments where remote_url <> '' and file_file_name is not null)
  + (select coalesce(sum(coalesce(avatar_file_size, 0)::bigint + coalesce(header_file_size, 0)), 0)
       from accounts where domain is not null)
  + (select coalesce(sum(image_file_size::bigint), 0) from custom_emojis where domain is not null)
  + (select coalesce(sum(image_file_size::bigint), 0) from preview_cards)
)::bigint / 1024;
