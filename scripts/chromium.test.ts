import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findHeadlessShell } from './chromium.mjs';

describe('the headless shell', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-chromium-'));
    vi.stubEnv('PATH', folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  /** Writes a program that answers this to --version. */
  const program = (name: string, answer: string) => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\necho '${answer}'\n`);
    chmodSync(path, 0o755);
    return path;
  };

  test('is found if it has the version of Chromium', () => {
    const chromium = program('chromium', 'Chromium 156.0.8078.108 built on Debian GNU/Linux 12');
    const shell = program('chromium-headless-shell', 'Chromium 156.0.8078.108');
    expect(findHeadlessShell(chromium)).toBe(shell);
  });

  test('is not used if it has another version, does not start, or is missing', () => {
    const chromium = program('chromium', 'Chromium 156.0.8078.108 built on Debian GNU/Linux 12');
    expect(findHeadlessShell(chromium)).toBeUndefined();
    const shell = program('chromium-headless-shell', 'Chromium 156.0.8078.10');
    expect(findHeadlessShell(chromium)).toBeUndefined();
    chmodSync(shell, 0o644);
    expect(findHeadlessShell(chromium)).toBeUndefined();
  });

  test('is not used with a browser whose version is unknown', () => {
    program('chromium-headless-shell', 'no version');
    expect(findHeadlessShell(program('chromium', 'no version'))).toBeUndefined();
    expect(findHeadlessShell(join(folder, 'missing'))).toBeUndefined();
  });
});
