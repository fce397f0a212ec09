import { uuidv7 } from 'uuidv7';
import type { RawSocket } from './wire.ts';

/** Which server is loaded. */
export type Kind = 'parley' | 'socketio' | 'epoll';

/** How to talk to one kind of server over a socket. */
export interface Dialect {
  path(token: string, conversation: string): string;
  /** Logs the socket in; resolves when messages will be delivered. */
  logIn(raw: RawSocket, token: string): Promise<void>;
  /** A post with its name; the ack contains the name. */
  post(conversation: string, body: string, n: number): { name: string; frame: string };
  /** Seq of a message, read from a few bytes; -1 where messages have none, 0 for other frames. */
  message(bytes: Buffer, at: number): number;
  /** Name of the post that a frame acknowledges; null for other frames. */
  ack(bytes: Buffer, at: number): string | null;
  /** Whether seqs must be dense. */
  readonly dense: boolean;
  /** Bytes of a delivered message after its body, which is its last field. */
  readonly afterBody: number;
}

const OPEN_BRACE = 0x7b;
/** `{"op":"event","stream":"<36>","seq":` precedes the seq of every event. */
const SEQ_AT = '{"op":"event","stream":"'.length + 36 + '","seq":'.length;
const TYPE_AFTER = ',"type":"message.posted"';
const ID_AT = '{"op":"ack","id":"'.length;

const parley: Dialect = {
  dense: true,
  afterBody: '"}}'.length,
  path: () => '/api/v1/live',
  logIn(raw, token) {
    return new Promise((resolve) => {
      raw.onFrame = (bytes, at, length) => {
        if (bytes.toString('latin1', at, at + length) === '{"op":"live"}') resolve();
      };
      raw.send(JSON.stringify({ op: 'hello', token, cursor: {} }));
    });
  },
  post(conversation, body) {
    const name = uuidv7();
    return {
      name,
      frame: `{"op":"post","id":"${name}","conversation":"${conversation}","body":"${body}"}`,
    };
  },
  message(bytes, at) {
    // “e” of event, after `{"op":"`.
    if (bytes[at] !== OPEN_BRACE || bytes[at + 7] !== 0x65) return 0;
    let seq = 0;
    let p = at + SEQ_AT;
    for (let c = bytes[p] as number; c >= 48 && c <= 57; c = bytes[++p] as number) {
      seq = seq * 10 + c - 48;
    }
    // “p” of posted: joins and reactions are not deliveries.
    return bytes[p + TYPE_AFTER.length - 7] === 0x70 ? seq : 0;
  },
  ack(bytes, at) {
    if (bytes[at] !== OPEN_BRACE) return null;
    const kind = bytes[at + 7];
    if (kind === 0x6e /* n of nack */) throw new Error(bytes.toString('utf8', at, at + 200));
    // The third letter tells it from `activity`.
    if (kind !== 0x61 /* a of ack */ || bytes[at + 9] !== 0x6b /* k */) return null;
    return bytes.toString('latin1', at + ID_AT, at + ID_AT + 36);
  },
};

const socketio: Dialect = {
  dense: false,
  afterBody: '"}]'.length,
  path: (token, conversation) =>
    `/socket.io/?EIO=4&transport=websocket&author=${token}&room=${conversation}`,
  logIn(raw) {
    return new Promise((resolve) => {
      raw.onFrame = (bytes, at) => {
        const text = bytes.toString('latin1', at, at + 2);
        if (text.startsWith('0')) raw.send('40');
        else if (text === '40') resolve();
      };
    });
  },
  post: (conversation, body, n) => ({
    name: String(n),
    frame: `42${n}["post",{"room":"${conversation}","body":"${body}"}]`,
  }),
  // 4: a message of Engine.IO; then 2: an event, 3: an ack, of Socket.IO.
  message: (bytes, at) => (bytes[at] === 0x34 && bytes[at + 1] === 0x32 ? -1 : 0),
  ack(bytes, at) {
    if (bytes[at] !== 0x34 || bytes[at + 1] !== 0x33) return null;
    let end = at + 2;
    while (bytes[end] !== 0x5b /* [ */) end++;
    return bytes.toString('latin1', at + 2, end);
  },
};

/** An echo to all sockets: the client’s own message is the ack. */
const epoll: Dialect = {
  dense: false,
  afterBody: '"}'.length,
  path: () => '/',
  logIn: () => Promise.resolve(),
  post(_conversation, body, n) {
    const name = String(n).padStart(12, '0');
    // As long as Parley’s event, so that both move the same number of bytes.
    return { name, frame: `{"n":"${name}","pad":"${'.'.repeat(200)}","body":"${body}"}` };
  },
  message: () => -1,
  ack: () => null,
};

/** How to talk to each kind of server. */
export const DIALECTS: Record<Kind, Dialect> = { parley, socketio, epoll };
