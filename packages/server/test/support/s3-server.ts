import { rmSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import S3rver from '@20minutes/s3rver';
import { makeTempDir } from './temp-dir.ts';

/** What happens to a request instead of its answer. */
export type S3Fault =
  | {
      readonly status: number;
      readonly code?: string;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection is closed before the request is read. */
  | 'refused'
  /** No answer ever comes. */
  | 'silent'
  /** The connection ends after so many bytes of the answer. */
  | { readonly cutAfter: number };

/** A request that has reached the S3 server. */
export interface S3Seen {
  readonly method: string;
  /** The path and the query. */
  readonly url: string;
}

/** An S3 server, with something in front of it that can fail. */
export interface TestS3 {
  readonly url: string;
  /** Settings of a server that keeps its files in a bucket. */
  env(bucket: string, prefix?: string): Record<string, string>;
  /** Decides what happens to each request. */
  fault: (request: S3Seen) => S3Fault | null;
  /** The requests since the start, those that failed included. */
  readonly seen: S3Seen[];
  stop(): Promise<void>;
}

/** Starts an S3 server with empty buckets. */
export async function startTestS3(buckets: readonly string[]): Promise<TestS3> {
  const dir = makeTempDir('s3');
  const real = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: dir,
    vhostBuckets: false,
    configureBuckets: buckets.map((name) => ({ name })),
  });
  const { port } = await real.run();
  const seen: S3Seen[] = [];
  const front = createServer((request, response) => {
    const each = { method: request.method ?? '', url: request.url ?? '' };
    seen.push(each);
    const fault = s3.fault(each);
    request.on('error', () => undefined);
    if (fault === 'refused') request.destroy();
    else if (fault === 'silent') request.resume();
    else if (fault !== null && 'status' in fault) answerError(request, response, fault);
    else forward(port, request, response, fault?.cutAfter);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  const s3: TestS3 = {
    url,
    env: (bucket, prefix = '') => ({
      FILES_S3_ENDPOINT: url,
      FILES_S3_BUCKET: bucket,
      FILES_S3_ACCESS_KEY_ID: 'S3RVER',
      FILES_S3_SECRET_ACCESS_KEY: 'S3RVER',
      FILES_S3_PREFIX: prefix,
    }),
    fault: () => null,
    seen,
    async stop() {
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
      await real.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return s3;
}

function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  { status, code = 'SlowDown', body, headers }: Extract<S3Fault, { status: number }>,
): void {
  request.resume();
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  response.end(
    body ?? `<?xml version="1.0"?><Error><Code>${code}</Code><Message>x</Message></Error>`,
  );
}

function forward(
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
  cutAfter: number | undefined,
): void {
  const { method, url: path, headers } = request;
  const onward = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    let left = cutAfter ?? Number.POSITIVE_INFINITY;
    answer.on('data', (piece: Buffer) => {
      if (left > 0) response.write(piece.subarray(0, left));
      left -= piece.length;
      // What was written goes out first.
      if (left <= 0) response.socket?.destroySoon();
    });
    answer.on('end', () => left > 0 && response.end());
  });
  onward.on('error', () => response.destroy());
  request.on('close', () => request.complete || onward.destroy());
  request.pipe(onward);
}
