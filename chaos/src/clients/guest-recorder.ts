import type { AccountId } from '@parley/protocol';
import type { RecordSink } from '../history/recorder.ts';
import type { Look } from '../steps/guest-steps.ts';

/** How an account or a conversation can be identified: by its id, or by its name. */
const SUBJECT =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|person \d+|group \d+/gi;

/** The accounts and conversations of a run: their ids by ids and by names in lower case. */
export type Subjects = ReadonlyMap<string, string>;

/** The mentions of users in a text: its author named them to everyone who may read it. */
const MENTIONED = /\{"kind":"user","name":"[^"]*","id":"[^"]*"\}/g;

/** The names of those that `presence` in a frame lists. */
const PRESENCE = /"presence":\[.*?\]/;

/** Records which accounts and conversations a guest learns of, in any field. */
export class GuestRecorder {
  readonly #sink: RecordSink;
  readonly #who: { readonly client: string; readonly account: AccountId };
  readonly #subjects: Subjects;
  readonly #learned = new Map<string, Set<string>>();
  #connectedAt = 0;

  constructor(
    sink: RecordSink,
    who: { readonly client: string; readonly account: AccountId },
    subjects: Subjects,
  ) {
    this.#sink = sink;
    this.#who = who;
    this.#subjects = subjects;
  }

  /** Records that the guest opens a connection. */
  connects(): void {
    this.#connectedAt = this.#sink.now;
  }

  /** Records a frame from the server, as far as it names something for the first time. */
  frame(text: string): void {
    const by = /^\{"op":"(\w+)"/.exec(text)?.[1] ?? 'frame';
    const learned = this.#learned.get(by) ?? new Set();
    this.#learned.set(by, learned);
    const ids = this.#in(text).filter((id) => !learned.has(id));
    for (const id of ids) learned.add(id);
    this.#add(by, ids, null, false);
    const present = by === 'ready' ? PRESENCE.exec(text)?.[0] : undefined;
    if (present) this.#add('presence in ready', this.#in(present), this.#connectedAt, true);
  }

  /** Records the answer to a request that was sent at `since`. */
  answer({ by, scope }: Pick<Look, 'by' | 'scope'>, since: number, answer: unknown): void {
    const ids = this.#in(JSON.stringify(answer) ?? '');
    this.#add(by, ids, scope === 'left' ? null : since, scope === 'current');
  }

  #in(text: string): string[] {
    const mentioned = (text.replace(MENTIONED, '').match(SUBJECT) ?? []).flatMap(
      (name) => this.#subjects.get(name.toLowerCase()) ?? [],
    );
    return [...new Set(mentioned)].filter((id) => id !== this.#who.account);
  }

  #add(by: string, ids: readonly string[], since: number | null, isNow: boolean): void {
    if (ids.length === 0) return;
    this.#sink.add({ kind: 'told', ...this.#who, by, ids, since, isNow, t: this.#sink.now });
  }
}
