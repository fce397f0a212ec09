import type { AccountId, Seq, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { testLog } from '../../test/support/database.ts';
import { EventLog } from '../../test/support/event-log.ts';
import { RecordingSink } from '../../test/support/sink.ts';
import { upTo } from '../../test/support/stream-builders.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { Hub } from './hub.ts';
import type { StoredEvent } from './record.ts';
import { Subscription } from './subscription.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const stream = '01890000-0000-7000-8000-000000000001' as StreamId;

/** What happens to a committed range, to a socket, or between nodes. */
type Step =
  | { readonly kind: 'commit'; readonly events: number; readonly fate: 'now' | 'twice' | 'later' }
  | { readonly kind: 'commit'; readonly events: number; readonly fate: 'lost' }
  | { readonly kind: 'late'; readonly pick: number }
  | { readonly kind: 'hint'; readonly below: number }
  | { readonly kind: 'congest' | 'drain'; readonly socket: 0 | 1 | 2 }
  | { readonly kind: 'turns'; readonly turns: number };

const aStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('commit' as const),
    events: fc.integer({ min: 1, max: 5 }),
    fate: fc.constantFrom('now' as const, 'twice' as const, 'later' as const),
  }),
  fc.record({
    kind: fc.constant('commit' as const),
    events: fc.integer({ min: 1, max: 5 }),
    fate: fc.constant('lost' as const),
  }),
  fc.record({ kind: fc.constant('late' as const), pick: fc.nat(9) }),
  fc.record({ kind: fc.constant('hint' as const), below: fc.nat(3) }),
  fc.record({
    kind: fc.constantFrom('congest' as const, 'drain' as const),
    socket: fc.constantFrom(0 as const, 1 as const, 2 as const),
  }),
  fc.record({ kind: fc.constant('turns' as const), turns: fc.integer({ min: 1, max: 3 }) }),
);

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('each subscription receives each seq once, in order, and is live exactly at the head', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(aStep, { maxLength: 40 }), async (steps) => {
      const log = new EventLog();
      const hub = new Hub({ reader: log, log: testLog, visibility: EVENT_VISIBILITY });
      log.onRead = async () => void (await turn());
      const sockets = [0, 1, 2].map(() => {
        const sink = new RecordingSink(hub, ann);
        const subscription = new Subscription(stream, sink, { cursor: 0 as Seq });
        hub.subscribe(subscription, 0 as Seq);
        return { sink, subscription };
      });
      const held: (readonly StoredEvent[])[] = [];
      let head = 0;
      const check = () => {
        const topic = hub.topic(stream);
        expect(topic?.head).toBeGreaterThanOrEqual(head);
        head = topic?.head ?? 0;
        for (const { sink, subscription } of sockets) {
          expect(sink.seqs).toEqual(upTo(sink.received.length));
          expect(subscription.cursor).toBe(sink.received.length);
          const isLive = topic?.live.has(subscription);
          expect(topic?.behind.has(subscription)).toBe(!isLive);
          if (isLive) expect(subscription.cursor).toBe(head);
          // A drained or written socket is classified again.
          else if (!sink.congested && sink.resume.idle) expect(subscription.cursor).not.toBe(head);
        }
      };
      for (const step of steps) {
        if (step.kind === 'commit') {
          const events = upTo(step.events).map(() =>
            log.append(stream, { type: 'message.posted', data: { body: 'text' }, actor: ann }),
          );
          if (step.fate === 'later') held.push(events);
          if (step.fate === 'now' || step.fate === 'twice') hub.publish(events);
          if (step.fate === 'twice') hub.receive(stream, events);
        } else if (step.kind === 'late') {
          const [range] = held.splice(step.pick % Math.max(1, held.length), 1);
          if (range) hub.receive(stream, range);
        } else if (step.kind === 'hint') {
          hub.hint(stream, Math.max(0, log.head(stream) - step.below) as Seq);
        } else if (step.kind === 'turns') {
          for (let n = 0; n < step.turns; n++) await turn();
        } else {
          sockets[step.socket]?.sink.setCongested(step.kind === 'congest');
        }
        check();
      }
      for (const { sink } of sockets) sink.setCongested(false);
      hub.hint(stream, log.head(stream));
      const isComplete = () => sockets.every((s) => s.sink.received.length >= log.head(stream));
      for (let n = 0; n < 1_000 && !isComplete(); n++) await turn();
      for (let n = 0; n < 3; n++) await turn();
      check();
      for (const { sink, subscription } of sockets) {
        expect(sink.seqs).toEqual(upTo(log.head(stream)));
        expect(hub.topic(stream)?.live.has(subscription)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
