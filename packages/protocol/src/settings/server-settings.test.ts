import { expect, test } from 'vitest';
import { ServerSettingsChange } from './server-settings.ts';

test('a change of server settings names at least one that exists', () => {
  expect(ServerSettingsChange.safeParse({ messageRetentionDays: 90 }).success).toBe(true);
  for (const change of [{}, { messageRetention: 90 }]) {
    const { error } = ServerSettingsChange.safeParse(change);
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'Specify at least one setting to change',
    ]);
  }
});
