import { overrideKey } from '@parley/client';
import {
  type ConversationId,
  isMuted,
  NO_OVERRIDE,
  type NotificationLevel,
  type Seq,
  type UpdateOverrideBody,
} from '@parley/protocol';
import { Check, SlidersHorizontal } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { MENU, MENU_ITEM, MENU_LABEL } from '../ui/menu-style.ts';
import { levelOptions } from './level-options.ts';
import { muteOfOption, muteOptions, optionOfMute } from './mute-options.ts';

/** The option for inheriting the level. */
const AS_CONVERSATION = 'conversation';

/** Chooses which replies of a thread notify, and mutes the thread. */
export function ThreadLevel({ conversation, root }: { conversation: ConversationId; root: Seq }) {
  const client = useClient();
  const { isKnown, overrides } = useParley((s) => s.notifications);
  if (!isKnown) return null;
  const { level, muted: set } = overrides.get(overrideKey(conversation, root)) ?? NO_OVERRIDE;
  const muted = isMuted(set, Date.now()) ? set : null;
  const change = (body: UpdateOverrideBody) =>
    void attempt(() => client.notifications.changeThread(conversation, root, body));
  const mute = (option: string) => {
    const next = muteOfOption(option);
    if (next !== undefined) change({ muted: next });
  };
  const options = [
    [AS_CONVERSATION, t('notifySettings.levelOfConversation')],
    ...levelOptions(),
  ] as const;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        aria-label={t('notifySettings.ofThread')}
        title={t('notifySettings.ofThread')}
        className="inline-flex size-10 pointer-coarse:size-11 shrink-0 items-center justify-center rounded-lg text-muted transition-colors hover:bg-hover hover:text-ink"
      >
        <SlidersHorizontal size={18} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={12}
          className={`${MENU} w-72`}
        >
          <Choices
            title={t('notifySettings.level')}
            value={level ?? AS_CONVERSATION}
            options={options}
            onChoose={(value) =>
              change({ level: value === AS_CONVERSATION ? null : (value as NotificationLevel) })
            }
          />
          <Choices
            title={t('notifySettings.mute')}
            value={optionOfMute(muted)}
            options={muteOptions(muted)}
            onChoose={mute}
          />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Choices({
  title,
  value,
  options,
  onChoose,
}: {
  title: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChoose: (value: string) => void;
}) {
  return (
    <DropdownMenu.Group aria-label={title}>
      <DropdownMenu.Label className={MENU_LABEL}>{title}</DropdownMenu.Label>
      <DropdownMenu.RadioGroup value={value} onValueChange={onChoose}>
        {options.map(([option, text]) => (
          <DropdownMenu.RadioItem key={option} value={option} className={MENU_ITEM}>
            <span className="flex-1">{text}</span>
            <DropdownMenu.ItemIndicator>
              <Check size={16} />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </DropdownMenu.Group>
  );
}
