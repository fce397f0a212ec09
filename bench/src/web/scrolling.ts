import { setTimeout as pause } from 'node:timers/promises';
import type { ConversationId } from '@parley/protocol';
import { type OpenPage, openConversation, whenIdle } from './page.ts';

/** How far and how fast the list is scrolled, px and px/s: 600 messages and more, most of which are loaded meanwhile. */
const DISTANCE = 30_000;
const SPEED = 3_000;
/** How long images are held back, ms. */
const IMAGES_MS = 1_500;

/** What scrolling through a long conversation showed. */
export interface ScrollFigures {
  /** The times between frames, ms. */
  readonly frames: readonly number[];
  /** The largest number of messages in the page. */
  readonly nodes: number;
}

/** Scrolls a conversation up by the wheel, from its end. */
export async function scroll(
  { page, devtools }: OpenPage,
  id: ConversationId,
): Promise<ScrollFigures> {
  await openConversation(page, id);
  await whenIdle(page);
  const frames = page.evaluate(
    (ms) =>
      new Promise<{ frames: number[]; nodes: number }>((resolve) => {
        const frames: number[] = [];
        let nodes = 0;
        let last = performance.now();
        const startedAt = last;
        const frame = () => {
          const now = performance.now();
          frames.push(now - last);
          last = now;
          nodes = Math.max(nodes, document.getElementsByTagName('article').length);
          if (now - startedAt < ms) requestAnimationFrame(frame);
          else resolve({ frames, nodes });
        };
        requestAnimationFrame(frame);
      }),
    (DISTANCE / SPEED) * 1_000,
  );
  await devtools.send('Input.synthesizeScrollGesture', {
    x: 900,
    y: 400,
    yDistance: DISTANCE,
    speed: SPEED,
    gestureSourceType: 'mouse',
  });
  return await frames;
}

/** Returns how far the first visible text moves when the images of a conversation load, after it was scrolled up. */
export async function imageShift({ page }: OpenPage, id: ConversationId): Promise<number> {
  await page.route(/\/files\//, async (route) => {
    await pause(IMAGES_MS);
    await route.continue();
  });
  await openConversation(page, id);
  await page.mouse.move(900, 400);
  for (let n = 0; n < 8; n++) {
    await page.mouse.wheel(0, -150);
    await page.waitForTimeout(50);
  }
  const topOf = () =>
    page.evaluate(() => {
      const list = document.querySelector('[role="log"]') as HTMLElement;
      const edge = list.getBoundingClientRect().top;
      const tops = [...list.querySelectorAll('article')].map((one) => ({
        label: one.getAttribute('aria-label') ?? '',
        top: one.getBoundingClientRect().top,
      }));
      return tops.filter(({ top }) => top >= edge);
    });
  const before = await topOf();
  await whenIdle(page);
  const images = await page.evaluate(
    () =>
      [...document.querySelectorAll('article img')].filter(
        (one) => (one as HTMLImageElement).complete,
      ).length,
  );
  if (images === 0) throw new Error('No image was loaded');
  const after = await topOf();
  const first = before[0];
  const moved = after.find(({ label }) => label === first?.label);
  if (!first || !moved) return Number.POSITIVE_INFINITY;
  return Math.abs(moved.top - first.top);
}
