-- The columns of Mastodon's tables that the scripts speak of, with two people's data.
create table schema_migrations (version character varying primary key);
create table accounts (
  id bigint primary key,
  username character varying not null default '',
  domain character varying,
  avatar_file_size int,
  header_file_size int
);
create table users (id bigint primary key, email character varying not null default '', account_id bigint not null);
create table statuses (id bigint primary key, text text not null default '', created_at timestamp not null, account_id bigint not null);
create table follows (id bigint primary key, account_id bigint not null, target_account_id bigint not null);
create table media_attachments (
  id bigint primary key,
  account_id bigint,
  remote_url character varying not null default '',
  file_file_name character varying,
  file_file_size int,
  thumbnail_file_size int
);
create table custom_emojis (id bigint primary key, domain character varying, image_file_size int);
create table preview_cards (id bigint primary key, image_file_size int);
create table domain_blocks (id bigint primary key, domain character varying not null default '');
create table domain_allows (id bigint primary key, domain character varying not null default '');
create table web_push_subscriptions (id bigint primary key, endpoint character varying not null);
create table oauth_access_tokens (id bigint primary key, token character varying not null);
create table session_activations (id bigint primary key, session_id character varying not null);
create table relays (id bigint primary key, inbox_url character varying not null default '', state integer not null default 0);
create table webhooks (id bigint primary key, url character varying not null, enabled boolean not null default true);

insert into schema_migrations values ('20250101000000'), ('20260301120000');
insert into accounts values
  (1, 'ann', null, 100, null),
  (2, 'bob', null, null, null),
  (3, 'far', 'remote.example', 5000, 7000);
insert into users values (1, 'ann@example.coop', 1), (2, 'bob@example.coop', 2);
insert into statuses select number, 'Post ' || number, '2026-11-01'::timestamp + number * interval '1 minute', 1 + number % 2 from generate_series(1, 500) as number;
insert into follows values (1, 1, 3), (2, 3, 2);
insert into media_attachments values
  (1, 1, '', 'own.png', 4, 1),
  (2, 3, 'https://remote.example/a.png', 'a.png', 20000, 300);
insert into custom_emojis values (1, null, 10), (2, 'remote.example', 400);
insert into preview_cards values (1, 6000);
insert into domain_blocks values (1, 'spam.example');
insert into domain_allows values (1, 'friend.example');
insert into web_push_subscriptions values (1, 'https://push.example/1');
insert into oauth_access_tokens values (1, 'token');
insert into session_activations values (1, 'session');
insert into relays values (1, 'https://relay.example/inbox', 2);
insert into webhooks values (1, 'https://hook.example', true);
