import type { SettingInfo } from '@parley/protocol';
import type { Config } from '../config/config.ts';
import { settings } from '../config/settings.ts';

/**
 * Returns every setting and its current value for admins. For secrets, only whether they are set.
 */
export function describeSettings(config: Config): SettingInfo[] {
  return Object.entries(settings).map(([name, { key, secret, description }]) => {
    const value = config[key];
    const isSet = value !== undefined;
    return {
      name,
      value: secret || !isSet ? null : textOf(value),
      isSet,
      secret,
      description: description.join(' '),
    };
  });
}

/** Formats a value as it would be written in the environment. */
function textOf(value: unknown): string {
  if (isRegistration(value)) {
    return value.mode === 'domain' ? `domain:${value.domains.join(',')}` : value.mode;
  }
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return Array.isArray(value) ? value.join(',') : String(value);
}

const isRegistration = (value: unknown): value is NonNullable<Config['registration']> =>
  typeof value === 'object' && value !== null && 'mode' in value;
