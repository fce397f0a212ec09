import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { hasNoCredentials } from './setting-schemas.ts';
import { type Setting, type Settings, settings } from './settings.ts';

/** The settings as the server uses them. `dataDir` is absolute, `publicUrl` an origin. */
export type Config = {
  readonly [Name in keyof Settings as Settings[Name]['key']]: z.output<Settings[Name]['schema']>;
};

/** An invalid setting and the reason. The message contains no secret. */
export type ConfigProblem = { name: string; message: string };

/** The result of {@link loadConfig}: the configuration, or everything that is wrong with it. */
export type LoadedConfig =
  | { ok: true; config: Config }
  | { ok: false; problems: readonly ConfigProblem[] };

/**
 * Reads the settings from the environment. An empty variable counts as not set. A secret may be in a
 * file instead, whose path is in `NAME_FILE`.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): LoadedConfig {
  const values: Record<string, unknown> = {};
  const problems: ConfigProblem[] = [];
  for (const name of Object.keys(settings) as (keyof Settings)[]) {
    const { key, schema, default: fallback, secret } = settings[name];
    const given = secret ? secretText(name, env) : { text: env[name]?.trim() };
    if ('problem' in given) {
      problems.push(given.problem);
      continue;
    }
    const text = given.text || fallback;
    const parsed = schema.safeParse(text);
    if (parsed.success) {
      values[key] = parsed.data;
    } else {
      const why = parsed.error.issues[0]?.message ?? 'is not valid';
      // A URL may contain a password, which must not be logged, even for settings that should have none.
      const isShown = !secret && (text === undefined || hasNoCredentials(text));
      problems.push({ name, message: isShown ? `${why} (was ${JSON.stringify(text)})` : why });
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config: values as Config };
}

/** Reads a secret from its variable, or from the file in `NAME_FILE`. */
function secretText(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): { text: string | undefined } | { problem: ConfigProblem } {
  const text = env[name]?.trim();
  const path = env[`${name}_FILE`]?.trim();
  if (!path) return { text };
  const wrong = (message: string) => ({ problem: { name: `${name}_FILE`, message } });
  if (text) return wrong(`and ${name} are both set: remove one of them`);
  try {
    const content = readFileSync(path, 'utf8').trim();
    return content === '' ? wrong(`is an empty file: ${path}`) : { text: content };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return wrong(`is a file that cannot be read: ${path} (${code})`);
  }
}

/** Formats the problems for a terminal, one per line. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.map(({ name, message }) => `  ${name} ${message}`);
  return `Parley cannot start with these settings:\n${lines.join('\n')}\n`;
}

/** Returns the text of `.env.example`: every setting with its documentation and default. */
export function envExample(): string {
  const blocks = (Object.keys(settings) as (keyof Settings)[]).map((name) => {
    const {
      description,
      default: fallback,
      example,
      secret,
    }: Setting<string, z.ZodType> = settings[name];
    const lines = description.map((line) => `# ${line}`);
    if (secret) lines.push(`# Or ${name}_FILE: the path of a file that contains it.`);
    if (fallback !== undefined) lines.push(`#${name}=${fallback}`);
    else lines.push(`# Example: ${example ?? ''}`, `#${name}=`);
    return lines.join('\n');
  });
  return [
    '# The settings of Parley and their defaults. All are optional.\n' +
      '# Copy this file to .env and uncomment what you change; the environment overrides the file.\n' +
      '# Generated from packages/server/src/config/settings.ts by node scripts/env-example.mjs',
    ...blocks,
    '',
  ]
    .join('\n\n')
    .replace(/\n\n$/, '\n');
}
