import type { ConversationId } from '@parley/protocol';
import type { Page } from 'playwright-core';

/** Pause between two switches, ms: longer than what a switch leaves to do. */
const PAUSE_MS = 400;

/**
 * Switches between conversations by their rows in the sidebar, `times` times, after each was opened once. Returns for
 * each switch the time from the click to the frame that shows the messages of the other conversation, ms.
 */
export async function switchTimes(
  page: Page,
  visited: readonly { id: ConversationId; name: string }[],
  times: number,
): Promise<number[]> {
  // The rows of a long sidebar are rendered some at a time after the start.
  for (const { id } of visited) await page.locator(rowOf(id)).waitFor({ state: 'attached' });
  const figures: number[] = [];
  for (let n = 0; n < visited.length + times; n++) {
    const next = visited[n % visited.length] as { id: ConversationId; name: string };
    const ms = await page.evaluate(switchTo, next);
    if (n >= visited.length) figures.push(ms);
    await page.waitForTimeout(PAUSE_MS);
  }
  return figures;
}

const rowOf = (id: ConversationId): string => `[data-row="${id}"] a`;

/** Runs in the page. */
async function switchTo({ id, name }: { id: string; name: string }): Promise<number> {
  const painted = () =>
    new Promise<void>((resolve) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve();
        port2.postMessage(null);
      });
    });
  const isShown = () => {
    const list = document.querySelector('[role="log"]');
    if (!list?.getAttribute('aria-label')?.includes(name)) return false;
    const edge = list.getBoundingClientRect();
    return [...list.querySelectorAll('article')].some((article) => {
      const { top, bottom } = article.getBoundingClientRect();
      return (
        getComputedStyle(article).visibility === 'visible' && top < edge.bottom && bottom > edge.top
      );
    });
  };
  const link = document.querySelector<HTMLElement>(`[data-row="${id}"] a`);
  if (!link) throw new Error(`${name} is not in the sidebar`);
  const startedAt = performance.now();
  link.click();
  for (;;) {
    await painted();
    const shownAt = performance.now();
    if (isShown()) return shownAt - startedAt;
    if (shownAt - startedAt > 10_000) throw new Error(`${name} was not shown`);
  }
}
