export function findChromium(): string | undefined;
export function ensureChromium():
  | { path: string; reason?: never }
  | { path?: never; reason: string };

export function findHeadlessShell(chromium: string): string | undefined;
