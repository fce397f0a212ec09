import { AdminApi, type ParleyClient } from '@parley/client';

/** Ends the setup guide without its remaining steps. */
export const dismissSetup = async (client: ParleyClient): Promise<void> => {
  await new AdminApi(client.api).changeServerSettings({ setupSteps: [] });
};
