import {
  type ClientId,
  type ConversationId,
  DEFAULT_LAYOUT,
  type Event,
  type EventOf,
  isKept,
  type MoveConversationsBody,
  placementsOf,
  type SectionId,
  type Sidebar,
  type SidebarLayout,
  type SidebarPlacement,
  type UpdateSectionBody,
  withNewSection,
  withoutSection,
  withSection,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { ApiError } from './api-error.ts';
import type { SidebarApi } from './api-sidebar.ts';

/** The sidebar of the account, as all its devices show it. */
export interface SidebarSnapshot {
  /** Whether the sidebar was loaded; until then it is the default one. */
  readonly isLoaded: boolean;
  readonly layout: SidebarLayout;
  /** Where conversations were put. Others are in the section of their kind. */
  readonly placements: ReadonlyMap<ConversationId, SidebarPlacement>;
}

/** Nothing is loaded. */
export const NO_SIDEBAR: SidebarSnapshot = {
  isLoaded: false,
  layout: DEFAULT_LAYOUT,
  placements: new Map(),
};

type Change = EventOf<'sidebar.changed'> | EventOf<'sidebar.moved'>;
/** The requests about the sidebar. */
type Requests = Pick<SidebarApi, keyof SidebarApi>;
/** The parts of a sidebar that changes concern. */
type Parts = Pick<SidebarSnapshot, 'layout' | 'placements'>;

/**
 * Knows the sidebar of the account, the same on all its devices. It is loaded when it is first asked for, and again
 * when changes were missed; in between it follows from the events of the personal stream. A change is shown at once,
 * and reverted if the server rejects it.
 */
export class SidebarState {
  readonly #api: Requests;
  readonly #changed: (snapshot: SidebarSnapshot) => void;
  #parts: Parts = NO_SIDEBAR;
  #seq = 0;
  /** Changes that the server has not answered, in their order. */
  #open: ((parts: Parts) => Parts)[] = [];
  #isWanted = false;
  #isLoaded = false;
  #loading: Promise<void> | null = null;
  /** Events since the beginning of the load in progress, which its answer may lack. */
  #since: Change[] = [];
  /** Changes when everything is forgotten: answers to requests from before are ignored. */
  #generation = 0;

  /** `changed` is called with each new snapshot. */
  constructor(api: Requests, changed: (snapshot: SidebarSnapshot) => void) {
    this.#api = api;
    this.#changed = changed;
  }

  /** Loads the sidebar, unless it is loaded. The snapshot of the client has it from now on. */
  async load(): Promise<void> {
    this.#isWanted = true;
    if (this.#isLoaded) return;
    this.#loading ??= this.#run().finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  /** Sets whether only conversations with unread messages are shown. */
  async setUnreadOnly(unreadOnly: boolean): Promise<void> {
    await this.#change(
      (id) => this.#api.setUnreadOnly(unreadOnly, id),
      (parts) => ({ ...parts, layout: { ...parts.layout, unreadOnly } }),
    );
  }

  /** Creates a section below the favorites, and returns its id. */
  async createSection(name: string): Promise<SectionId> {
    return await this.#change(
      (id) => this.#api.createSection(name, id),
      (parts, id) => ({ ...parts, layout: withNewSection(parts.layout, id, name) }),
    );
  }

  /** Changes a section; absent fields stay as they are. */
  async changeSection(section: SectionId, change: UpdateSectionBody): Promise<void> {
    await this.#change(
      (id) => this.#api.changeSection(section, change, id),
      (parts) => ({ ...parts, layout: withSection(parts.layout, section, change) }),
    );
  }

  /** Deletes a section. Its conversations are back in the sections of their kinds. */
  async deleteSection(section: SectionId): Promise<void> {
    await this.#change(
      (id) => this.#api.deleteSection(section, id),
      (parts) => withLayout(parts, withoutSection(parts.layout, section)),
    );
  }

  /** Moves conversations into a section, one after the other. */
  async move(move: MoveConversationsBody): Promise<void> {
    const { section } = move;
    await this.#change(
      (id) => this.#api.move(move, id),
      (parts) =>
        section === null
          ? withMoves(parts, [], move.conversations)
          : withMoves(parts, placementsOf(parts.placements.values(), { ...move, section }), []),
    );
  }

  /** An event of the personal stream was applied. */
  applied(event: Event): void {
    if (event.type !== 'sidebar.changed' && event.type !== 'sidebar.moved') return;
    if (!this.#isWanted) return;
    if (this.#loading) this.#since.push(event);
    this.#apply(event);
    this.#report();
  }

  /** Events of the personal stream were skipped. */
  missed(): void {
    this.#isLoaded = false;
    this.#generation++;
    this.retry();
  }

  /** Loads it if that has failed; to be called from time to time while connected. */
  retry(): void {
    if (!this.#isWanted || this.#isLoaded) return;
    this.load().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
    });
  }

  /** The server was restored to an earlier state: its seqs begin anew from there. */
  restored(): void {
    this.#generation++;
    this.#isLoaded = false;
    this.#since = [];
    this.#seq = 0;
  }

  /** Forgets everything: another account may be started. */
  clear(): void {
    this.restored();
    this.#isWanted = false;
    this.#parts = NO_SIDEBAR;
    this.#open = [];
    this.#report();
  }

  async #run(): Promise<void> {
    for (;;) {
      const generation = this.#generation;
      this.#since = [];
      const answer = await this.#api.get();
      if (!this.#isWanted) return;
      // Something was forgotten or missed meanwhile: the answer may be older.
      if (generation !== this.#generation) continue;
      this.#answered(answer);
      for (const event of this.#since) this.#apply(event);
      this.#isLoaded = true;
      this.#report();
      return;
    }
  }

  /** Shows a change while the server is asked for it. Returns the id of the request. */
  async #change(
    request: (id: ClientId) => Promise<Sidebar>,
    change: (parts: Parts, id: ClientId) => Parts,
  ): Promise<ClientId> {
    const id = uuidv7() as ClientId;
    const generation = this.#generation;
    const open = (parts: Parts) => change(parts, id);
    this.#open.push(open);
    this.#report();
    try {
      const answer = await request(id);
      if (generation === this.#generation && answer.seq >= this.#seq) this.#answered(answer);
      return id;
    } finally {
      this.#open = this.#open.filter((one) => one !== open);
      this.#report();
    }
  }

  #answered({ sections, unreadOnly, placements, seq }: Sidebar): void {
    this.#parts = {
      layout: { sections, unreadOnly },
      placements: new Map(placements.map((one) => [one.conversation, one])),
    };
    this.#seq = seq;
  }

  #apply(event: Change): void {
    if (event.seq <= this.#seq) return;
    this.#seq = event.seq;
    if (event.type === 'sidebar.moved') {
      this.#parts = withMoves(this.#parts, event.data.placed, event.data.removed);
      return;
    }
    const { sections, unreadOnly } = event.data;
    this.#parts = withLayout(this.#parts, { sections, unreadOnly: unreadOnly === true });
  }

  #report(): void {
    let parts = this.#parts;
    for (const change of this.#open) parts = change(parts);
    const { layout, placements } = parts;
    this.#changed({ isLoaded: this.#isLoaded, layout, placements });
  }
}

/** Returns a sidebar with other sections: what was in one that is gone is placed no more. */
function withLayout({ placements }: Parts, layout: SidebarLayout): Parts {
  const kept = [...placements].filter(([, placement]) => isKept(placement, layout));
  return { layout, placements: kept.length === placements.size ? placements : new Map(kept) };
}

function withMoves(
  { layout, placements }: Parts,
  placed: readonly SidebarPlacement[],
  removed: readonly ConversationId[],
): Parts {
  const next = new Map(placements);
  for (const conversation of removed) next.delete(conversation);
  for (const placement of placed) next.set(placement.conversation, placement);
  return { layout, placements: next };
}
