import type { LinkPreview } from '@parley/protocol';
import type pg from 'pg';
import type { Vault } from '../encryption/vault.ts';

/** How long a result is cached, in seconds, and how long one without a preview. */
const FOUND_SECONDS = 6 * 3_600;
const NOTHING_SECONDS = 600;
/** The highest number of cached results. */
const ROWS_MAX = 10_000;
/** Results deleted in one statement. */
const BATCH = 500;
const USE = 'link cache';

/** The metadata of a page; null: none. */
export type CachedPreview = Omit<LinkPreview, 'url'> | null;

/**
 * Caches the metadata of pages for all nodes. URLs are stored only as keyed hashes, so a row can be found
 * only with its URL.
 */
export class LinkCache {
  readonly #pool: pg.Pool;
  readonly #vault: Vault;

  constructor(pool: pg.Pool, vault: Vault) {
    this.#pool = pool;
    this.#vault = vault;
  }

  /** Returns the result for a URL; undefined if there is none, or its image is no longer stored. */
  async get(url: string): Promise<CachedPreview | undefined> {
    const { rows } = await this.#pool.query<{ preview: CachedPreview }>({
      name: 'link-cache-get',
      text: `select preview from link_cache c
             where url_hash = $1 and expires_at > now() and (file_id is null
               or exists (select from files f where f.id = c.file_id and f.state = 'stored'))`,
      values: [this.#hash(url)],
    });
    return rows[0] ? rows[0].preview : undefined;
  }

  /** Stores a result. */
  async put(url: string, preview: CachedPreview): Promise<void> {
    await this.#pool.query({
      name: 'link-cache-put',
      text: `with before as (
               select file_id from link_cache where url_hash = $1
             ), detached as (
               update files set detached_at = now() where id in (select file_id from before)
             )
             insert into link_cache (url_hash, preview, file_id, expires_at)
             values ($1, $2::jsonb, $3, now() + make_interval(secs => $4))
             on conflict (url_hash) do update set preview = excluded.preview,
               file_id = excluded.file_id, expires_at = excluded.expires_at`,
      values: [
        this.#hash(url),
        preview && JSON.stringify(preview),
        preview?.image?.id ?? null,
        preview ? FOUND_SECONDS : NOTHING_SECONDS,
      ],
    });
  }

  /**
   * Deletes expired results, and the oldest above the limit. Their images are deleted if no message
   * uses them.
   */
  async sweep(isStopped: () => boolean): Promise<void> {
    for (;;) {
      const { rowCount } = await this.#pool.query({
        name: 'link-cache-sweep',
        text: `with gone as (
                 delete from link_cache where url_hash in (
                   select url_hash from link_cache
                   where expires_at < now() or expires_at < (
                     select expires_at from link_cache order by expires_at desc offset $1 limit 1)
                   order by expires_at limit $2)
                 returning file_id
               ), detached as (
                 update files set detached_at = now() where id in (select file_id from gone)
               )
               select from gone`,
        values: [ROWS_MAX, BATCH],
      });
      if (rowCount !== BATCH || isStopped()) return;
    }
  }

  #hash(url: string): Buffer {
    return this.#vault.mac(USE, url);
  }
}
