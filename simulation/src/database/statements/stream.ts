import { databaseError } from '../tables/errors.ts';
import { UPDATE } from '../tables/row.ts';
import type { EventRow } from '../tables/rows.ts';
import {
  changed,
  listForms,
  ms,
  reads,
  type Statement,
  selected,
  time,
  writes,
} from './statement.ts';

/** The statements of stream/: locks, repeated commands, events. */
export const streamStatements: readonly Statement[] = [
  writes(
    'batch-lock',
    '83156349f6d7',
    function* (tx, [ids]) {
      const { streamsById } = tx.tables;
      const found = [...new Set(ids as string[])]
        .sort()
        .flatMap((id) => tx.rows(streamsById.find(id)));
      const rows: object[] = [];
      for (const row of found) {
        const stream = yield* tx.lock(row, UPDATE);
        if (!stream) continue;
        rows.push({ id: stream.id, last_seq: stream.last_seq, last_at: time(stream.last_at) });
      }
      return selected(rows);
    },
    { columns: ['id', 'last_seq', 'last_at'] },
  ),

  ...listForms(
    reads(
      'batch-repeated',
      '44ad3e92f907',
      (tx, values) => {
        const [actors, clients] = values as [string[], string[]];
        const { eventsByCommand, unchangedByCommand } = tx.tables;
        const events = actors.flatMap((actor, n) =>
          tx.all(eventsByCommand, actor + clients[n]).map((e) => ({
            n: n + 1,
            stream_id: e.stream_id,
            seq: e.seq,
            type: e.type,
            at: time(e.at),
            command_digest: e.command_digest,
          })),
        );
        const unchanged = actors.flatMap((actor, n) =>
          tx.all(unchangedByCommand, actor + clients[n]).map((u) => ({
            n: n + 1,
            stream_id: u.stream_id,
            seq: u.seq,
            type: null,
            at: null,
            command_digest: u.command_digest,
          })),
        );
        return [...events, ...unchanged];
      },
      ['n', 'stream_id', 'seq', 'type', 'at', 'command_digest'],
    ),
    '1c9cfb6192cd',
  ),

  writes('batch-unchanged', '6580af253563', function* (tx, values) {
    const [actor_id, client_id, stream_id, seq, command_digest] = values as [
      string,
      string,
      string,
      number,
      Buffer,
    ];
    const row = { actor_id, client_id, stream_id, seq: Number(seq), command_digest };
    yield* tx.insert(tx.tables.unchanged, row);
    return changed('INSERT', 1);
  }),

  writes('batch-hold-id', '63c692ca02c1', function* (tx, values) {
    const [stream_id, seq, actor_id, client_id] = values as [string, string, string, string];
    yield* tx.insert(tx.tables.events, {
      stream_id,
      seq: Number(seq),
      type: '',
      actor_id,
      client_id,
      at: tx.startedAt,
      data: 'null',
      command_digest: null,
    });
    return changed('INSERT', 1);
  }),

  writes('batch-release-place', '15082b85bb6f', function* (tx, values) {
    const [stream, seq] = values as [string, string];
    const { events, eventsByPlace } = tx.tables;
    const place = Number(seq);
    const found = tx.rows(eventsByPlace.from(stream, place), (e) => e.seq === place);
    return changed('DELETE', yield* tx.delete(events, found));
  }),

  writes('stream-create', '380f05da9a24', function* (tx, [id, kind]) {
    const row = { id: id as string, kind: kind as string, last_seq: 0, last_at: 0 };
    yield* tx.insert(tx.tables.streams, row);
    return changed('INSERT', 1);
  }),

  ...listForms(
    writes('stream-flush', 'da073daa83e1', function* (tx, values) {
      const [ids, befores, afters, ats] = values as [string[], number[], number[], string[]];
      const { streams, streamsById } = tx.tables;
      const found = ids.map((id, n) =>
        tx.rows(streamsById.find(id), (s) => s.last_seq === befores[n]),
      );
      let advanced = 0;
      for (const [n, rows] of found.entries()) {
        const at = { last_seq: afters[n] as number, last_at: ms(ats[n] as string) };
        const written = yield* tx.update(
          streams,
          rows,
          (s) => s.last_seq === befores[n],
          (s) => ({ ...s, ...at }),
        );
        advanced += written.length;
      }
      if (advanced !== ids.length) throw databaseError('22012', 'division by zero');
      for (const event of eventsOf(values.slice(4))) yield* tx.insert(tx.tables.events, event);
      return selected([{ all_advanced: 1 }]);
    }),
    '27cb255e9759',
  ),

  ...listForms(
    reads('stream-check-ids', 'ce046fadbcff', (tx, values) => {
      const [actors, clients] = values as [string[], (string | null)[]];
      for (const [n, client] of clients.entries()) {
        if (client === null) continue;
        // It sees what was committed while the insert of the events waited.
        if (tx.one(tx.tables.unchangedByCommand, (actors[n] as string) + client)) {
          throw databaseError('23505', 'the id of a command was used by another one');
        }
      }
      return [];
    }),
    '99519ff28dda',
  ),

  reads('stream-read-events', 'c087a68c446a', (tx, values) => {
    const [stream, after, upTo, limit] = values as [string, number, number, number];
    const rows: object[] = [];
    for (const row of tx.tables.eventsByPlace.from(stream, after + 1)) {
      const e = tx.see(row);
      if (!e) continue;
      if (e.seq > upTo || rows.length >= limit) break;
      const { stream_id, seq, type, actor_id, client_id, at, data } = e;
      rows.push({ stream_id, seq, type, actor_id, client_id, at: time(at), data });
    }
    return rows;
  }),

  reads('stream-read-heads', 'eee504ef3b52', (tx, [ids]) =>
    [...new Set(ids as string[])].flatMap((id) => {
      const stream = tx.one(tx.tables.streamsById, id);
      return stream ? [{ id, last_seq: stream.last_seq }] : [];
    }),
  ),
];

/** Returns the events that `stream-flush` inserts. */
function eventsOf(values: readonly unknown[]): EventRow[] {
  const [streams, seqs, types, actors, clients, ats, datas, digests] = values as [
    string[],
    number[],
    string[],
    string[],
    (string | null)[],
    string[],
    string[],
    (Buffer | null)[],
  ];
  return streams.map((stream_id, n) => ({
    stream_id,
    seq: seqs[n] as number,
    type: types[n] as string,
    actor_id: actors[n] as string,
    client_id: clients[n] as string | null,
    at: ms(ats[n] as string),
    data: datas[n] as string,
    command_digest: digests[n] as Buffer | null,
  }));
}
