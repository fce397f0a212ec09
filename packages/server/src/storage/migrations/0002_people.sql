-- People who can be found, programs that act with keys, second factors, log-in by other providers,
-- and accounts that are deleted for good.

-- Names as they are searched: without case and without accents. A function of PostgreSQL's own
-- parts, so that no extension is needed; with a collation that knows the letters of all scripts,
-- as a database made elsewhere may have one that knows ASCII only.
do $do$
declare
  collation_name text := (
    select format('%I.%I', n.nspname, c.collname)
    from pg_collation c join pg_namespace n on n.oid = c.collnamespace
    where c.collname in ('pg_unicode_fast', 'pg_c_utf8', 'und-x-icu')
      and c.collencoding in (-1, pg_char_to_encoding(getdatabaseencoding()))
    order by array_position(array['pg_unicode_fast', 'pg_c_utf8', 'und-x-icu']::name[], c.collname)
    limit 1
  );
begin
  execute format(
    $sql$
      create function search_key(text) returns text
      language sql immutable strict parallel safe
      return replace(replace(replace(replace(replace(
        translate(
          lower(
            -- Letters apart from their accents (NFKD), and those marks taken away.
            regexp_replace(
              normalize($1, NFKD),
              '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]', '', 'g'
            ) %s
          ),
          -- Letters with a stroke and their like have no parts to take away.
          'łøđħŧıðς', 'lodhtidσ'
        ),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), 'ĳ', 'ij')
    $sql$,
    coalesce('collate ' || collation_name, '')
  );
end
$do$;

alter table accounts
  -- A program's account has no address, and an account that was deleted has none any more.
  alter column email drop not null,
  alter column email_key drop not null,
  add column kind text not null default 'person' check (kind in ('person', 'service')),
  -- What is left of an account that was deleted stands for the author of its messages.
  add column deleted_at timestamptz,
  -- A name has no line break: no search finds the end of one name and the beginning of the other.
  add column search_key text not null
    generated always as (search_key(display_name) || E'\n' || search_key(username)) stored;
drop index accounts_by_name;
create index accounts_by_name on accounts (search_key, id);

-- Finds parts of names without looking at every account. Where the database does not have it or
-- does not let us, searching looks at every account.
do $do$
begin
  create extension if not exists pg_trgm;
  create index accounts_by_parts on accounts using gin (search_key gin_trgm_ops) with (fastupdate = off);
exception
  when insufficient_privilege or undefined_file or feature_not_supported or undefined_object then
    raise notice 'pg_trgm is not to be had: %', sqlerrm;
end
$do$;

-- When the session passed a second factor.
alter table sessions add column second_factor_at timestamptz;

create table totps (
  account_id   uuid primary key references accounts (id) on delete cascade,
  -- The shared secret, encrypted with the server's.
  sealed       bytea not null,
  created_at   timestamptz not null,
  -- Null until the first code was right: a secret that nobody has stored locks nobody out.
  confirmed_at timestamptz,
  -- The time step of the last code that was taken: a code counts once.
  last_step    bigint not null default 0
);

create table recovery_codes (
  account_id uuid not null references accounts (id) on delete cascade,
  code_hash  bytea not null,
  created_at timestamptz not null,
  used_at    timestamptz,
  primary key (account_id, code_hash)
);

create table passkeys (
  id            uuid primary key,
  account_id    uuid not null references accounts (id) on delete cascade,
  credential_id bytea not null unique,
  public_key    bytea not null,
  counter       bigint not null,
  -- How the browser reaches it, separated by spaces.
  transports    text not null,
  name          text not null,
  created_at    timestamptz not null,
  last_used_at  timestamptz
);
create index passkeys_by_account on passkeys (account_id);

-- What a passkey has to sign, once.
create table passkey_challenges (
  id         uuid primary key,
  purpose    text not null,
  account_id uuid references accounts (id) on delete cascade,
  challenge  text not null,
  expires_at timestamptz not null
);
create index passkey_challenges_by_end on passkey_challenges (expires_at);

-- Accounts at other providers (OpenID Connect), by the name that each gives.
create table identities (
  issuer       text not null,
  subject      text not null,
  account_id   uuid not null references accounts (id) on delete cascade,
  created_at   timestamptz not null,
  last_used_at timestamptz not null,
  primary key (issuer, subject)
);
create index identities_by_account on identities (account_id);

-- Log-ins that have gone to a provider and have not come back.
create table sso_flows (
  -- SHA-256 of what the browser keeps in a cookie.
  browser_hash bytea primary key,
  state        text not null,
  nonce        text not null,
  verifier     text not null,
  next         text not null,
  expires_at   timestamptz not null
);
create index sso_flows_by_end on sso_flows (expires_at);

create table api_keys (
  id           uuid primary key,
  account_id   uuid not null references accounts (id) on delete cascade,
  -- SHA-256 of the key; the key itself is nowhere.
  key_hash     bytea not null unique,
  -- The beginning of the key, by which its owner knows it.
  hint         text not null,
  name         text not null,
  -- Separated by spaces.
  scopes       text not null,
  created_by   uuid references accounts (id) on delete set null,
  created_at   timestamptz not null,
  expires_at   timestamptz,
  last_used_at timestamptz
);
create index api_keys_by_account on api_keys (account_id);

-- Accounts whose traces are being removed; work that goes on after a restart.
create table erasures (
  account_id   uuid primary key references accounts (id),
  messages     text not null check (messages in ('keep', 'delete')),
  requested_at timestamptz not null,
  done_at      timestamptz
);
create index erasures_open on erasures (requested_at) where done_at is null;
