import { uuidv7 } from 'uuidv7';
import type { RawSocket } from './wire.ts';

/** Which server is loaded. */
export type Kind = 'parley' | 'socketio' | 'epoll';

/** One receiving and perhaps sending socket, as its kind of server wants it. */
export interface Dialect {
  path(token: string, room: string): string;
  /** Greets; resolves when messages will come. */
  greet(raw: RawSocket, token: string): Promise<void>;
  /** A post with its name; the name comes back with the ack. */
  post(room: string, body: string, n: number): { name: string; frame: string };
  /** What a frame is, read from a few bytes: a message (with its seq, or -1), an ack, or neither. */
  read(bytes: Buffer, at: number, length: number): { seq: number } | { ack: string } | null;
  /** Whether seqs must be dense. */
  readonly dense: boolean;
}

const OPEN_BRACE = 0x7b;
/** `{"op":"event","stream":"<36>","seq":` stands before the seq of every event. */
const SEQ_AT = '{"op":"event","stream":"'.length + 36 + '","seq":'.length;
const TYPE_AFTER = ',"type":"message.posted"';
const ID_AT = '{"op":"ack","id":"'.length;

const parley: Dialect = {
  dense: true,
  path: () => '/api/v1/live',
  greet(raw, token) {
    return new Promise((resolve) => {
      raw.onFrame = (bytes, at, length) => {
        if (bytes.toString('latin1', at, at + length) === '{"op":"live"}') resolve();
      };
      raw.send(JSON.stringify({ op: 'hello', token, cursor: {} }));
    });
  },
  post(room, body) {
    const name = uuidv7();
    return {
      name,
      frame: `{"op":"post","id":"${name}","conversation":"${room}","body":"${body}"}`,
    };
  },
  read(bytes, at) {
    if (bytes[at] !== OPEN_BRACE) return null;
    const kind = bytes[at + 7];
    if (kind === 0x65 /* e of event */) {
      let seq = 0;
      let p = at + SEQ_AT;
      for (let c = bytes[p] as number; c >= 48 && c <= 57; c = bytes[++p] as number)
        seq = seq * 10 + c - 48;
      // “p” of posted: joins and reactions are no deliveries.
      return bytes[p + TYPE_AFTER.length - 7] === 0x70 ? { seq } : null;
    }
    if (kind === 0x61 /* a of ack */)
      return { ack: bytes.toString('latin1', at + ID_AT, at + ID_AT + 36) };
    if (kind === 0x6e /* n of nack */) throw new Error(bytes.toString('utf8', at, at + 200));
    return null;
  },
};

const socketio: Dialect = {
  dense: false,
  path: (token, room) => `/socket.io/?EIO=4&transport=websocket&author=${token}&room=${room}`,
  greet(raw) {
    return new Promise((resolve) => {
      raw.onFrame = (bytes, at) => {
        const text = bytes.toString('latin1', at, at + 2);
        if (text.startsWith('0')) raw.send('40');
        else if (text === '40') resolve();
      };
    });
  },
  post: (room, body, n) => ({
    name: String(n),
    frame: `42${n}["post",{"room":"${room}","body":"${body}"}]`,
  }),
  read(bytes, at) {
    if (bytes[at] !== 0x34 /* 4: message */) return null;
    if (bytes[at + 1] === 0x32 /* 2: event */) return { seq: -1 };
    if (bytes[at + 1] !== 0x33 /* 3: ack */) return null;
    let end = at + 2;
    while (bytes[end] !== 0x5b /* [ */) end++;
    return { ack: bytes.toString('latin1', at + 2, end) };
  },
};

/** Nothing but an echo to all: one’s own message coming back is the ack. */
const epoll: Dialect = {
  dense: false,
  path: () => '/',
  greet: () => Promise.resolve(),
  post(_room, body, n) {
    const name = String(n).padStart(12, '0');
    // As long as Parley’s event, so that both move the same bytes.
    return { name, frame: `{"n":"${name}","pad":"${'.'.repeat(200)}","body":"${body}"}` };
  },
  read: () => ({ seq: -1 }),
};

/** How to talk to each kind of server. */
export const DIALECTS: Record<Kind, Dialect> = { parley, socketio, epoll };
