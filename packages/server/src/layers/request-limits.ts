import type { ImageRouteDeps } from '../files/image-routes.ts';
import type { HttpDeps } from '../http-server/app.ts';
import { addressKey } from '../limits/address-key.ts';
import type { StreamLayer } from './streams.ts';

/** Returns the limit of requests, over all nodes, by account or by address. */
export function requestLimits({
  shared,
  metrics,
}: StreamLayer): NonNullable<HttpDeps['limitRequests']> {
  return (of) => {
    const wait =
      'account' in of
        ? shared.take('requests', of.account)
        : shared.take('address', addressKey(of.address));
    if (wait !== null) metrics.limited('requests');
    return wait;
  };
}

/**
 * Returns the limit of images that browsers load by URL. It is separate, so that the avatars in a
 * long list of members do not use up the requests of the user.
 */
export function imageLimits({ shared, metrics }: StreamLayer): ImageRouteDeps['limitRequests'] {
  return ({ account }) => {
    const wait = shared.take('requests', `images ${account}`);
    if (wait !== null) metrics.limited('requests');
    return wait;
  };
}
