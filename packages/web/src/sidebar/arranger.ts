import { type ClientSnapshot, type ConversationView, isClosed } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { titleOf } from '../lib/conversation-views.ts';
import { compareNames } from '../lib/text.ts';
import {
  type Arrangement,
  type Attention,
  activityOf,
  arrange,
  isNarrowed,
} from './arrangement.ts';

/** The input of the arrangement. */
export interface ArrangerInput {
  readonly snapshot: Pick<ClientSnapshot, 'conversations' | 'users' | 'sidebar'>;
  /** The same function until something is muted or unmuted. */
  readonly isMuted: (id: ConversationId) => boolean;
  /** Whether new messages and reading move or hide no rows. */
  readonly isHeld: boolean;
  readonly open: ConversationId | undefined;
}

/** Returns whether a conversation counts as unread: a muted one only with mentions. */
export const isUnread = (view: ConversationView, isMuted: boolean): boolean =>
  view.unreadMentions.length > 0 || (view.unread > 0 && !isMuted);

/**
 * Arranges the conversations incrementally. Unchanged parts keep their identity: a message in one
 * of a thousand conversations usually changes no arrangement, so only its row is rendered. Names,
 * which are expensive to compare, are sorted only when one has changed.
 */
export class Arranger {
  #users: ArrangerInput['snapshot']['users'] | null = null;
  /** The views that the titles are of. */
  #views: ReadonlyMap<ConversationId, ConversationView> = new Map();
  #titles: ReadonlyMap<ConversationId, string> = new Map();
  #byName: readonly ConversationId[] = [];
  #attention: Attention = { activity: new Map(), unread: new Set() };
  #last: Arrangement | null = null;
  /** The input of the last arrangement. */
  #input: ArrangerInput | null = null;

  /** Returns the conversations in their sections. */
  arrange(input: ArrangerInput): Arrangement {
    const { snapshot, isMuted, isHeld, open } = input;
    const { conversations, sidebar } = snapshot;
    const before = this.#input;
    this.#input = input;
    if (
      this.#last &&
      before &&
      isSameButOpen(before, input) &&
      !this.#isShownWhileOpen(before.open, snapshot) &&
      !this.#isShownWhileOpen(open, snapshot)
    ) {
      return this.#last;
    }
    this.#name(snapshot);
    if (!isHeld) this.#attention = attentionOf(conversations.values(), isMuted);
    const next = arrange({
      byName: this.#byName.flatMap((id) => conversations.get(id) ?? []),
      titles: this.#titles,
      sidebar,
      attention: this.#attention,
      open,
    });
    this.#last = reuseUnchanged(this.#last, next);
    return this.#last;
  }

  /** Returns whether a conversation is shown only while it is open. */
  #isShownWhileOpen(
    id: ConversationId | undefined,
    { conversations, sidebar }: ArrangerInput['snapshot'],
  ): boolean {
    if (id === undefined || this.#attention.unread.has(id)) return false;
    const view = conversations.get(id);
    if (view && isClosed(view, sidebar)) return true;
    const { layout } = sidebar;
    const sections = this.#last?.sections ?? [];
    return sections.some(({ section, all }) => isNarrowed(section, layout) && all.includes(id));
  }

  /** Updates the titles and their order. */
  #name({ conversations, users }: ArrangerInput['snapshot']): void {
    if (conversations === this.#views && users === this.#users) return;
    const hasSameUsers = users === this.#users;
    let isChanged = conversations.size !== this.#titles.size;
    const titles = new Map<ConversationId, string>();
    for (const [id, view] of conversations) {
      const old = this.#titles.get(id);
      const isSame = old !== undefined && hasSameUsers && this.#views.get(id) === view;
      const title = isSame ? old : titleOf(view, users);
      isChanged ||= title !== old;
      titles.set(id, title);
    }
    this.#views = conversations;
    this.#users = users;
    if (!isChanged) return;
    this.#titles = titles;
    this.#byName = [...titles]
      .sort(([a, nameOfA], [b, nameOfB]) => compareNames(nameOfA, nameOfB) || (a < b ? -1 : 1))
      .map(([id]) => id);
  }
}

/** Returns whether the input of an arrangement is the same, except for the open conversation. */
const isSameButOpen = (a: ArrangerInput, b: ArrangerInput): boolean =>
  a.snapshot.conversations === b.snapshot.conversations &&
  a.snapshot.users === b.snapshot.users &&
  a.snapshot.sidebar === b.snapshot.sidebar &&
  a.isMuted === b.isMuted &&
  a.isHeld === b.isHeld;

function attentionOf(
  views: Iterable<ConversationView>,
  isMuted: (id: ConversationId) => boolean,
): Attention {
  const activity = new Map<ConversationId, string>();
  const unread = new Set<ConversationId>();
  for (const view of views) {
    activity.set(view.id, activityOf(view));
    if (view.unread === 0 && view.unreadMentions.length === 0) continue;
    if (isUnread(view, isMuted(view.id))) unread.add(view.id);
  }
  return { activity, unread };
}

/** Returns an arrangement whose unchanged parts are the previous objects. */
function reuseUnchanged(last: Arrangement | null, next: Arrangement): Arrangement {
  if (!last) return next;
  const sections = next.sections.map((one, n) => {
    const old = last.sections[n];
    if (!old) return one;
    const all = isSameList(old.all, one.all) ? old.all : one.all;
    const shown = isSameList(old.shown, one.shown) ? old.shown : one.shown;
    return old.section === one.section && all === old.all && shown === old.shown
      ? old
      : { section: one.section, all, shown };
  });
  const archived = isSameList(last.archived, next.archived) ? last.archived : next.archived;
  return isSameList(last.sections, sections) &&
    archived === last.archived &&
    last.titles === next.titles
    ? last
    : { sections, archived, titles: next.titles };
}

const isSameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((one, n) => one === b[n]);
