import { AccountApi } from '@parley/client';
import { useEffect } from 'react';
import { locale } from '../texts/index.ts';
import { useClient, useParley } from './use-client.ts';

/**
 * Tells the server the language of the web client if it knows none of the account, as of those that an admin has
 * created, so that emails and notifications are written in it. Without network, the next start does.
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
