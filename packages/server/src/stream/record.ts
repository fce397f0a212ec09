import type { AccountId, ClientId, EventData, EventType, Seq, StreamId } from '@parley/protocol';

/** An event as stored; replay, live delivery and projections all use it. */
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
  /** Its trace (`traceparent`), only between its commit and the sockets. */
  trace?: string;
}

/** `data` of a stored event of the type T. The caller has looked at `type`. */
export function dataOf<T extends EventType>(event: StoredEvent, _type: T): EventData<T> {
  return JSON.parse(event.data) as EventData<T>;
}

/**
 * Returns the unchecked fields of `data`: an event with damaged data must not block the delivery of
 * later ones.
 */
export function peek(event: StoredEvent): Readonly<Record<string, unknown>> {
  return (JSON.parse(event.data) as Readonly<Record<string, unknown>> | null) ?? {};
}

/**
 * Returns the frame of an event as text. It is concatenated, not serialized: `data` is JSON
 * already, and no other field contains a character that JSON escapes.
 */
export function encodeEvent(event: StoredEvent): string {
  const client = event.client === null ? 'null' : `"${event.client}"`;
  return `{"op":"event","stream":"${event.stream}","seq":${event.seq},"type":"${event.type}","at":"${event.at}","actor":"${event.actor}","client":${client},"data":${event.data}}`;
}
