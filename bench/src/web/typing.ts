import type { Page } from 'playwright-core';

/** Pause between two keys, ms. */
const KEY_MS = 120;

/** Returns the times from each key press to the frame that shows its letter, ms. The focus is in a text field. */
export async function keyTimes(page: Page, count: number): Promise<number[]> {
  await page.evaluate(() => {
    const times: number[] = [];
    const onKey = (event: KeyboardEvent) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => times.push(performance.now() - event.timeStamp);
        port2.postMessage(null);
      });
    };
    Object.assign(window, { benchKeys: { times, onKey } });
    window.addEventListener('keydown', onKey, true);
  });
  for (let n = 0; n < count; n++) {
    await page.keyboard.press('abcdefghij'[n % 10] as string);
    await page.waitForTimeout(KEY_MS);
  }
  return await page.evaluate(() => {
    const { benchKeys } = window as unknown as {
      benchKeys: { times: number[]; onKey: (event: KeyboardEvent) => void };
    };
    window.removeEventListener('keydown', benchKeys.onKey, true);
    return benchKeys.times;
  });
}

/** Sends messages, and returns for each the number of frames after the key press up to the one that shows it. */
export async function ownMessageFrames(page: Page, count: number): Promise<number[]> {
  const figures: number[] = [];
  const field = page.getByRole('textbox', { name: /^Message / });
  for (let n = 0; n < count; n++) {
    const text = `own message ${n} ${Date.now()}`;
    await field.fill(text);
    await page.evaluate((text) => {
      const shown = new Promise<number>((resolve) => {
        window.addEventListener(
          'keydown',
          () => {
            let frames = 0;
            // After the frame is rendered: the list shows a new row once it has measured it.
            const afterFrame = () =>
              requestAnimationFrame(() => {
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = look;
                port2.postMessage(null);
              });
            const look = () => {
              frames++;
              const articles = [...document.querySelectorAll('article')].slice(-3);
              const isShown = articles.some(
                (one) =>
                  one.textContent?.includes(text) && getComputedStyle(one).visibility === 'visible',
              );
              if (isShown || frames > 600) resolve(frames);
              else afterFrame();
            };
            afterFrame();
          },
          { capture: true, once: true },
        );
      });
      Object.assign(window, { benchShown: shown });
    }, text);
    await field.press('Enter');
    figures.push(
      await page.evaluate(() => (window as unknown as { benchShown: Promise<number> }).benchShown),
    );
    await page.waitForTimeout(200);
  }
  return figures;
}
