import { overrideKey } from '@parley/client';
import { type ConversationId, isMuted, type Seq } from '@parley/protocol';
import { Volume2, VolumeX } from 'lucide-react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { IconButton } from '../ui/button.tsx';

/** Mutes a thread, or ends its mute. */
export function ThreadMute({ conversation, root }: { conversation: ConversationId; root: Seq }) {
  const client = useClient();
  const { isKnown, overrides } = useParley((s) => s.notifications);
  if (!isKnown) return null;
  const muted = isMuted(overrides.get(overrideKey(conversation, root))?.muted ?? null, Date.now());
  const toggle = () =>
    attempt(() =>
      client.notifications.changeThread(conversation, root, {
        muted: muted ? null : { until: null },
      }),
    );
  return (
    <IconButton
      label={muted ? t('notifySettings.unmuteThread') : t('notifySettings.muteThread')}
      aria-pressed={muted}
      onClick={() => void toggle()}
    >
      {muted ? <VolumeX size={18} /> : <Volume2 size={18} />}
    </IconButton>
  );
}
