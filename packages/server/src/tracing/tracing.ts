import type { SpanContext, Tracer } from '@opentelemetry/api';
import type { StreamId } from '@parley/protocol';
import type { CommandResult, EventSource } from '../metrics/metrics.ts';

/** The programming interface of OpenTelemetry, which is loaded only where traces are wanted. */
export type TraceApi = typeof import('@opentelemetry/api');

/** The moments of a transaction, monotonic ms. */
export interface BatchTimes {
  readonly since: number;
  readonly begun: number;
  readonly executed: number;
  readonly committed: number;
  /** Commands that shared it. */
  readonly commands: number;
}

/** One command on its way; ends with its answer. */
export interface CommandTrace {
  /** Names the trace to others (W3C Trace Context, `traceparent`); null when it is not sampled. */
  readonly parent: string | null;
  committed(times: BatchTimes): void;
  settled(result: CommandResult, stream?: StreamId, seq?: number): void;
}

/**
 * Traces of a message from its frame to the last socket, for OpenTelemetry. Built only where
 * OTEL_EXPORTER_OTLP_ENDPOINT is set: everywhere else stands null, and nothing is done.
 *
 * A trace: `command` from the frame (or request) to its answer; in it `wait` for the lane, `transaction`, and
 * `commit`; after it, on each node with followers, `fan-out` until the writes to all its sockets
 * were handed to the system. No text of a message is in it.
 */
export class Tracing {
  readonly #api: TraceApi;
  readonly #tracer: Tracer;
  readonly #shutdown: () => Promise<void>;

  constructor(api: TraceApi, tracer: Tracer, shutdown: () => Promise<void>) {
    this.#api = api;
    this.#tracer = tracer;
    this.#shutdown = shutdown;
  }

  /** A command has come in. */
  command(rule: string, clientId: string): CommandTrace {
    const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = this.#api;
    const span = this.#tracer.startSpan(
      'command',
      {
        kind: SpanKind.SERVER,
        attributes: { 'parley.rule': rule, 'parley.client_id': clientId },
      },
      ROOT_CONTEXT,
    );
    const context = trace.setSpan(ROOT_CONTEXT, span);
    const part = (name: string, from: number, to: number, attributes = {}) =>
      this.#tracer
        .startSpan(name, { startTime: wallOf(from), attributes }, context)
        .end(wallOf(to));
    return {
      parent: parentOf(span.spanContext()),
      committed: ({ since, begun, executed, committed, commands }) => {
        part('wait', since, begun);
        part('transaction', begun, committed, { 'parley.batch': commands });
        part('commit', executed, committed);
      },
      settled: (result, stream, seq) => {
        span.setAttribute('parley.result', result);
        if (stream !== undefined) span.setAttribute('parley.stream', stream);
        if (seq !== undefined) span.setAttribute('parley.seq', seq);
        if (result === 'unknown') span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  /** An event of a trace has been handed to sockets; what they are due leaves at the end of the turn. */
  fanOut(parent: string, source: EventSource, sockets: number, node: string): void {
    const { ROOT_CONTEXT, SpanKind, trace } = this.#api;
    const context = contextOf(parent);
    if (!context) return;
    const span = this.#tracer.startSpan(
      'fan-out',
      {
        kind: SpanKind.PRODUCER,
        attributes: {
          'parley.source': source,
          'parley.sockets': sockets,
          'parley.node': node,
        },
      },
      trace.setSpanContext(ROOT_CONTEXT, context),
    );
    // After the writes of this turn, which were put there before.
    setImmediate(() => span.end());
  }

  /** Sends what is left, and ends. */
  async stop(): Promise<void> {
    await this.#shutdown();
  }
}

const wallOf = (monotonic: number): number => performance.timeOrigin + monotonic;

/** The flag of sampled traces (W3C Trace Context §3.2.2.5.1). */
const SAMPLED = 1;

function parentOf({ traceId, spanId, traceFlags }: SpanContext): string | null {
  if ((traceFlags & SAMPLED) === 0) return null;
  return `00-${traceId}-${spanId}-01`;
}

/** Reads a `traceparent` (W3C Trace Context §3.2); null when it is none. */
function contextOf(parent: string): SpanContext | null {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(parent) ?? [];
  if (!traceId || !spanId) return null;
  return { traceId, spanId, traceFlags: SAMPLED, isRemote: true };
}
