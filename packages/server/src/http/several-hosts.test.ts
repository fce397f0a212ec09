import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { rejectSeveralHosts } from './several-hosts.ts';

const rejected = (socket: PassThrough, ...rawHeaders: string[]) =>
  rejectSeveralHosts({ rawHeaders } as IncomingMessage, socket);

test.each([
  ['Host', 'a.example', 'Host', 'b.example'],
  ['host', 'a.example', 'HOST', 'a.example'],
  ['Host', 'a.example', 'Accept', '*/*', 'Host', '', 'Host', 'b.example'],
])(
  'answers a request with several Host headers, which is not processed: %j',
  async (...headers) => {
    const socket = new PassThrough();
    const answer = text(socket);
    expect(rejected(socket, ...headers)).toBe(true);
    expect(await answer).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*"detail":"The request has several Host headers"\}$/,
    );
  },
);

test.each([[['Host', 'a.example']], [['Accept', 'host', 'X-Host', 'a', 'Host', 'host']], [[]]])(
  'leaves other requests alone: %j',
  (headers) => {
    const socket = new PassThrough();
    expect(rejected(socket, ...headers)).toBe(false);
    expect([socket.readableLength, socket.writable]).toEqual([0, true]);
  },
);
