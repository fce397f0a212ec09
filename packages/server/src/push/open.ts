import type pg from 'pg';
import type { Config } from '../config/config.ts';
import type { Vault } from '../encryption/vault.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { PushDevices } from './devices.ts';
import { Push } from './push.ts';
import { loadPushKeys } from './push-keys.ts';
import { PushSender } from './push-sender.ts';
import { PushRequests } from './requests.ts';
import { WebPush } from './web-push.ts';

interface OpenPushDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly vault: Vault;
  readonly config: Pick<Config, 'pushNetworks' | 'securityContacts'>;
  /** The server’s public address. */
  readonly url: string;
}

/** The domain of notifications that are pushed to devices. */
export interface PushDomain {
  readonly devices: PushDevices;
  readonly push: Push;
  readonly sender: PushSender;
}

/** Builds the domain, and creates the key of the server at the first start. */
export async function openPush(deps: OpenPushDeps): Promise<PushDomain> {
  const { pool, vault, config, url } = deps;
  const requests = new PushRequests(config.pushNetworks, `Parley (+${url})`);
  // RFC 8292 §2.1: a mailto: or https: URL at which operators of push servers can contact the
  // sender.
  const subject = config.securityContacts[0] ?? (url.startsWith('https:') ? url : NO_SUBJECT);
  const web = new WebPush(await loadPushKeys(pool, vault), subject);
  const push = new Push({ vault, requests, web, url });
  const devices = new PushDevices({ pool, vault, requests });
  const sender = new PushSender({ ...deps, devices, push });
  return { devices, push, sender };
}

/** The subject of a server that has neither an https address nor a contact. */
const NO_SUBJECT = 'mailto:parley@localhost';
