import type { AccountId, Seq, StreamId } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { EventLog } from '../../test/support/event-log.ts';
import { until } from '../../test/support/sink.ts';
import { upTo } from '../../test/support/stream-builders.ts';
import { testLog } from '../../test/support/test-log.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { HeadComparison } from './head-comparison.ts';
import { Topic } from './topic.ts';
import { TopicFeed } from './topic-feed.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const stream = '01890000-0000-7000-8000-000000000001' as StreamId;

/** A feed over a log of events that exist in the database, at the head 0. */
function aFeed(events: number) {
  const log = new EventLog();
  const stored = upTo(events).map(() =>
    log.append(stream, { type: 'message.posted', data: { body: 'text' }, actor: ann }),
  );
  const delivered: string[] = [];
  let gaps = 0;
  let late = 0;
  const hooks = { onDelivered: (): void => undefined };
  const topic = new Topic(stream, 0 as Seq, EVENT_VISIBILITY);
  const feed = new TopicFeed(topic, {
    reader: log,
    log: testLog,
    deliver: (to, range, source) => {
      delivered.push(...range.map((e) => `${e.seq} ${source}`));
      to.advance(range);
      hooks.onDelivered();
    },
    onGap: () => {
      gaps++;
    },
    onLate: (count) => {
      late += count;
    },
  });
  /** The events from one seq to another. */
  const range = (from: number, to: number) => stored.slice(from - 1, to);
  return { log, feed, topic, delivered, range, gaps: () => gaps, late: () => late, hooks };
}

describe('a feed', () => {
  test('delivers only the part of a range after the head', () => {
    const { feed, delivered, range } = aFeed(5);
    feed.receive(range(1, 3), 'here', 'read');
    feed.receive(range(2, 4), 'broker', 'read');
    feed.receive(range(1, 4), 'broker', 'read');
    feed.receive([], 'broker', 'read');
    feed.receive(range(5, 5), 'here', 'read');
    expect(delivered).toEqual(['1 here', '2 here', '3 here', '4 broker', '5 here']);
  });

  test('holds a range behind a gap until the gap has arrived, and reads nothing', () => {
    const { log, feed, delivered, range, gaps } = aFeed(6);
    feed.receive(range(5, 6), 'here', 'wait');
    feed.receive(range(2, 3), 'broker', 'wait');
    expect(delivered).toEqual([]);
    feed.receive(range(1, 1), 'broker', 'wait');
    expect(delivered).toEqual(['1 broker', '2 broker', '3 broker']);
    feed.receive(range(4, 4), 'broker', 'wait');
    expect(delivered.slice(3)).toEqual(['4 broker', '5 here', '6 here']);
    expect([log.reads.length, gaps()]).toEqual([0, 0]);
  });

  test('reads a gap that does not arrive', async () => {
    const { log, feed, delivered, range, gaps } = aFeed(4);
    feed.receive(range(3, 3), 'here', 'wait');
    await until(() => delivered.length === 3, 'the gap');
    expect(delivered).toEqual(['1 database', '2 database', '3 database']);
    expect(log.reads).toEqual([{ stream, after: 0, upTo: 3 }]);
    expect(gaps()).toBe(1);
    await feed.filling;
    feed.receive(range(4, 4), 'here', 'wait');
    expect(delivered.at(-1)).toBe('4 here');
  });

  describe('counts as late a gap', () => {
    /** A feed that has read the events 1 to 3 and 5 to 6, which had not arrived. */
    const afterTwoGaps = async () => {
      const { feed, delivered, range, ...rest } = aFeed(8);
      for (const [seq, all] of [
        [4, 4],
        [7, 7],
      ] as const) {
        feed.receive(range(seq, seq), 'here', 'wait');
        await until(() => delivered.length === all, 'the gap');
        await feed.filling;
      }
      return { feed, range, ...rest };
    };

    test('whose events all arrive later', async () => {
      const { feed, range, gaps, late } = await afterTwoGaps();
      feed.receive(range(1, 2), 'broker', 'wait');
      feed.receive(range(1, 2), 'broker', 'wait');
      feed.receive(range(6, 6), 'broker', 'wait');
      expect([gaps(), late()]).toEqual([2, 0]);
      feed.receive(range(3, 3), 'broker', 'wait');
      expect(late()).toBe(1);
      feed.receive(range(5, 5), 'broker', 'wait');
      feed.receive(range(5, 5), 'broker', 'wait');
      expect([gaps(), late()]).toEqual([2, 2]);
    });

    test('whose events arrive while it is filled', async () => {
      const { feed, delivered, range, gaps, late } = aFeed(34);
      for (let n = 2; n <= 34; n += 2) feed.receive(range(n, n), 'here', 'wait');
      expect(feed.filling).not.toBeNull();
      for (let n = 1; n <= 33; n += 2) feed.receive(range(n, n), 'broker', 'wait');
      await feed.filling;
      expect(delivered.at(-1)).toBe('34 database');
      expect([gaps(), late()]).toEqual([1, 1]);
    });

    test('that the comparison of heads has found', async () => {
      const { feed, range, late } = aFeed(3);
      feed.receive(range(2, 2), 'here', 'wait');
      feed.missed(3 as Seq);
      await feed.filling;
      feed.receive(range(1, 1), 'broker', 'wait');
      expect(late()).toBe(0);
      feed.receive(range(3, 3), 'broker', 'wait');
      expect(late()).toBe(1);
    });

    test('but not one whose events come from this node, or never', async () => {
      const { feed, range, gaps, late } = await afterTwoGaps();
      feed.receive(range(1, 3), 'here', 'wait');
      feed.close();
      expect([gaps(), late()]).toEqual([2, 0]);
    });
  });

  test('reads at once if it may not hold, or if too many ranges are held', async () => {
    const { log, feed, delivered, range } = aFeed(40);
    feed.receive(range(2, 2), 'broker', 'read');
    expect(log.reads).toHaveLength(1);
    await feed.filling;
    expect(delivered).toEqual(['1 database', '2 database']);
    for (let n = 4; n <= 34; n += 2) feed.receive(range(n, n), 'broker', 'wait');
    expect(log.reads).toHaveLength(1);
    feed.receive(range(36, 36), 'broker', 'wait');
    expect(log.reads.slice(1)).toEqual([{ stream, after: 2, upTo: 36 }]);
    await feed.filling;
    expect(delivered.at(-1)).toBe('36 database');
  });

  test('reads up to the last held range if one of them cannot wait', async () => {
    const { log, feed, delivered, range, gaps } = aFeed(9);
    feed.receive(range(8, 9), 'here', 'wait');
    feed.receive(range(5, 5), 'broker', 'read');
    expect(log.reads).toEqual([{ stream, after: 0, upTo: 9 }]);
    expect(gaps()).toBe(1);
    await feed.filling;
    expect(delivered).toEqual(upTo(9).map((seq) => `${seq} database`));
  });

  test('delivers each seq of overlapping held ranges once', () => {
    const { log, feed, delivered, range } = aFeed(7);
    feed.receive(range(3, 5), 'here', 'wait');
    feed.receive(range(3, 4), 'broker', 'wait');
    feed.receive(range(5, 7), 'broker', 'wait');
    feed.receive(range(1, 3), 'broker', 'wait');
    expect(delivered.map((each) => Number.parseInt(each, 10))).toEqual(upTo(7));
    expect(log.reads).toEqual([]);
  });

  test('reads a large gap in pages, up to the highest seq that was announced', async () => {
    const { log, feed, topic } = aFeed(1_200);
    log.onRead = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      feed.announce(700 as Seq);
    };
    feed.announce(1_200 as Seq);
    await feed.filling;
    expect(topic.head).toBe(1_200);
    expect(log.reads.map(({ after }) => after)).toEqual([0, 500, 1_000]);
  });

  test('does not retry a read that failed or found nothing before the next announcement', async () => {
    const { log, feed, topic } = aFeed(2);
    log.failures = 1;
    feed.announce(2 as Seq);
    await feed.filling;
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(log.reads).toHaveLength(1);
    feed.announce(5 as Seq);
    await feed.filling;
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    // The second page has none of what was announced.
    expect([topic.head, log.reads.length]).toEqual([2, 3]);
  });

  test('continues a gap fill up to what was announced meanwhile, and retries a failed one later', async () => {
    const { log, feed, topic, range } = aFeed(6);
    log.onRead = () => {
      log.onRead = () => undefined;
      feed.receive(range(5, 6), 'here', 'wait');
    };
    feed.announce(3 as Seq);
    await until(() => topic.head === 6, 'all events');
    await feed.filling;
    expect(log.reads.map((read) => read.upTo)).toEqual([3, 6]);

    log.append(stream, { type: 'message.posted', data: { body: 'text' }, actor: ann });
    log.failures = 1;
    feed.announce(7 as Seq);
    await feed.filling;
    expect(topic.head).toBe(6);
    feed.announce(7 as Seq);
    await feed.filling;
    expect(topic.head).toBe(7);
    feed.announce(7 as Seq);
    expect(feed.filling).toBeNull();
    // Announced, and not in the database.
    feed.announce(9 as Seq);
    await feed.filling;
    expect(topic.head).toBe(7);
  });

  test('reads what is announced in the moment in which a gap fill ends', async () => {
    const { feed, topic, range, hooks } = aFeed(4);
    hooks.onDelivered = () => {
      hooks.onDelivered = () => undefined;
      queueMicrotask(() => feed.receive(range(3, 4), 'here', 'wait'));
    };
    feed.announce(2 as Seq);
    await until(() => topic.head === 4, 'the later events');
  });

  test('delivers nothing after its end', async () => {
    const { log, feed, delivered, range } = aFeed(4);
    log.onRead = () => feed.close();
    feed.announce(2 as Seq);
    await feed.filling;
    feed.receive(range(1, 1), 'here', 'wait');
    feed.announce(4 as Seq);
    expect(feed.filling).toBeNull();
    expect(delivered).toEqual([]);
  });
});

describe('the comparison of heads', () => {
  function aComparison(events: number, intervalMs = 60_000) {
    const fed = aFeed(events);
    let missed = 0;
    const comparison = new HeadComparison({
      reader: fed.log,
      log: testLog,
      intervalMs: () => intervalMs,
      feeds: () => [fed.feed],
      onMissed: () => {
        missed++;
      },
    });
    return { ...fed, comparison, missed: () => missed };
  }

  test('the comparison of heads finds events that were not announced', async () => {
    const { comparison, topic, missed } = aComparison(3);
    await comparison.compare();
    await until(() => topic.head === 3, 'the events');
    expect(missed()).toBe(1);
    await comparison.compare();
    expect(missed()).toBe(1);
  });

  test('the comparison of heads waits for events that were just committed', async () => {
    const { comparison, feed, range, missed, log } = aComparison(3);
    const compared = comparison.compare();
    // Published after the comparison has read the heads.
    setTimeout(() => feed.receive(range(1, 3), 'here', 'wait'), 10);
    await compared;
    expect(missed()).toBe(0);
    expect(log.reads).toEqual([]);
  });

  test('the comparison of heads runs again after a request during it, and after a failure', async () => {
    const { comparison, topic, log, missed } = aComparison(1);
    log.failures = 1;
    await comparison.compare();
    expect(topic.head).toBe(0);
    const running = comparison.compare();
    setTimeout(() => {
      log.append(stream, { type: 'message.posted', data: { body: 'text' }, actor: ann });
      void comparison.compare();
    }, 10);
    await running;
    await until(() => topic.head === 2, 'the later event');
    expect(missed()).toBe(2);
  });

  test('the comparison of heads runs regularly between start and stop', async () => {
    const { comparison, topic, log } = aComparison(1, 5);
    comparison.start();
    await until(() => topic.head === 1, 'the event');
    log.append(stream, { type: 'message.posted', data: { body: 'text' }, actor: ann });
    await until(() => topic.head === 2, 'the next event');
    comparison.stop();
    comparison.stop();
    const compared = log.headReads.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(log.headReads).toHaveLength(compared);
  });

  test('the comparison of heads does not report events that are already being read', async () => {
    const { comparison, feed, topic, log, missed } = aComparison(2);
    let answer = () => {};
    log.onRead = () => new Promise<void>((resolve) => (answer = resolve));
    feed.announce(2 as Seq);
    await comparison.compare();
    expect([topic.head, missed()]).toEqual([0, 0]);
    answer();
    await feed.filling;
    expect(topic.head).toBe(2);
  });

  test('compares the heads of several new topics in one query, which may fail', async () => {
    const [one, two] = [aComparison(1), aComparison(2)];
    one.log.failures = 1;
    one.comparison.confirm(one.feed);
    await until(() => one.log.headReads.length === 1, 'the failed query');
    one.comparison.confirm(one.feed);
    one.comparison.confirm(two.feed);
    await until(() => one.topic.head === 1, 'the event');
    expect(one.log.headReads.map((streams) => streams.length)).toEqual([1, 2]);
    // At the head, nothing is announced.
    await one.comparison.compare();
    expect([one.log.reads.length, one.missed()]).toEqual([1, 0]);
  });

  test('announces events that were committed before the subscription to a new topic', async () => {
    const { comparison, feed, topic, missed } = aComparison(2);
    comparison.confirm(feed);
    comparison.confirm(feed);
    await until(() => topic.head === 2, 'the events');
    expect(missed()).toBe(0);
  });
});
