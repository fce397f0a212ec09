import { imageUrl, type ParleyClient } from '@parley/client';
import type { ImageId, ImageSize } from '@parley/protocol';
import { useEffect, useSyncExternalStore } from 'react';
import { Listeners } from '../lib/listeners.ts';

/** Shortest interval between two requests for the token, ms. */
const WAIT_MS = 10_000;

/** The token with which the browser loads images; requested when the first one is shown. */
class ImageToken {
  readonly #client: ParleyClient;
  readonly #listeners = new Listeners();
  #token: string | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(client: ParleyClient) {
    this.#client = client;
  }

  get = (): string | null => this.#token;

  subscribe = this.#listeners.subscribe;

  /** Requests a token, unless there is one. Without one, initials are shown instead of images. */
  request(): void {
    if (this.#token === null) this.renew();
  }

  /** Requests a new token: an image could not be loaded with the last one. */
  renew(): void {
    if (performance.now() < this.#askedAt + WAIT_MS) return;
    this.#askedAt = performance.now();
    this.#client.api.images.token().then(
      ({ token }) => {
        this.#token = token;
        this.#listeners.notify();
      },
      // The server can’t be reached: the next image that is shown requests it again.
      () => undefined,
    );
  }
}

const ofClient = new WeakMap<ParleyClient, ImageToken>();

function tokenOf(client: ParleyClient): ImageToken {
  let token = ofClient.get(client);
  if (!token) {
    token = new ImageToken(client);
    ofClient.set(client, token);
  }
  return token;
}

/** Returns the address of an image, null until it is known; call `onError` if the image can’t be loaded. */
export function useImageUrl(
  client: ParleyClient,
  image: ImageId,
  size: ImageSize,
): { url: string | null; onError: () => void } {
  const store = tokenOf(client);
  const token = useSyncExternalStore(store.subscribe, store.get);
  useEffect(() => store.request(), [store]);
  return { url: token && imageUrl(image, size, token), onError: () => store.renew() };
}
