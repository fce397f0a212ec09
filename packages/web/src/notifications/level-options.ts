import type { NotificationLevel } from '@parley/protocol';
import { t } from '../texts/index.ts';

/** Returns the levels to choose from. */
export const levelOptions = (): (readonly [value: NotificationLevel, text: string])[] => [
  ['all', t('notifySettings.levelAll')],
  ['mentions', t('notifySettings.levelMentions')],
  ['nothing', t('notifySettings.levelNothing')],
];
