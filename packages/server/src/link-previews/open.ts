import { join } from 'node:path';
import type pg from 'pg';
import type { Config } from '../config/config.ts';
import type { Vault } from '../encryption/vault.ts';
import type { Files } from '../files/files.ts';
import { addressFilter } from '../outbound/addresses.ts';
import { resolveHost } from '../outbound/fetch.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import { UPLOADS_FOLDER } from '../storage/file-folders.ts';
import type { Append } from '../stream/append.ts';
import { LinkCache } from './cache.ts';
import { Fetcher, ROBOT } from './fetcher.ts';
import { PreviewImages } from './images.ts';
import { LinkPreviews } from './link-previews.ts';

interface OpenLinkPreviewsDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly clock: Clock;
  readonly log: Logger;
  readonly vault: Vault;
  readonly settings: ServerSettings;
  readonly config: Pick<Config, 'dataDir' | 'linkPreviewPorts' | 'linkPreviewNetworks'>;
  readonly files: Files;
  /** The public URL of this server, sent to sites; its own pages have no previews. */
  readonly url: string;
}

/** Builds the domain of link previews. */
export function openLinkPreviews(deps: OpenLinkPreviewsDeps): LinkPreviews {
  const { pool, append, clock, log, vault, settings, config, files, url } = deps;
  const fetcher = new Fetcher({
    userAgent: `${ROBOT}/1.0 (+${url})`,
    ports: config.linkPreviewPorts,
    allows: addressFilter(config.linkPreviewNetworks),
    resolve: resolveHost,
  });
  const dir = join(config.dataDir, UPLOADS_FOLDER);
  const images = new PreviewImages({ pool, store: files.store, clock, dir });
  const cache = new LinkCache(pool, vault);
  return new LinkPreviews({
    pool,
    append,
    log,
    settings,
    fetcher,
    images,
    cache,
    ownOrigin: new URL(url).origin,
  });
}
