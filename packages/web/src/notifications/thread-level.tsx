import { overrideKey } from '@parley/client';
import type { ConversationId, NotificationLevel, Seq } from '@parley/protocol';
import { Check, SlidersHorizontal } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { attempt } from '../lib/attempt.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { levelOptions } from './level-options.ts';

/** The choice without a level of its own. */
const AS_CONVERSATION = 'conversation';

/** Chooses which replies of a thread notify. */
export function ThreadLevel({ conversation, root }: { conversation: ConversationId; root: Seq }) {
  const client = useClient();
  const { isLoaded, overrides } = useParley((s) => s.notifications);
  if (!isLoaded) return null;
  const level = overrides.get(overrideKey(conversation, root))?.level ?? null;
  const choose = (value: string) =>
    attempt(() =>
      client.api.notifications.changeThread(conversation, root, {
        level: value === AS_CONVERSATION ? null : (value as NotificationLevel),
      }),
    );
  const options = [
    [AS_CONVERSATION, t('notifySettings.levelOfConversation')],
    ...levelOptions(),
  ] as const;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        aria-label={t('notifySettings.ofThread')}
        title={t('notifySettings.ofThread')}
        className="inline-flex size-10 shrink-0 items-center justify-center rounded-lg text-muted transition-colors hover:bg-hover hover:text-ink"
      >
        <SlidersHorizontal size={18} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={12}
          className="surface-in z-50 w-72 max-w-[calc(100vw-1.5rem)] rounded-xl border border-line bg-raised p-1.5 shadow-(--shadow)"
        >
          <DropdownMenu.Label className="px-2.5 py-1.5 text-[12px] text-muted">
            {t('notifySettings.level')}
          </DropdownMenu.Label>
          <DropdownMenu.RadioGroup
            value={level ?? AS_CONVERSATION}
            onValueChange={(value) => void choose(value)}
          >
            {options.map(([value, text]) => (
              <DropdownMenu.RadioItem
                key={value}
                value={value}
                className="flex min-h-10 w-full select-none items-center gap-2.5 rounded-lg px-2.5 text-sm text-soft outline-none data-[highlighted]:bg-hover data-[highlighted]:text-ink"
              >
                <span className="flex-1">{text}</span>
                <DropdownMenu.ItemIndicator>
                  <Check size={16} />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
