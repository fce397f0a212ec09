import { type Browser, chromium } from 'playwright-core';
import { findChromium, findHeadlessShell } from '../../scripts/chromium.mjs';

/** The browser for these tests; undefined where there is none, which skips them. */
export const CHROMIUM = findChromium();

/** The browser for tests without notifications. */
export const SHELL = CHROMIUM === undefined ? undefined : findHeadlessShell(CHROMIUM);

/**
 * Replaces the list of Playwright (Chromium uses the last one); all but the first ones, with their
 * reasons, are copied from it.
 */
const DISABLED = [
  // Otherwise each window would start a renderer for the popup of its address bar, which no test
  // opens.
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  // Otherwise each context would start a renderer in advance, which a test with one page does not use.
  'SpareRendererForSitePerProcess',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

/**
 * Starts the browser without its own network services: the headless shell of Chromium if it is installed, unless the
 * tests need `notifications`, which it cannot show.
 */
export function startBrowser({ notifications = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: (notifications ? CHROMIUM : (SHELL ?? CHROMIUM)) ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${DISABLED.join(',')}`,
    ],
  });
}
