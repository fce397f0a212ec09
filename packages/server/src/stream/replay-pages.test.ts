import type { AccountId, Seq, StreamId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { EventLog } from '../../test/support/event-log.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { ReplayPages } from './replay-pages.ts';
import { Topic } from './topic.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const stream = '01890000-0000-7000-8000-000000000001' as StreamId;

/** Pages of a log of events with texts of these lengths. */
function pagesOf(lengths: readonly number[]) {
  const log = new EventLog();
  for (const length of lengths) {
    const data = { body: 'x'.repeat(length) };
    log.append(stream, { type: 'message.posted', data, actor: ann });
  }
  const topic = new Topic(stream, log.head(stream), EVENT_VISIBILITY);
  const pages = new ReplayPages(log);
  const read = async (after: number, upTo = lengths.length) => {
    const page = await pages.read(topic, after as Seq, upTo as Seq);
    return page && [page.first, page.last];
  };
  /** Publishes another event. */
  const post = () => {
    const data = { body: 'published' };
    topic.advance([log.append(stream, { type: 'message.posted', data, actor: ann })]);
  };
  return { log, read, post };
}

test('a page has 100 events, or what is left of them', async () => {
  const { log, read } = pagesOf(Array.from({ length: 150 }, () => 10));
  expect(await read(0)).toEqual([1, 100]);
  expect(await read(100)).toEqual([101, 150]);
  expect(await read(0, 30)).toEqual([1, 30]);
  expect(await read(150)).toBeNull();
  expect(log.reads.map(({ after, upTo }) => [after, upTo])).toEqual([
    [0, 100],
    [100, 150],
    [0, 30],
    [150, 150],
  ]);
});

test('a page is cut at about 128 KiB, and has at least one event', async () => {
  const { read } = pagesOf([300_000, 60_000, 60_000, 60_000, 10]);
  expect(await read(0)).toEqual([1, 1]);
  expect(await read(1)).toEqual([2, 3]);
  expect(await read(3)).toEqual([4, 5]);
});

test('fewer events are read after a page that was cut, and more again after full ones', async () => {
  const { log, read } = pagesOf([
    ...Array.from({ length: 10 }, () => 40_000),
    ...Array.from({ length: 300 }, () => 10),
  ]);
  let after = 0;
  for (let page = await read(after); page; page = await read(after)) after = page[1] as number;
  expect(after).toBe(310);
  const sizes = log.reads.map((range) => range.upTo - range.after);
  // Three events of 40 kB fit. Each full page doubles the size, up to 100.
  expect(sizes.slice(0, 4)).toEqual([100, 6, 6, 6]);
  expect(Math.max(...sizes.slice(4))).toBe(100);
});

test('a page is read again after its read has ended', async () => {
  const { log, read } = pagesOf([1, 2, 3]);
  await Promise.all([read(0), read(0), read(1)]);
  expect(log.reads).toHaveLength(2);
  await read(0);
  expect(log.reads).toHaveLength(3);
});

test('a page is not shared with a reader that comes after another event', async () => {
  const { log, read, post } = pagesOf(Array.from({ length: 150 }, () => 10));
  const first = read(0);
  // It may have redacted a text that the first read returns.
  post();
  await Promise.all([first, read(0), read(0)]);
  expect(log.reads).toHaveLength(2);
});
