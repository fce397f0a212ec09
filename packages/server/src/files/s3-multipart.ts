import { open } from 'node:fs/promises';
import { ConcurrencyLimit } from '../limits/concurrency.ts';
import { bodyOf, type S3Client } from './s3-client.ts';
import { errorOfResponse, S3Error } from './s3-error.ts';
import { childrenOf, childText, readXml } from './s3-xml.ts';

/** Bytes of a part, which is in memory while it is sent. The maximum of 10,000 parts is 160 GB. */
const PART_BYTES = 16 * 1024 * 1024;
/** File contents sent in parts at the same time. */
const RUNNING_MAX = 4;

/** Sends large files to an S3 server in parts, and retries each part after failures. */
export class S3Multipart {
  readonly #client: S3Client;
  readonly #running = new ConcurrencyLimit(RUNNING_MAX);

  constructor(client: S3Client) {
    this.#client = client;
  }

  /** Stores a file as an object, which exists only when it is complete. */
  async put(key: string, path: string, bytes: number): Promise<void> {
    await this.#running.run('', () => this.#put(key, path, bytes));
  }

  async #put(key: string, path: string, bytes: number): Promise<void> {
    const started = readXml(
      await this.#client.text({ method: 'POST', key, query: { uploads: '' } }),
    );
    const uploadId = childText(started, 'UploadId');
    if (!uploadId) throw new S3Error(200, 'NoUploadId');
    try {
      const tags = await this.#sendParts(key, uploadId, path, bytes);
      const parts = tags.map(
        (tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escapeXml(tag)}</ETag></Part>`,
      );
      const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
      const answer = await this.#client.text({
        method: 'POST',
        key,
        query: { uploadId },
        headers: { 'content-type': 'application/xml' },
        body: bodyOf(Buffer.from(body)),
      });
      // S3 may report an error in the body of a 200 response.
      if (readXml(answer).name === 'Error') throw errorOfResponse(500, answer);
    } catch (error) {
      await this.#abort(key, uploadId);
      throw error;
    }
  }

  async #sendParts(key: string, uploadId: string, path: string, bytes: number) {
    const tags: string[] = [];
    const file = await open(path);
    try {
      const buffer = Buffer.allocUnsafe(PART_BYTES);
      for (let at = 0; at < bytes; at += PART_BYTES) {
        const length = Math.min(PART_BYTES, bytes - at);
        const { bytesRead } = await file.read(buffer, 0, length, at);
        if (bytesRead !== length) throw new Error('A file became shorter while it was sent');
        const answer = await this.#client.send({
          method: 'PUT',
          key,
          query: { partNumber: String(tags.length + 1), uploadId },
          body: bodyOf(buffer.subarray(0, length)),
        });
        answer.resume();
        tags.push(answer.headers.etag ?? '');
      }
    } finally {
      await file.close();
    }
    return tags;
  }

  /** Removes the parts; any left after a failure are swept a day later. */
  async #abort(key: string, uploadId: string): Promise<void> {
    const request = { method: 'DELETE', key, query: { uploadId }, attempts: 1 } as const;
    await this.#client.text(request).catch(() => undefined);
  }

  /** Removes the parts of uploads that killed processes started before a time. */
  async sweep(prefix: string, before: Date): Promise<void> {
    for (const { key, uploadId, startedAt } of await this.#listUnfinished(prefix)) {
      if (startedAt >= before) continue;
      await this.#client.text({ method: 'DELETE', key, query: { uploadId } });
    }
  }

  /** Returns the first thousand unfinished uploads; the rest follow a day later. */
  async #listUnfinished(prefix: string) {
    let text: string;
    try {
      const query = { uploads: '', ...(prefix !== '' && { prefix }) };
      text = await this.#client.text({ method: 'GET', query });
    } catch (error) {
      // Not all S3-compatible servers can list them.
      if (error instanceof S3Error && (error.status === 501 || error.status === 405)) return [];
      throw error;
    }
    return childrenOf(readXml(text), 'Upload').flatMap((upload) => {
      const [key, uploadId] = [childText(upload, 'Key'), childText(upload, 'UploadId')];
      const startedAt = new Date(childText(upload, 'Initiated') ?? Number.NaN);
      const isKnown = key !== undefined && uploadId !== undefined && key.startsWith(prefix);
      return isKnown && !Number.isNaN(startedAt.getTime()) ? [{ key, uploadId, startedAt }] : [];
    });
  }
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
