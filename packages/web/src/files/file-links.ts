import type { ParleyClient } from '@parley/client';
import type { FileId, FileLinks } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useClient } from '../session/use-client.ts';

/** Links are renewed this long before they expire, ms. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** Links in one request. */
const BATCH = 50;

interface Known {
  readonly links: FileLinks | null;
  readonly until: number;
}

/** The links of files, requested together by all files shown at the same time. */
class Links {
  readonly #client: ParleyClient;
  readonly #cache = new Map<FileId, Known>();
  readonly #waiting = new Map<FileId, ((links: FileLinks | null) => void)[]>();

  constructor(client: ParleyClient) {
    this.#client = client;
  }

  /** Returns the links of a file; null if it can’t be read, or the server can’t be reached. */
  get(file: FileId): Promise<FileLinks | null> {
    const cached = this.#cache.get(file);
    if (cached && cached.until > Date.now()) return Promise.resolve(cached.links);
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) queueMicrotask(() => void this.#load());
      this.#waiting.set(file, [...(this.#waiting.get(file) ?? []), resolve]);
    });
  }

  async #load(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (let at = 0; at < waiting.length; at += BATCH) {
      const batch = waiting.slice(at, at + BATCH);
      const loaded = await this.#request(batch.map(([file]) => file));
      for (const [file, resolve] of batch) {
        const links = loaded?.get(file) ?? null;
        if (loaded) this.#remember(file, links);
        for (const each of resolve) each(links);
      }
    }
  }

  async #request(files: readonly FileId[]): Promise<Map<FileId, FileLinks> | null> {
    try {
      const { items } = await this.#client.api.fileLinks(files);
      return new Map(items.map((item) => [item.file, item]));
    } catch {
      // Shown as not available; the user can try again.
      return null;
    }
  }

  #remember(file: FileId, links: FileLinks | null): void {
    const until = links ? Date.parse(links.expiresAt) - RENEW_BEFORE_MS : Date.now() + 10_000;
    this.#cache.set(file, { links, until });
  }
}

const ofClient = new WeakMap<ParleyClient, Links>();

/** Returns new links of a file. */
export function linksOf(client: ParleyClient, file: FileId): Promise<FileLinks | null> {
  let links = ofClient.get(client);
  if (!links) {
    links = new Links(client);
    ofClient.set(client, links);
  }
  return links.get(file);
}

/**
 * Returns the links of a file: undefined while they load, null if it can’t be read. `retry`
 * requests them again.
 */
export function useFileLinks(file: FileId): {
  links: FileLinks | null | undefined;
  retry: () => void;
} {
  const client = useClient();
  const [links, setLinks] = useState<FileLinks | null>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks again
  useEffect(() => {
    let isCurrent = true;
    void linksOf(client, file).then((found) => {
      if (isCurrent) setLinks(found);
    });
    return () => {
      isCurrent = false;
    };
  }, [client, file, attempt]);
  return { links, retry: () => setAttempt((n) => n + 1) };
}
