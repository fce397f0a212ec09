import type { Mute } from '@parley/protocol';
import { inAnHour, mondayMorning, tomorrowMorning } from '../lib/later.ts';
import { fullTime } from '../lib/time.ts';
import { t } from '../texts/index.ts';

/** Returns the mutes to choose from; `now` is the current one. */
export function muteOptions(muted: Mute | null): (readonly [value: string, text: string])[] {
  const now: (readonly [string, string])[] =
    muted?.until == null ? [] : [['now', t('status.until', { time: fullTime(muted.until) })]];
  return [
    ['off', t('notifySettings.notMuted')],
    ...now,
    ['hour', t('statusFor.hour')],
    ['tomorrow', t('notifySettings.untilTomorrow')],
    ['monday', t('notifySettings.untilMonday')],
    ['forever', t('notifySettings.untilUnmuted')],
  ];
}

/** Returns the option of a mute. */
export const optionOfMute = (muted: Mute | null): string =>
  muted === null ? 'off' : muted.until === null ? 'forever' : 'now';

/** Returns the mute of a chosen option; undefined: the current one. */
export function muteOfOption(option: string): Mute | null | undefined {
  switch (option) {
    case 'off':
      return null;
    case 'hour':
      return { until: inAnHour().toISOString() };
    case 'tomorrow':
      return { until: tomorrowMorning().toISOString() };
    case 'monday':
      return { until: mondayMorning().toISOString() };
    case 'forever':
      return { until: null };
    default:
      return undefined;
  }
}
