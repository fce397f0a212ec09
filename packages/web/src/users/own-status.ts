import { AccountApi, type ParleyClient } from '@parley/client';
import { endOf } from './status-times.ts';

/** Starts do not disturb for an hour, or ends it. */
export async function setDoNotDisturb(client: ParleyClient, on: boolean): Promise<void> {
  const doNotDisturbUntil = on ? endOf('hour') : null;
  await new AccountApi(client.api).updateStatus({ doNotDisturbUntil });
}

/** Sets the user away for others, or active again, until they change it. */
export async function setAway(client: ParleyClient, isAway: boolean): Promise<void> {
  await new AccountApi(client.api).updateStatus({ isAway });
}
