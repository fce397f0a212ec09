-- Files that were uploaded completely. Their contents are in the file store, under their digests
-- (SHA-256): files with the same content share it.
create table files (
  id uuid primary key,
  digest bytea not null,
  bytes int8 not null,
  name text not null,
  media_type text not null,
  -- Of an image with a preview: its size as shown, and what stands for it until it is loaded.
  width int,
  height int,
  blurhash text,
  preview_digest bytea,
  preview_bytes int8,
  uploader_id uuid not null,
  created_at timestamptz not null,
  -- Whether a message has ever referred to it: it is then deleted with the last one.
  attached boolean not null default false,
  -- When a message that referred to it was deleted. Others may refer to it.
  detached_at timestamptz,
  -- deleting: nothing refers to it, and its content may be gone already.
  state text not null default 'stored' check (state in ('stored', 'deleting'))
);
create index files_by_digest on files (digest);
create index files_by_preview on files (preview_digest) where preview_digest is not null;
create index files_by_uploader on files (uploader_id);
create index files_unattached on files (created_at) where not attached;
create index files_detached on files (detached_at) where detached_at is not null;
create index files_deleting on files (id) where state = 'deleting';

-- Unfinished uploads. Their parts are files in the data folder, in the order of their offsets.
create table uploads (
  id uuid primary key,
  account_id uuid not null,
  name text not null,
  bytes int8 not null,
  received int8 not null default 0,
  parts text[] not null default '{}',
  created_at timestamptz not null
);
create index uploads_by_account on uploads (account_id);

-- Which messages refer to which files. A projection; `file` is what the event says of the file.
create table attachments (
  conversation_id uuid not null,
  message_seq int8 not null,
  position int not null,
  file_id uuid not null,
  file jsonb not null,
  primary key (conversation_id, message_seq, position)
);
create index attachments_by_file on attachments (file_id);
