import { AccountApi } from '@parley/client';
import { useEffect } from 'react';
import { locale } from '../texts/index.ts';
import { useClient, useParley } from './use-client.ts';

/**
 * Stores the language of the web client as the locale of the account if it has none, for instance because an admin
 * has created it: emails and notifications are then in that language. Without a network, the next start tries again.
 */
export function useStoredLocale(): void {
  const client = useClient();
  const isUnknown = useParley((s) => s.me?.locale === null);
  useEffect(() => {
    if (!isUnknown) return;
    new AccountApi(client.api).update({ locale }).then(
      () => client.refreshMe(),
      () => undefined,
    );
  }, [client, isUnknown]);
}
