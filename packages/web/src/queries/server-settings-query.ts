import type { AdminApi } from '@parley/client';
import { queryOptions } from '@tanstack/react-query';
import { keys } from './keys.ts';
import { FORM } from './query-client.ts';

/** The query of the settings of the server that are stored in its database, for forms. */
export const serverSettingsQuery = (admin: AdminApi) =>
  queryOptions({
    queryKey: keys.serverSettings(),
    queryFn: ({ signal }) => admin.serverSettings({ signal }),
    ...FORM,
  });
