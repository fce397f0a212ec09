import type { Page } from 'playwright-core';
import { EVERYONE } from '../../packages/server/src/conversations/everyone.ts';
import { PASSWORD } from './password.ts';

/** Sends a request to the API, and returns its answer. */
export type Api = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<Record<string, unknown>>;

/**
 * Returns a function that sends requests with or without an access token; `url` is that of the
 * server.
 */
export function apiWith(url: string, token?: string): Api {
  return async (method, path, body) => {
    const answer = await fetch(new URL(`/api/v1${path}`, url), {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  };
}

/** A user who posts in the default group, and has no browser. */
export interface Writer {
  write(text: string): Promise<void>;
}

/** Registers a {@link Writer}: for tests that look only at what others see of their messages. */
export async function aWriter(url: string, username: string, displayName: string): Promise<Writer> {
  const email = `${username}@example.org`;
  const user = { username, displayName, email, password: PASSWORD };
  const { accessToken } = await apiWith(url)('POST', '/auth/register', user);
  const api = apiWith(url, String(accessToken));
  return {
    write: async (body) => {
      await api('POST', `/conversations/${EVERYONE}/messages`, { body });
    },
  };
}

/** Returns a function that sends requests with the session of the page. */
export const apiOf = async (page: Page): Promise<Api> => apiWith(page.url(), await tokenOf(page));

/** Uploads a file with the tus protocol. Returns its id. */
export async function upload(
  url: string,
  token: string,
  file: { readonly name: string; readonly text: string },
): Promise<string> {
  const send = async (method: string, path: string, headers: object, body: string | null) => {
    const answer = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0', ...headers },
      body,
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const created = await send(
    'POST',
    '/api/v1/uploads',
    {
      'upload-length': String(Buffer.byteLength(file.text)),
      'upload-metadata': `filename ${Buffer.from(file.name).toString('base64')}`,
    },
    null,
  );
  const path = created.headers.get('location') ?? '';
  const type = 'application/offset+octet-stream';
  await send('PATCH', path, { 'upload-offset': '0', 'content-type': type }, file.text);
  return path.split('/').pop() ?? '';
}

/** Returns an access token of the session of the page. */
export const tokenOf = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const answer = await fetch('/api/v1/auth/token', { method: 'POST' });
    return ((await answer.json()) as { accessToken: string }).accessToken;
  });
