import type { Page } from 'playwright-core';
import { tokenOf } from './api.ts';

/**
 * Posts `entry 1 of COUNT` and so on with the session of the page: some concurrently, so that
 * neighbors may be swapped, except for the first and the last one.
 */
export async function postMany(page: Page, conversation: string, count: number): Promise<void> {
  const bodies = Array.from({ length: count }, (_, i) => `entry ${i + 1} of ${count}`);
  const groups = [bodies.slice(0, 1)];
  for (let n = 1; n < count - 1; n += 6) groups.push(bodies.slice(n, Math.min(n + 6, count - 1)));
  groups.push(bodies.slice(Math.max(1, count - 1)));
  await postGroups(page, conversation, groups);
}

/** Posts messages in sequence with the session of the page; in a thread, if its root is given. */
export async function postBodies(
  page: Page,
  conversation: string,
  bodies: readonly string[],
  thread?: number,
): Promise<void> {
  await postGroups(
    page,
    conversation,
    bodies.map((body) => [body]),
    thread,
  );
}

/**
 * Posts groups of messages in sequence, and those of a group concurrently. The requests are not
 * sent by the page, which is busy showing what arrives.
 */
async function postGroups(
  page: Page,
  conversation: string,
  groups: readonly (readonly string[])[],
  thread?: number,
): Promise<void> {
  const token = await tokenOf(page);
  const post = async (body: string) => {
    const url = new URL(`/api/v1/conversations/${conversation}/messages`, page.url());
    const posted = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ body, thread }),
    });
    if (!posted.ok) throw new Error(`${posted.status} ${await posted.text()}`);
    await posted.body?.cancel();
  };
  for (const group of groups) await Promise.all(group.map(post));
}

/**
 * Posts messages of many lengths at a steady rate through the API of the page’s own session. Returns
 * how many were stored.
 */
export function postSteadily(
  page: Page,
  conversation: string,
  perSecond: number,
  seconds: number,
): Promise<number> {
  return page.evaluate(
    async ([id, rate, time]) => {
      const answer = await fetch('/api/v1/auth/token', { method: 'POST' });
      const { accessToken } = (await answer.json()) as { accessToken: string };
      const post = async (n: number) => {
        const length = n % 11 === 0 ? 300 : n % 3 === 0 ? 20 : 3;
        const posted = await fetch(`/api/v1/conversations/${id}/messages`, {
          method: 'POST',
          headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
          body: JSON.stringify({ body: `steady ${n} ${'word '.repeat(length)}` }),
        });
        if (!posted.ok) throw new Error(String(posted.status));
      };
      let n = 0;
      const started = performance.now();
      const answers: Promise<void>[] = [];
      while (performance.now() - started < time * 1_000) {
        answers.push(post(n++));
        // No more concurrent requests than a browser sends.
        if (answers.length >= 6) await answers.shift();
        const next = started + (n * 1_000) / rate;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
      }
      await Promise.all(answers);
      return n;
    },
    [conversation, perSecond, seconds] as const,
  );
}
