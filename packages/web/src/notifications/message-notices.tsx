import type { ParleyClient } from '@parley/client';
import {
  type AccountId,
  type ConversationId,
  conversationOfStream,
  type Event,
  type Seq,
} from '@parley/protocol';
import { toast } from 'sonner';
import { titleOf } from '../conversations/naming.ts';
import { isolate } from '../lib/bidi.ts';
import { excerpt } from '../lib/display-text.ts';
import { closeNotifications, notify } from './browser.ts';
import { chime } from './chime.ts';
import { looks, looksAt } from './looking.ts';
import { notificationSettings } from './settings.ts';

/** Characters of a message in a notification. */
const EXCERPT = 140;

/** What is shown of a conversation just now. */
interface Notice {
  readonly seq: Seq;
  readonly author: string;
  /** Where somebody else's name looks the same; else null. */
  readonly username: string | null;
  /** Null in a direct conversation. */
  readonly group: string | null;
  /** False once the toast has gone by itself: an edit must not bring it back. */
  toast: boolean;
  /** Whether the browser was asked to show it too. */
  readonly browser: boolean;
}

/**
 * Shows messages that the person does not see: one notice for each conversation, of its latest
 * message. A notice follows its message: an edit changes it, a deletion takes it back.
 */
export class MessageNotices {
  readonly #client: ParleyClient;
  readonly #account: AccountId;
  readonly #open: (conversation: ConversationId) => void;
  readonly #shown = new Map<ConversationId, Notice>();

  constructor(
    client: ParleyClient,
    account: AccountId,
    open: (conversation: ConversationId) => void,
  ) {
    this.#client = client;
    this.#account = account;
    this.#open = open;
  }

  /** Shows, changes or takes back what the event is about. */
  apply(event: Event): void {
    if (event.type === 'message.posted') {
      this.#posted(event);
      return;
    }
    const conversation = conversationOfStream(event.stream);
    const notice = this.#shown.get(conversation);
    if (!notice) return;
    const isOver =
      event.type === 'conversation.deleted' ||
      (event.type === 'member.left' && event.data.account === this.#account) ||
      (event.type === 'message.deleted' && event.data.message === notice.seq);
    if (isOver) this.#takeBack(conversation);
    else if (event.type === 'message.edited' && event.data.message === notice.seq) {
      this.#show(conversation, notice, event.data.body);
    }
  }

  /** Takes everything back: the session is over. */
  clear(): void {
    this.#shown.clear();
    toast.dismiss();
    void closeNotifications();
  }

  #posted(event: Extract<Event, { type: 'message.posted' }>): void {
    // What was missed while away is shown by the unread marks, not by a hail of toasts.
    if (this.#client.state !== 'live') return;
    // Deleted before it came.
    if (event.data.body === '') return;
    const { users, conversations } = this.#client.snapshot;
    const view = conversations.get(conversationOfStream(event.stream));
    if (!view || event.actor === this.#account || looksAt(view.id)) return;
    const author = users.get(event.actor);
    const group = view.kind === 'direct' ? null : titleOf(view, users);
    const settings = notificationSettings(this.#account);
    const browser = settings.notify && !looks();
    const notice = {
      seq: event.seq,
      author: author?.displayName ?? 'Somebody',
      username: author?.nameIsShared ? author.username : null,
      group,
      toast: true,
      browser,
    };
    this.#shown.set(view.id, notice);
    this.#show(view.id, notice, event.data.body);
    if (settings.sound) chime();
  }

  #show(conversation: ConversationId, notice: Notice, text: string): void {
    const { group, seq } = notice;
    const shown = excerpt(text, EXCERPT);
    const gone = () => {
      notice.toast = false;
    };
    if (notice.toast) {
      toast(<NoticeTitle notice={notice} />, {
        id: conversation,
        description: <bdi>{shown}</bdi>,
        action: { label: 'Open', onClick: () => this.#open(conversation) },
        onAutoClose: gone,
        onDismiss: gone,
      });
    }
    if (!notice.browser) return;
    const author = isolate(notice.author) + handle(notice);
    const note = {
      title: group === null ? author : `${author} in ${isolate(group)}`,
      body: isolate(shown),
      conversation,
      seq,
      account: this.#account,
    };
    // Where the browser shows none, the toast has told it already.
    void notify(note, () => this.#open(conversation)).then(() => {
      // Deleted, or the session ended, while the browser was about to show it.
      if (!this.#shown.has(conversation)) void closeNotifications(conversation);
    });
  }

  #takeBack(conversation: ConversationId): void {
    this.#shown.delete(conversation);
    toast.dismiss(conversation);
    void closeNotifications(conversation);
  }
}

const handle = ({ username }: Notice): string => (username === null ? '' : ` @${username}`);

function NoticeTitle({ notice }: { notice: Notice }) {
  return (
    <>
      <bdi>{notice.author}</bdi>
      {handle(notice)}
      {notice.group !== null && (
        <>
          {' '}
          in <bdi>{notice.group}</bdi>
        </>
      )}
    </>
  );
}
