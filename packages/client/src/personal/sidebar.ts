import {
  type ClientId,
  type ClosedConversation,
  type ConversationId,
  DEFAULT_LAYOUT,
  type Event,
  type EventOf,
  isKept,
  type MoveConversationsBody,
  placementsOf,
  type SectionId,
  type Seq,
  type Sidebar,
  type SidebarLayout,
  type SidebarPlacement,
  type UpdateSectionBody,
  withNewSection,
  withoutSection,
  withSection,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { SidebarApi } from '../api/sidebar.ts';
import { StateLoader } from '../api/state-loader.ts';
import type { ConversationView } from '../conversations/conversations.ts';
import { type ChangeDeps, type WaitingChange, WaitingChanges } from '../storage/waiting-changes.ts';
import { requestOf, type SidebarChange } from './sidebar-changes.ts';

/** The sidebar of the account, as all its devices show it. */
export interface SidebarSnapshot {
  /** Whether the sidebar was loaded; until then it is the default one. */
  readonly isLoaded: boolean;
  readonly layout: SidebarLayout;
  /** The placements; other conversations are in the section of their kind. */
  readonly placements: ReadonlyMap<ConversationId, SidebarPlacement>;
  /** The direct conversations that were closed, and how far they were seen then; see {@link isClosed}. */
  readonly closed: ReadonlyMap<ConversationId, Seq>;
}

/**
 * Returns whether the sidebar leaves out a conversation: the account has closed it, and nothing was
 * posted in it since. One with unread messages is never left out.
 */
export function isClosed(
  view: Pick<ConversationView, 'id' | 'lastMessage' | 'unread' | 'unreadMentions'>,
  { closed }: Pick<SidebarSnapshot, 'closed'>,
): boolean {
  const seq = closed.get(view.id);
  if (seq === undefined || view.unread > 0 || view.unreadMentions.length > 0) return false;
  return view.lastMessage === null || view.lastMessage.seq <= seq;
}

/** Nothing is loaded. */
export const NO_SIDEBAR: SidebarSnapshot = {
  isLoaded: false,
  layout: DEFAULT_LAYOUT,
  placements: new Map(),
  closed: new Map(),
};

type Change = EventOf<'sidebar.changed'> | EventOf<'sidebar.moved'> | EventOf<'sidebar.closed'>;
/** The types of these events. */
const CHANGES: ReadonlySet<string> = new Set<Change['type']>([
  'sidebar.changed',
  'sidebar.moved',
  'sidebar.closed',
]);
const isChange = (event: Event): event is Change => CHANGES.has(event.type);

/** The requests about the sidebar. */
type Requests = Pick<SidebarApi, keyof SidebarApi>;
/** The parts of a sidebar that changes affect. */
type Parts = Pick<SidebarSnapshot, 'layout' | 'placements' | 'closed'>;

/** How {@link SidebarState} is loaded, shown and stored. */
export interface SidebarDeps extends ChangeDeps {
  readonly api: Requests;
  /** Called with each new snapshot. */
  changed(snapshot: SidebarSnapshot): void;
  /** Called with what is to be stored for the next start. */
  keep(sidebar: Sidebar): void;
}

/**
 * Holds the sidebar of the account, the same on all its devices. It is loaded by the first
 * `load()`, and again when changes were missed; in between, events of the personal stream update
 * it. A change is shown at once, and reverted if the server rejects it. Without a connection it waits.
 */
export class SidebarState {
  readonly #deps: SidebarDeps;
  readonly #loader: StateLoader<Sidebar, Change>;
  #parts: Parts = NO_SIDEBAR;
  #seq = 0;
  /** Changes that the server has not answered. */
  readonly #open: WaitingChanges<SidebarChange>;

  constructor(deps: SidebarDeps) {
    this.#deps = deps;
    this.#loader = new StateLoader<Sidebar, Change>({
      load: () => deps.api.get(),
      replace: (answer) => this.#replace(answer),
      apply: (event) => this.#apply(event),
      changed: () => this.#report(),
    });
    this.#open = new WaitingChanges({
      ...deps,
      of: 'sidebar',
      send: (change, id) => this.#send(change, id),
      changed: () => this.#report(),
    });
  }

  /** The number of changes that the server has not answered. */
  get waiting(): number {
    return this.#open.changes.length;
  }

  /** Loads the sidebar, unless it is loaded. The snapshot of the client has it from now on. */
  async load(): Promise<void> {
    await this.#loader.load();
  }

  /** Shows the sidebar that was stored, until it is loaded. */
  restore(sidebar: Sidebar): void {
    if (this.#loader.isLoaded) return;
    this.#show(sidebar);
    this.#report();
  }

  /** Shows changes that were stored and wait for the server. */
  restoreChanges(changes: readonly WaitingChange[]): void {
    this.#open.restore(changes);
  }

  /** Sets whether only conversations with unread messages are shown. */
  async setUnreadOnly(unreadOnly: boolean): Promise<void> {
    await this.#change({ kind: 'unread only', unreadOnly });
  }

  /** Creates a section below the favorites, and returns its id. */
  createSection(name: string): Promise<SectionId> {
    return this.#change({ kind: 'new section', name });
  }

  /** Changes a section; absent fields are unchanged. */
  async changeSection(section: SectionId, change: UpdateSectionBody): Promise<void> {
    await this.#change({ kind: 'section', section, change });
  }

  /** Deletes a section. Its conversations return to the sections of their kinds. */
  async deleteSection(section: SectionId): Promise<void> {
    await this.#change({ kind: 'deleted section', section });
  }

  /** Moves conversations into a section, in this order. */
  async move(move: MoveConversationsBody): Promise<void> {
    await this.#change({ kind: 'move', move });
  }

  /**
   * Closes a direct conversation, whose events up to `seq` the user has seen: the sidebar leaves it
   * out until there is a later message. The server marks these messages as read.
   */
  async close(conversation: ConversationId, seq: Seq): Promise<void> {
    await this.#change({ kind: 'close', conversation, seq });
  }

  /** Shows a closed conversation again. */
  async reopen(conversation: ConversationId): Promise<void> {
    await this.#change({ kind: 'reopen', conversation });
  }

  /** Handles an applied event of the personal stream. */
  applied(event: Event): void {
    if (isChange(event)) this.#loader.applied(event);
  }

  /** Reloads the sidebar, after events of the personal stream were skipped. */
  missed(): void {
    this.#loader.missed();
  }

  /** Loads it again if the last attempt failed. Must be called regularly while connected. */
  retry(): void {
    this.#loader.retry();
    this.#open.resume();
  }

  /** Handles a restore of the server from a backup: its seqs may be lower than those received before. */
  restored(): void {
    this.#seq = 0;
    this.#loader.missed();
  }

  /** Clears the state: the client may be started with another account. */
  clear(): void {
    this.#loader.clear();
    this.#seq = 0;
    this.#parts = NO_SIDEBAR;
    this.#open.clear();
    this.#report();
  }

  /** Shows a change until it is answered. Returns the id of its request. */
  async #change(change: SidebarChange): Promise<ClientId> {
    const id = uuidv7() as ClientId;
    await this.#open.add(change, id);
    return id;
  }

  async #send(change: SidebarChange, id: ClientId): Promise<void> {
    const { generation } = this.#loader;
    const answer = await requestOf(change, id, this.#deps.api);
    if (generation === this.#loader.generation && answer.seq >= this.#seq) this.#replace(answer);
  }

  #replace(sidebar: Sidebar): void {
    this.#show(sidebar);
    this.#deps.keep(sidebar);
  }

  #show({ sections, unreadOnly, placements, closed, seq }: Sidebar): void {
    this.#parts = {
      layout: { sections, unreadOnly },
      placements: new Map(placements.map((one) => [one.conversation, one])),
      // One that an earlier version stored lacks them.
      closed: new Map(closed?.map((one) => [one.conversation, one.seq])),
    };
    this.#seq = seq;
  }

  #apply(event: Change): boolean {
    if (event.seq <= this.#seq) return false;
    this.#seq = event.seq;
    this.#parts = withChange(this.#parts, event);
    const { layout, placements, closed } = this.#parts;
    this.#deps.keep({
      ...layout,
      placements: [...placements.values()],
      closed: Array.from(closed, ([conversation, seq]) => ({ conversation, seq })),
      seq: event.seq,
    });
    return true;
  }

  #report(): void {
    let parts = this.#parts;
    for (const { change, id } of this.#open.changes) parts = withWaiting(parts, change, id);
    this.#deps.changed({ isLoaded: this.#loader.isLoaded, ...parts });
  }
}

/** Returns the sidebar after a change that the server has not answered. */
function withWaiting(parts: Parts, change: SidebarChange, id: ClientId): Parts {
  const { layout } = parts;
  switch (change.kind) {
    case 'unread only':
      return { ...parts, layout: { ...layout, unreadOnly: change.unreadOnly } };
    case 'new section': {
      // The server may have made the change, and its answer was lost.
      const isKnown = layout.sections.some((one) => one.id === id);
      return isKnown ? parts : { ...parts, layout: withNewSection(layout, id, change.name) };
    }
    case 'section':
      return { ...parts, layout: withSection(layout, change.section, change.change) };
    case 'deleted section':
      return withLayout(parts, withoutSection(layout, change.section));
    case 'move': {
      const { section, conversations } = change.move;
      if (section === null) return withMoves(parts, [], conversations);
      const move = { ...change.move, section };
      return withMoves(parts, placementsOf(parts.placements.values(), move), []);
    }
    case 'close':
      return withClosing(parts, [change], []);
    case 'reopen':
      return withClosing(parts, [], [change.conversation]);
  }
}

/** Returns the sidebar after an event. */
function withChange(parts: Parts, event: Change): Parts {
  if (event.type === 'sidebar.moved') {
    return withMoves(parts, event.data.placed, event.data.removed);
  }
  if (event.type === 'sidebar.closed') {
    return withClosing(parts, event.data.closed, event.data.reopened);
  }
  const { sections, unreadOnly } = event.data;
  return withLayout(parts, { sections, unreadOnly: unreadOnly === true });
}

/** Returns a sidebar with other sections, without the placements in removed ones. */
function withLayout(parts: Parts, layout: SidebarLayout): Parts {
  const { placements } = parts;
  const valid = [...placements].filter(([, placement]) => isKept(placement, layout));
  return {
    ...parts,
    layout,
    placements: valid.length === placements.size ? placements : new Map(valid),
  };
}

function withMoves(
  parts: Parts,
  placed: readonly SidebarPlacement[],
  removed: readonly ConversationId[],
): Parts {
  const next = new Map(parts.placements);
  for (const conversation of removed) next.delete(conversation);
  for (const placement of placed) next.set(placement.conversation, placement);
  return { ...parts, placements: next };
}

function withClosing(
  parts: Parts,
  closed: readonly ClosedConversation[],
  reopened: readonly ConversationId[],
): Parts {
  const next = new Map(parts.closed);
  for (const conversation of reopened) next.delete(conversation);
  for (const { conversation, seq } of closed) next.set(conversation, seq);
  return { ...parts, closed: next };
}
