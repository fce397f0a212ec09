import type { AccountId, ClientId, EventData, EventType, Seq, StreamId } from '@parley/protocol';

/** An event as it is stored: what replay, live delivery and projections all work on. */
export interface StoredEvent {
  readonly stream: StreamId;
  readonly seq: Seq;
  readonly type: EventType;
  readonly actor: AccountId;
  readonly client: ClientId | null;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  /** `data` as JSON text, exactly as it is stored and sent. */
  readonly data: string;
  /** The trace that it belongs to (`traceparent`), on its way from its commit to the sockets only. */
  trace?: string;
}

/** `data` of a stored event of the type T. The caller has looked at `type`. */
export function dataOf<T extends EventType>(event: StoredEvent, _type: T): EventData<T> {
  return JSON.parse(event.data) as EventData<T>;
}

/**
 * What `data` has, whatever it has: an event whose data is damaged must not keep those behind it
 * from being delivered.
 */
export function peek(event: StoredEvent): Readonly<Record<string, unknown>> {
  return (JSON.parse(event.data) as Readonly<Record<string, unknown>> | null) ?? {};
}

/**
 * The frame of an event, as text. Put together, not serialized: `data` is JSON already, and no
 * other field can hold a character that JSON would escape.
 */
export function encodeEvent(event: StoredEvent): string {
  const client = event.client === null ? 'null' : `"${event.client}"`;
  return `{"op":"event","stream":"${event.stream}","seq":${event.seq},"type":"${event.type}","at":"${event.at}","actor":"${event.actor}","client":${client},"data":${event.data}}`;
}
