-- Images that the server has made of uploaded files: avatars and the icon of the server, each in two sizes.
-- Their contents are in the file store. accounts, conversations and server_settings refer to them.
create table images (
  id uuid primary key,
  digest bytea not null,
  bytes int not null,
  small_digest bytea not null,
  small_bytes int not null,
  created_by uuid not null,
  created_at timestamptz not null
);
create index images_by_digest on images (digest);
create index images_by_small_digest on images (small_digest);
create index images_by_creator on images (created_by, created_at);

-- Projections: the image of user.updated and of conversation.updated.
alter table accounts add column avatar uuid;
create index accounts_by_avatar on accounts (avatar) where avatar is not null;
alter table conversations add column avatar uuid;
create index conversations_by_avatar on conversations (avatar) where avatar is not null;
