// `npm run screenshots`: makes docs/screenshots, pictures of the pages and states of the web client at three
// widths, light and dark, from a server with made-up data; and fails if axe finds anything on one of them, or a
// target smaller than 24 px. It warns of targets smaller than 44 px on a touch screen.
//   --only TEXT     only pages whose name contains TEXT; can be given several times
//   --width N       only this width; can be given several times
//   --theme NAME    only this theme
//   --out FOLDER    another folder, with pictures in full size and without the index page
//   --language TAG  the pages in another language of the web client, such as ar; needs --out
//   --url URL       a server that this script runs already, to make more of them at the same time
//   --data FOLDER   keeps the server's data there, and uses them again the next time
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { findChromium } from '../chromium.mjs';
import { root } from '../run.mjs';
import { Api, PASSWORD } from './api.mjs';
import { findingsOfAxe } from './axe.mjs';
import { fill } from './fill.mjs';
import { localize } from './localized.mjs';
import { PAGES } from './pages.mjs';
import { startServer } from './server.mjs';
import { smallTargets } from './targets.mjs';
import { shiftClock, timeOfScreenshots } from './time.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    width: { type: 'string', multiple: true },
    theme: { type: 'string', multiple: true },
    out: { type: 'string' },
    data: { type: 'string' },
    url: { type: 'string' },
    language: { type: 'string', default: 'en' },
  },
});

const FOLDER = join(root, 'docs/screenshots');
/** Together the pictures may not be larger: they are part of the repository. */
const BYTES_MAX = 4_500_000;
const DEVICES = [
  { width: 360, height: 740, touch: true },
  { width: 768, height: 1024, touch: false },
  { width: 1440, height: 900, touch: false },
].filter(({ width }) => options.width?.includes(String(width)) ?? true);
const THEMES = ['light', 'dark'].filter((theme) => options.theme?.includes(theme) ?? true);
const pages = PAGES.filter(({ name }) => options.only?.some((text) => name.includes(text)) ?? true);

const out = options.out ?? FOLDER;
mkdirSync(out, { recursive: true });
const now = timeOfScreenshots();
const shift = now - Date.now();
const data = options.data ?? mkdtempSync(join(tmpdir(), 'parley-screenshots-'));
mkdirSync(data, { recursive: true });
const isNew = readdirSync(data).length === 0;
const server =
  options.url === undefined
    ? await startServer({ data, shift })
    : { url: options.url, stop: () => Promise.resolve() };
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
});
const findings = [];
/** What should be better, but does not make the script fail. */
const warnings = [];
if (options.out === undefined) writeIndex();
try {
  if (isNew && options.url === undefined)
    await fill(server.url, now, (before) => server.setShift(shift - before));
  for (const touch of [true, false]) await takeAll(touch);
} finally {
  await browser.close();
  await server.stop();
  if (options.data === undefined) rmSync(data, { recursive: true, force: true });
}
for (const warning of warnings) console.warn(`warning: ${warning}`);
for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exitCode = 1;
if (options.out === undefined) {
  const bytes = readdirSync(out).reduce((sum, name) => sum + statSync(join(out, name)).size, 0);
  console.log(`${PAGES.length} pages, ${Math.round(bytes / 1000)} kB`);
  if (bytes > BYTES_MAX) {
    console.error(`docs/screenshots has more than ${BYTES_MAX} bytes`);
    process.exitCode = 1;
  }
}

/** Takes the pictures of all pages with a touch screen, or with a mouse. */
async function takeAll(touch) {
  const devices = DEVICES.filter((device) => device.touch === touch);
  if (devices.length === 0) return;
  for (const inside of [false, true]) {
    const wanted = pages.filter((page) => page.inside === inside);
    if (wanted.length === 0) continue;
    const context = await browser.newContext({
      baseURL: server.url,
      viewport: { width: devices[0].width, height: devices[0].height },
      locale: options.language === 'en' ? 'en-GB' : options.language,
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
      ...(touch && { hasTouch: true, isMobile: true, deviceScaleFactor: 1 }),
    });
    await context.addInitScript(shiftClock, shift);
    const page = await context.newPage();
    localize(page, options.language);
    if (inside) await logIn(page);
    for (const shot of wanted) await take(page, shot, devices);
    await context.close();
  }
}

/** Logs in as the user whose pages are shown. */
async function logIn(page) {
  await page.goto('/login');
  await page.getByLabel('Username or email').fill('nadia');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByRole('navigation', { name: 'Conversations and people' }).waitFor();
}

/** Opens one page or state, and takes its pictures. */
async function take(page, { name, open, close }, devices) {
  try {
    await page.setViewportSize({ width: devices[0].width, height: devices[0].height });
    await open(page, { idOf, seqOf });
    await page.waitForLoadState('networkidle');
    for (const device of devices) {
      await page.setViewportSize({ width: device.width, height: device.height });
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme });
        await settled(page);
        const file = `${name}-${device.width}-${theme}.webp`;
        const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
        await toPicture(picture, device.width).toFile(join(out, file));
        // What is shown at 768 px is shown at one of the other widths too.
        if (device.width === 768) continue;
        for (const finding of await findingsOfAxe(page)) findings.push(`${file}: ${finding}`);
        // Targets are as large in the other theme.
        if (theme !== THEMES[0]) continue;
        const targets = await smallTargets(page, device.touch);
        findings.push(...targets.tooSmall.map((target) => `${file}: ${target}`));
        warnings.push(...targets.smallForFinger.map((target) => `${file}: ${target}`));
      }
    }
  } catch (error) {
    findings.push(
      `${name} at ${devices[0].width}: ${String(error).split('\n').slice(0, 4).join(' ')}`,
    );
  } finally {
    await close?.(page);
  }
}

/** Returns the picture as it is stored: smaller in the repository, in full elsewhere. */
function toPicture(screenshot, width) {
  if (options.out !== undefined) return sharp(screenshot).webp({ quality: 80 });
  return sharp(screenshot)
    .resize({ width: width === 360 ? 360 : Math.round((width * 2) / 3) })
    .webp({ quality: 36, effort: 6 });
}

/** Waits until fonts, images and requests are there, and two frames are drawn. */
async function settled(page) {
  await page.waitForFunction(() => document.querySelector('.shimmer') === null, undefined, {
    timeout: 10_000,
  });
  await page.evaluate(async () => {
    await document.fonts.ready;
    const shown = [...document.images].filter(
      (image) => image.getClientRects().length > 0 && image.loading !== 'lazy',
    );
    await Promise.all(shown.map((image) => image.decode().catch(() => undefined)));
    for (let n = 0; n < 2; n++) await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}

/** Returns the id of a conversation of Nadia: of a group, or with another user. */
async function idOf(name) {
  const api = await Api.login(server.url, 'nadia');
  const { items } = await api.send('GET', '/conversations');
  const group = items.find((item) => item.name?.startsWith(name));
  if (group) return group.id;
  const users = await api.send('GET', '/users?limit=100');
  const { id: account } = users.items.find((user) => user.displayName.startsWith(name));
  return (await api.send('POST', '/conversations/direct', { account })).id;
}

/** Returns the number of the message with a text. */
async function seqOf(name, text) {
  const id = await idOf(name);
  const api = await Api.login(server.url, 'nadia');
  const { items } = await api.send('GET', `/conversations/${id}/messages`);
  return items.find(({ body }) => body.includes(text)).seq;
}

/** Writes the page that shows all pictures that there are. */
function writeIndex() {
  const parts = PAGES.map(({ name, title }) => {
    const links = [360, 768, 1440].flatMap((width) =>
      ['light', 'dark'].flatMap((theme) => {
        const file = `${name}-${width}-${theme}.webp`;
        return existsSync(join(out, file)) ? [{ file, text: `${width} ${theme}` }] : [];
      }),
    );
    if (links.length === 0) return '';
    const shown = links.find(({ text }) => text === '1440 light') ?? links[0];
    const list = links.map(({ file, text }) => `[${text}](${file})`).join(' · ');
    return `## ${title}\n\n![${title}](${shown.file})\n\n${list}\n`;
  });
  const intro =
    'Made by `npm run screenshots` from made-up data (scripts/screenshots): every page and state at 360, 768 and\n' +
    '1440 px, light and dark. The script also runs axe on each of them, and fails if axe finds anything.';
  const text = `# Screenshots\n\n${intro}\n\n${parts.filter((part) => part !== '').join('\n')}`;
  writeFileSync(join(out, 'README.md'), text);
}
