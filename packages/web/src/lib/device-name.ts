import { t } from '../texts/index.ts';

const BROWSERS = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
] as const;
const SYSTEMS = [
  [/\bAndroid\b/, 'Android'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
] as const;

const firstOf = (pairs: readonly (readonly [RegExp, string])[], text: string): string | undefined =>
  pairs.find(([pattern]) => pattern.test(text))?.[1];

/** Returns a short name of a session’s device: “Firefox on Linux” for a browser’s User-Agent, else the text itself. */
export function deviceName(device: string): string {
  if (!device.startsWith('Mozilla/')) return device;
  const browser = firstOf(BROWSERS, device) ?? t('sessions.browser');
  const system = firstOf(SYSTEMS, device);
  return system === undefined ? browser : t('sessions.browserOn', { browser, system });
}

/** Returns the kind of device, for its icon. */
export function deviceKind(device: string): 'phone' | 'computer' | 'program' {
  if (!device.startsWith('Mozilla/')) return 'program';
  return /\bAndroid\b|\biPhone\b|\biPad\b|\bMobile\b/.test(device) ? 'phone' : 'computer';
}
