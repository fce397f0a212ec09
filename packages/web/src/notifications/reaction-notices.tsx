import { ApiError, type ParleyClient } from '@parley/client';
import {
  type AccountId,
  type ConversationId,
  conversationOfStream,
  customEmojiOf,
  decideNotification,
  type Event,
  type Message,
  type Seq,
} from '@parley/protocol';
import { emojiLabel } from '../emoji/emoji-label.ts';
import { Excerpt } from '../emoji/excerpt.tsx';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { toast } from '../ui/toast.ts';
import type { BlockedUsers } from './blocked-users.ts';
import { chime } from './chime.ts';
import { isViewing } from './page-focus.ts';
import { areSoundsOn, recipientOf, recipientSettings } from './recipient.ts';

/** Maximum length of the message text in a notice, in characters. */
const EXCERPT = 80;

/** Shows notices for reactions to the user’s messages, if turned on. */
export class ReactionNotices {
  readonly #client: ParleyClient;
  readonly #account: AccountId;
  readonly #blocked: BlockedUsers;
  readonly #open: (conversation: ConversationId, thread: Seq | null) => void;
  /** Whether the message of a reaction is being loaded. */
  #isLoading = false;

  constructor(
    client: ParleyClient,
    account: AccountId,
    blocked: BlockedUsers,
    open: (conversation: ConversationId, thread: Seq | null) => void,
  ) {
    this.#client = client;
    this.#account = account;
    this.#blocked = blocked;
    this.#open = open;
  }

  /** Shows a notice of the event if it is a reaction to a message of the user. */
  async apply(event: Event): Promise<void> {
    if (event.type !== 'reaction.added' || this.#client.state !== 'live') return;
    const conversation = conversationOfStream(event.stream);
    if (isViewing(conversation)) return;
    // One message at a time is loaded, so some of many simultaneous reactions are not shown.
    if (!this.#isWanted(event.actor, conversation, null) || this.#isLoading) return;
    this.#isLoading = true;
    try {
      const message = await this.#client.api.message(conversation, event.data.message);
      // Only the message contains its thread, which may be muted.
      const isWanted = this.#isWanted(event.actor, conversation, message.thread);
      if (message.author === this.#account && isWanted) {
        const { emoji } = event.data;
        if (customEmojiOf(emoji)) await this.#client.emoji.load();
        this.#show(event.actor, emojiLabel(emoji, this.#client.snapshot.emoji), message);
      }
    } catch (error) {
      // The message was deleted or can’t be loaded: nothing to show.
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.#isLoading = false;
    }
  }

  #isWanted(actor: AccountId, conversation: ConversationId, thread: Seq | null): boolean {
    return decideNotification(
      { kind: 'reaction', actor },
      recipientSettings(this.#client, this.#account, conversation, thread ?? undefined),
      recipientOf(this.#account, this.#blocked.has(actor)),
      Date.now(),
    ).inApp;
  }

  #show(
    actor: AccountId,
    emoji: string,
    message: Pick<Message, 'conversation' | 'thread' | 'body' | 'mentions'>,
  ): void {
    const name = this.#client.snapshot.users.get(actor)?.displayName ?? t('common.someone');
    toast(
      <RichText
        text="notifications.reacted"
        parts={{ name: <bdi>{name}</bdi>, emoji: <span>{emoji}</span> }}
      />,
      {
        description: (
          <bdi>
            <Excerpt text={message.body} mentions={message.mentions} characters={EXCERPT} />
          </bdi>
        ),
        action: {
          label: t('common.open'),
          onClick: () => this.#open(message.conversation, message.thread),
        },
      },
    );
    if (areSoundsOn(this.#client, this.#account)) chime();
  }
}
