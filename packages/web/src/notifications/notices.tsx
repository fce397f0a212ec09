import type { ClientEvents, ParleyClient } from '@parley/client';
import {
  type AccountId,
  type DurableCommand,
  decideNotification,
  type Event,
} from '@parley/protocol';
import { errorMessage } from '../lib/text.ts';
import { loadRestOfTexts, refusalText, t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { RichText } from '../texts/rich-text.tsx';
import { attempt } from '../ui/attempt.ts';
import { toast } from '../ui/toast.ts';
import { handleOf } from '../users/handle.tsx';
import type { BlockedUsers } from './blocked-users.ts';
import { MessageNotices } from './message-notices.tsx';
import { isViewing } from './page-focus.ts';
import { ReactionNotices } from './reaction-notices.tsx';
import { recipientOf, recipientSettings } from './recipient.ts';

/** The title of the toast for each rejected command; null for read cursors, which are sent again. */
const REJECTED: Record<DurableCommand['op'], PlainKey | null> = {
  post: 'notifications.postFailed',
  edit: 'notifications.editFailed',
  delete: 'notifications.deleteFailed',
  react: 'notifications.reactFailed',
  unreact: 'notifications.unreactFailed',
  pin: 'notifications.pinFailed',
  unpin: 'notifications.unpinFailed',
  read: null,
};

/** Opens a conversation, or a thread of it. */
export type OpenConversation = (conversation: string, thread?: number | null) => void;

/** What the notices of a session are made from. */
export interface NoticesDeps {
  readonly client: ParleyClient;
  readonly account: AccountId;
  readonly blocked: BlockedUsers;
  readonly open: OpenConversation;
}

/** Shows notices of messages, reactions, new users and rejected commands. */
export class Notices {
  readonly #deps: NoticesDeps;
  readonly #messages: MessageNotices;
  readonly #reactions: ReactionNotices;

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
    const { client, account, blocked, open } = deps;
    this.#messages = new MessageNotices(client, account, blocked, open);
    this.#reactions = new ReactionNotices(client, account, blocked, open);
  }

  /** Shows, updates or removes the notice that the event concerns. */
  event(event: Event): void {
    this.#messages.apply(event);
    void this.#reactions.apply(event);
  }

  /** Handles a change of what the client knows about users. */
  changed(): void {
    this.#messages.updateAuthors();
  }

  /** Handles a command that the server rejected. */
  async rejected({ entry, refusal }: ClientEvents['nack']): Promise<void> {
    // Without the texts of refusals the reason would be in English.
    await loadRestOfTexts().catch(() => undefined);
    const { command } = entry;
    const { op, conversation } = command;
    const description = REJECTED[op];
    // A rejected message already shows its error in the open conversation.
    if (description === null || (op === 'post' && isViewing(conversation))) return;
    toast.error(t(description), {
      description: refusalText(refusal),
      ...(op === 'post' && {
        action: { label: t('common.open'), onClick: () => this.#deps.open(conversation) },
      }),
      // The message shows its earlier text again: the new one is only here, until the user closes it.
      ...(command.op === 'edit' && {
        duration: Number.POSITIVE_INFINITY,
        closeButton: true,
        action: {
          label: t('message.copyText'),
          onClick: () => void attempt(() => navigator.clipboard.writeText(command.body)),
        },
      }),
    });
  }

  /** Handles a change over REST that the server refused. */
  refused(error: ClientEvents['refused']): void {
    toast.error(errorMessage(error));
  }

  /** Handles a user who has registered. */
  registered(user: ClientEvents['registered']): void {
    const { client, account, blocked } = this.#deps;
    const { inApp } = decideNotification(
      { kind: 'new_user', actor: user.id },
      recipientSettings(client, account),
      recipientOf(account, blocked.has(user.id)),
      Date.now(),
    );
    if (!inApp) return;
    toast(<JoinedTitle name={user.displayName} />, { description: handleOf(user.username) });
  }

  /** Removes all notices when the session ends. */
  clear(): void {
    this.#messages.clear();
  }
}

const JoinedTitle = ({ name }: { name: string }) => (
  <RichText text="notifications.joined" parts={{ name: <bdi>{name}</bdi> }} />
);
