import type { AccountId, Person } from '@parley/protocol';
import { ApiError, type ParleyApi } from './api.ts';

/** The list is loaded up to here; further people are loaded one by one when they are wanted. */
const LIST_MAX = 2_000;
const PAGE = 200;
const RETRY_MS = 5_000;

/** The people that a client knows by name. */
export class People {
  readonly #api: ParleyApi;
  readonly #onChange: (people: ReadonlyMap<AccountId, Person>) => void;
  readonly #wanted = new Set<AccountId>();
  #people: ReadonlyMap<AccountId, Person> = new Map();
  #loading = false;

  constructor(api: ParleyApi, onChange: (people: ReadonlyMap<AccountId, Person>) => void) {
    this.#api = api;
    this.#onChange = onChange;
  }

  /** Loads the list; what is known already stays until it is there. */
  load(): void {
    if (!this.#loading) void this.#load();
  }

  put(person: Person): void {
    this.#set([person]);
  }

  /** Loads somebody who is not known yet. */
  want(id: AccountId): void {
    if (this.#people.has(id) || this.#wanted.has(id)) return;
    this.refresh(id);
  }

  /** Loads somebody anew: they have changed. */
  refresh(id: AccountId): void {
    this.#wanted.add(id);
    void this.#api.person(id).then(
      (person) => this.#set([person]),
      (error: unknown) => {
        // Unknown for good (the server’s own account), or to be asked for again when wanted again.
        if (!(error instanceof ApiError)) throw error;
        if (error.code !== 'account_not_found') this.#wanted.delete(id);
      },
    );
  }

  async #load(): Promise<void> {
    this.#loading = true;
    try {
      let after: string | null = null;
      for (let n = 0; n < LIST_MAX; n += PAGE) {
        const page = await this.#api.people({ limit: PAGE, ...(after !== null && { after }) });
        this.#set(page.items);
        after = page.next;
        if (after === null) break;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // While offline the next connection loads; on a busy server a little later.
      if (error.status >= 429) setTimeout(() => this.load(), RETRY_MS);
    } finally {
      this.#loading = false;
    }
  }

  #set(people: readonly Person[]): void {
    const next = new Map(this.#people);
    for (const person of people) {
      next.set(person.id, person);
      if (person.nameIsShared) shareName(person, next);
    }
    this.#people = next;
    this.#onChange(next);
  }
}

/** Marks those who have the same name: they were loaded before it became another's, too. */
function shareName(person: Person, people: Map<AccountId, Person>): void {
  const key = nameKey(person);
  for (const other of people.values()) {
    if (!other.nameIsShared && nameKey(other) === key) {
      people.set(other.id, { ...other, nameIsShared: true });
    }
  }
}

const nameKey = ({ displayName }: Person): string => displayName.normalize('NFKC').toLowerCase();
