import { overrideKey } from '@parley/client';
import {
  type ConversationId,
  isMuted,
  NO_OVERRIDE,
  type NotificationLevel,
  type UpdateOverrideBody,
} from '@parley/protocol';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Select } from '../ui/select.tsx';
import { levelOptions } from './level-options.ts';
import { muteOfOption, muteOptions, optionOfMute } from './mute-options.ts';

/** Chooses which messages of a conversation notify, and mutes it. */
export function ConversationNotifications({ conversation }: { conversation: ConversationId }) {
  const client = useClient();
  const { isKnown, overrides } = useParley((s) => s.notifications);
  if (!isKnown) return null;
  const { level, muted: set } = overrides.get(overrideKey(conversation)) ?? NO_OVERRIDE;
  const muted = isMuted(set, Date.now()) ? set : null;
  const change = (body: UpdateOverrideBody) =>
    void attempt(() => client.notifications.changeConversation(conversation, body));
  return (
    <div className="mb-4 grid grid-cols-1 gap-3 border-line border-b pb-4 min-[480px]:grid-cols-2">
      <Select
        label={t('ownMenu.notifications')}
        options={[['default', t('notifySettings.levelDefault')], ...levelOptions()]}
        value={level ?? 'default'}
        onChange={({ target: { value } }) =>
          change({ level: value === 'default' ? null : (value as NotificationLevel) })
        }
      />
      <Select
        label={t('notifySettings.mute')}
        options={muteOptions(muted)}
        value={optionOfMute(muted)}
        onChange={({ target: { value } }) => {
          const next = muteOfOption(value);
          if (next !== undefined) change({ muted: next });
        }}
      />
    </div>
  );
}
