import { of } from '@parley/chaos/checker/checker';
import type { HistoryRecord } from '@parley/chaos/history/history';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Characters of a line. */
const WIDTH = 150;

/** Short names of ids, given in the order in which they are seen. */
export class Names {
  readonly #names = new Map<string, string>();

  /** Gives an id its own name. */
  set(id: string, name: string): void {
    this.#names.set(id, name);
  }

  /** Returns the name of an id. */
  of(id: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = `#${this.#names.size}`;
    this.#names.set(id, name);
    return name;
  }

  /** Replaces all ids in a text. */
  in(text: string): string {
    return text.replace(UUID, (id) => this.of(id));
  }
}

/** What happened in a run, line by line: when, to whom, what. */
export class Trace {
  readonly names = new Names();
  readonly #lines: string[] = [];

  add(at: number, who: string, what: string): void {
    const text = this.names.in(what).replace(/[{}"]/g, '').replaceAll(',', ' ');
    const line = `${at.toFixed(3).padStart(10)}  ${who.padEnd(14)}  ${text}`;
    this.#lines.push(line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }
}

/** Returns a table of the commands of a run: who sent, where it is stored, who received it when (ms). */
export function tableOf(records: readonly HistoryRecord[], names: Names): string[] {
  const clients = [...new Set(of(records, 'start').map((record) => record.client))].sort();
  const stored = new Map<string, string>();
  for (const { events } of of(records, 'log')) {
    for (const { client, stream, seq } of events) {
      if (client !== null) stored.set(client, `${names.of(stream)} ${seq}`);
    }
  }
  const answers = new Map<string, string>();
  for (const record of records) {
    if (record.kind === 'ack') answers.set(record.id, `${ms(record.t)} ack ${record.seq}`);
    if (record.kind === 'nack') answers.set(record.id, `${ms(record.t)} ${record.code}`);
  }
  const received = new Map<string, string>();
  for (const { client, event, t } of of(records, 'event')) {
    const key = `${event.client} ${client}`;
    received.set(key, received.has(key) ? `${received.get(key)}+${ms(t)}` : ms(t));
  }
  const rows = of(records, 'invoke').map(({ id, client, op, conversation, text, message, t }) => {
    const what = [op, names.of(conversation), message, text?.slice(0, 16)];
    return [
      ms(t),
      names.of(id),
      client.split(/[!~]/)[0] as string,
      what.filter((part) => part !== undefined).join(' '),
      stored.get(id) ?? '-',
      answers.get(id) ?? '-',
      ...clients.map((name) => received.get(`${id} ${name}`) ?? '-'),
    ];
  });
  return aligned([['sent', 'id', 'by', 'what', 'stored', 'answer', ...clients], ...rows]);
}

const ms = (t: number): string => String(Math.round(t));

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
