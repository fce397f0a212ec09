import {
  type ConversationView,
  changesText,
  membershipChange,
  type ParleyClient,
  threadKey,
} from '@parley/client';
import {
  type AccountId,
  type ConversationId,
  conversationOfStream,
  decideNotification,
  type Event,
  isolate,
  type Mention,
  mentionOf,
  type NotificationDecision,
  nameOfMentions,
  type Seq,
  type User,
} from '@parley/protocol';
import { Excerpt } from '../emoji/excerpt.tsx';
import { emojiOfText } from '../emoji/shortcodes.ts';
import { closeNotifications, notify } from '../lib/browser-notifications.ts';
import { titleOf } from '../lib/conversation-views.ts';
import { plainExcerpt } from '../lib/plain-excerpt.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { toast } from '../ui/toast.ts';
import { handleOf } from '../users/handle.tsx';
import { shownMention } from '../users/mention-names.ts';
import type { BlockedUsers } from './blocked-users.ts';
import { chime } from './chime.ts';
import { isPageFocused, isViewing } from './page-focus.ts';
import { areSoundsOn, recipientSettings } from './recipient.ts';
import { isNotifyOn } from './settings.ts';
import { Throttle } from './throttle.ts';

/** Maximum length of the message text in a notification, in characters. */
const EXCERPT = 140;
/** After this time it is known whether the user follows a new thread, ms. */
const FOLLOWED_KNOWN_MS = 1_500;

/** Messages that arrive within this time after a notice share the next one, ms. */
const BURST_MS = 1_000;
/** Toasts that are visible at a time. */
const TOASTS = 3;

type Posted = Extract<Event, { type: 'message.posted' }>;

/** The notice that is shown for a conversation. */
interface Notice {
  readonly seq: Seq;
  readonly actor: AccountId;
  text: string;
  mentions: readonly Mention[];
  author: string;
  /** Set if another user's display name looks the same; else null. */
  username: string | null;
  /** Null in a direct conversation. */
  readonly group: string | null;
  /** The thread in which the message is shown; null if it is shown in the conversation. */
  readonly thread: Seq | null;
  /** False once the toast has closed: an edit must not show it again. */
  toast: boolean;
  /** Whether a browser notification was requested as well. */
  readonly browser: boolean;
}

/**
 * Shows notices for messages in conversations that the user is not viewing: one notice per
 * conversation, for its latest message. An edit of the message updates the notice, a deletion
 * removes it.
 */
export class MessageNotices {
  readonly #client: ParleyClient;
  readonly #account: AccountId;
  readonly #blocked: BlockedUsers;
  readonly #open: (conversation: ConversationId, thread: Seq | null) => void;
  readonly #notices = new Map<ConversationId, Notice>();
  /** Conversations in which messages have arrived that are not shown yet. */
  readonly #arrived: Throttle<ConversationId>;
  /** Messages waiting for more information, by conversation and seq. */
  readonly #waiting = new Map<string, Posted>();

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
    this.#arrived = new Throttle(BURST_MS, (conversations) => this.#showArrived(conversations));
  }

  /** Shows, updates or removes the notice that the event concerns. */
  apply(event: Event): void {
    if (event.type === 'message.posted') {
      if (this.#client.snapshot.notifications.isLoaded) this.#posted(event);
      // Right after loading the page, the conversation may be muted. If loading the settings fails,
      // the defaults apply.
      else this.#decideLater(event, whenSettled(this.#client.notifications.load()));
      return;
    }
    const conversation = conversationOfStream(event.stream);
    this.#updateWaiting(event);
    const notice = this.#notices.get(conversation);
    if (!notice) return;
    const isObsolete =
      membershipChange(event, this.#account) === 'ends' ||
      ((event.type === 'message.deleted' || event.type === 'message.hidden') &&
        event.data.message === notice.seq);
    if (isObsolete) this.#dismiss(conversation);
    else if (event.type === 'message.edited' && event.data.message === notice.seq) {
      this.#show(conversation, notice, event.data.body, event.data.mentions ?? []);
    }
  }

  /**
   * Updates the authors of the notices: users who have just registered are known before the server has
   * said whether their name looks like another user’s.
   */
  updateAuthors(): void {
    const { users } = this.#client.snapshot;
    for (const [conversation, notice] of this.#notices) {
      const { author, username } = authorOf(users.get(notice.actor));
      if (author === notice.author && username === notice.username) continue;
      Object.assign(notice, { author, username });
      if (notice.toast) this.#show(conversation, notice, notice.text, notice.mentions);
    }
  }

  /** Removes all notices when the session ends. */
  clear(): void {
    this.#waiting.clear();
    this.#arrived.clear();
    this.#notices.clear();
    toast.dismiss();
    void closeNotifications();
  }

  /** Decides about a message after a wait, in its state at that time. `isRetry`: for the second and last time. */
  #decideLater(event: Posted, wait: Promise<void>, options?: { readonly isRetry: true }): void {
    const key = `${event.stream}/${event.seq}`;
    this.#waiting.set(key, event);
    void wait.then(() => {
      const latest = this.#waiting.get(key);
      this.#waiting.delete(key);
      if (latest) this.#posted(latest, options);
    });
  }

  /** Applies an edit or a deletion to a message that is decided later. */
  #updateWaiting(event: Event): void {
    if (!changesText(event)) return;
    const key = `${event.stream}/${event.data.message}`;
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    if (!('body' in event.data)) this.#waiting.delete(key);
    else {
      const { body, mentions } = event.data;
      const data = { ...waiting.data, body, mentions };
      this.#waiting.set(key, { ...waiting, data });
    }
  }

  #posted(event: Posted, options?: { readonly isRetry: true }): void {
    // Messages missed while offline show as unread counts, not as a burst of toasts.
    if (this.#client.state !== 'live') return;
    // The message was deleted before this event arrived.
    if (event.data.body === '' && !event.data.attachments) return;
    const { users, conversations } = this.#client.snapshot;
    const view = conversations.get(conversationOfStream(event.stream));
    if (!view || event.actor === this.#account) return;
    const { thread, alsoInConversation } = event.data;
    const onlyIn = alsoInConversation ? undefined : thread;
    const decision = this.#decide(view, event);
    if (decision.reason === 'thread_not_followed' && !options?.isRetry) {
      // Not yet known for a thread that starts with this reply.
      this.#decideLater(event, delay(FOLLOWED_KNOWN_MS), { isRetry: true });
    }
    if (!decision.inApp) return;
    const group = view.kind === 'direct' ? null : titleOf(view, users);
    const browser = !isPageFocused() && isNotifyOn(this.#account);
    const notice = {
      seq: event.seq,
      actor: event.actor,
      text: event.data.body || t('files.file'),
      mentions: event.data.mentions ?? [],
      ...authorOf(users.get(event.actor)),
      group,
      thread: onlyIn ?? null,
      toast: true,
      browser,
    };
    this.#notices.set(view.id, notice);
    this.#arrived.add(view.id);
  }

  /** Shows the notices of conversations in which messages have arrived; toasts only of the latest. */
  #showArrived(conversations: readonly ConversationId[]): void {
    for (const [n, conversation] of conversations.entries()) {
      const notice = this.#notices.get(conversation);
      if (!notice) continue;
      if (n < conversations.length - TOASTS) notice.toast = false;
      this.#show(conversation, notice, notice.text, notice.mentions);
    }
    if (areSoundsOn(this.#client, this.#account)) chime();
  }

  /** Decides like the server; in addition, this device knows what is on its screen. */
  #decide(view: ConversationView, { seq, actor, data }: Posted): NotificationDecision {
    const { thread, alsoInConversation, body, mentions } = data;
    const onlyIn = alsoInConversation ? undefined : thread;
    const cursor =
      thread === undefined
        ? undefined
        : this.#client.snapshot.threads.cursors.get(threadKey(view.id, thread));
    const readSeq = onlyIn === undefined ? view.readSeq : (cursor?.readSeq ?? 0);
    return decideNotification(
      {
        kind: 'message',
        actor,
        isDirect: view.kind === 'direct',
        body,
        mention: mentionOf(mentions, this.#account),
        isOnlyInThread: onlyIn !== undefined,
        isDeleted: false,
      },
      recipientSettings(this.#client, this.#account, view.id, thread),
      {
        account: this.#account,
        isMember: true,
        isFollowing: thread === undefined ? null : cursor !== undefined,
        presence: isViewing(view.id, onlyIn) ? 'viewing' : this.#presence(),
        hasRead: seq <= readSeq,
        isBlocked: this.#blocked.has(actor),
      },
      Date.now(),
    );
  }

  /** Returns the presence of the user of this device, which is in use. */
  #presence(): 'active' | 'away' {
    return this.#client.snapshot.statuses.get(this.#account)?.isAway ? 'away' : 'active';
  }

  #show(
    conversation: ConversationId,
    notice: Notice,
    text: string,
    mentions: readonly Mention[],
  ): void {
    Object.assign(notice, { text, mentions });
    if (notice.toast) this.#showToast(conversation, notice);
    // If the browser shows no notification, the toast is enough.
    if (notice.browser) void this.#showBrowserNotification(conversation, notice);
  }

  #showToast(conversation: ConversationId, notice: Notice): void {
    const onClose = () => {
      notice.toast = false;
    };
    toast(<NoticeTitle notice={{ ...notice }} />, {
      id: conversation,
      description: (
        <bdi>
          <Excerpt text={notice.text} mentions={notice.mentions} characters={EXCERPT} />
        </bdi>
      ),
      action: {
        label: t('common.open'),
        onClick: () => this.#open(conversation, notice.thread),
      },
      onAutoClose: onClose,
      onDismiss: onClose,
    });
  }

  async #showBrowserNotification(conversation: ConversationId, notice: Notice): Promise<void> {
    const { group, seq, thread, text, mentions } = notice;
    const author = isolate(notice.author) + usernameSuffix(notice);
    const content = {
      title:
        group === null ? author : t('notifications.inGroup', { author, group: isolate(group) }),
      conversation,
      seq,
      thread,
      account: this.#account,
    };
    const emojiOf = await emojiOfText(text);
    const nameOf = nameOfMentions(mentions, (one) => shownMention(one, this.#client.snapshot));
    const body = isolate(plainExcerpt(text, EXCERPT, emojiOf, nameOf));
    await notify({ ...content, body }, () => this.#open(conversation, thread));
    // The message was deleted or the session ended while the browser was showing it.
    if (!this.#notices.has(conversation)) void closeNotifications(conversation);
  }

  #dismiss(conversation: ConversationId): void {
    this.#notices.delete(conversation);
    this.#arrived.delete(conversation);
    toast.dismiss(conversation);
    void closeNotifications(conversation);
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves when a promise is settled, whatever its outcome. */
const whenSettled = (promise: Promise<unknown>): Promise<void> =>
  promise.then(
    () => undefined,
    () => undefined,
  );

/** Returns how the author of a notice is shown. */
const authorOf = (user: User | undefined): Pick<Notice, 'author' | 'username'> => ({
  author: user?.displayName ?? t('common.someone'),
  username: user?.nameIsShared ? user.username : null,
});

/** Returns the username to show after a name that looks like another user’s. */
const usernameSuffix = ({ username }: Notice): string =>
  username === null ? '' : ` ${handleOf(username)}`;

function NoticeTitle({ notice }: { notice: Notice }) {
  const author = (
    <span>
      <bdi>{notice.author}</bdi>
      {usernameSuffix(notice)}
    </span>
  );
  if (notice.group === null) return author;
  return (
    <RichText
      text="notifications.titleInGroup"
      parts={{ author, group: <bdi>{notice.group}</bdi> }}
    />
  );
}
