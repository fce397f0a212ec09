import type { FileId } from '@parley/protocol';
import type { User } from './server.ts';

/** A PNG of one pixel. */
export const ONE_PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** The address of the server of a user, and its token. */
export type Uploader = Pick<User, 'accessToken'> & { readonly url: string };

/** Sends a request to the API as tus clients do. */
export function tus(
  { url, accessToken }: Uploader,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Uint8Array | ReadableStream,
): Promise<Response> {
  return fetch(new URL(`/api/v1${path}`, url), {
    method,
    headers: {
      authorization: `Bearer ${accessToken}`,
      'tus-resumable': '1.0.0',
      ...(body && { 'content-type': 'application/offset+octet-stream' }),
      ...headers,
    },
    ...(body && { body, duplex: 'half' }),
  } as RequestInit);
}

/** Starts an upload; returns the response and the id. */
export async function startUpload(
  uploader: Uploader,
  name: string,
  bytes: number,
): Promise<{ response: Response; id: FileId }> {
  const response = await tus(uploader, 'POST', '/uploads', {
    'upload-length': String(bytes),
    'upload-metadata': `filename ${Buffer.from(name).toString('base64')}`,
  });
  const id = response.headers.get('location')?.split('/').at(-1);
  return { response, id: id as FileId };
}

/** Sends bytes of an upload at an offset. */
export const sendBytes = (uploader: Uploader, id: FileId, offset: number, bytes: Uint8Array) =>
  tus(uploader, 'PATCH', `/uploads/${id}`, { 'upload-offset': String(offset) }, bytes);

/** Uploads a whole file. */
export async function uploadFile(
  uploader: Uploader,
  name: string,
  bytes: Uint8Array,
): Promise<FileId> {
  const { response, id } = await startUpload(uploader, name, bytes.length);
  if (response.status !== 201) throw new Error(await response.text());
  if (bytes.length === 0) return id;
  const sent = await sendBytes(uploader, id, 0, bytes);
  if (sent.status !== 204) throw new Error(await sent.text());
  return id;
}
