import type { SpanContext, Tracer } from '@opentelemetry/api';
import type { StreamId } from '@parley/protocol';
import type { CommandResult, EventSource } from '../metrics/metrics.ts';

/** The OpenTelemetry API, which is loaded only if tracing is on. */
export type TraceApi = typeof import('@opentelemetry/api');

/** The times of a transaction, monotonic ms. */
export interface BatchTimes {
  readonly since: number;
  readonly startedAt: number;
  readonly executed: number;
  readonly committed: number;
  /** Commands in the transaction. */
  readonly commands: number;
}

/** The trace of one command, which ends with the answer. */
export interface CommandTrace {
  /** The `traceparent` of the trace (W3C Trace Context); null if it is not sampled. */
  readonly parent: string | null;
  committed(times: BatchTimes): void;
  settled(result: CommandResult, stream?: StreamId, seq?: number): void;
}

/**
 * OpenTelemetry traces of a command, from its frame to the last socket. Created only if
 * OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise there is no instance and no cost.
 *
 * Spans: `command` from the frame (or request) to its answer, with `wait` for its transaction, `transaction`
 * and `commit`; then, on each node with subscriptions, `fan-out` until the writes to all sockets were
 * passed to the system. Traces contain no message text.
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

  /** Starts the trace of a command. */
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
        .startSpan(name, { startTime: wallTimeOf(from), attributes }, context)
        .end(wallTimeOf(to));
    return {
      parent: parentOf(span.spanContext()),
      committed: ({ since, startedAt, executed, committed, commands }) => {
        part('wait', since, startedAt);
        part('transaction', startedAt, committed, { 'parley.batch': commands });
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

  /** Records the delivery of an event to sockets; their writes are flushed at the end of the turn. */
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
    // Runs after the writes of this turn, which were scheduled earlier.
    setImmediate(() => span.end());
  }

  /** Sends the remaining traces and stops. */
  async stop(): Promise<void> {
    await this.#shutdown();
  }
}

const wallTimeOf = (monotonic: number): number => performance.timeOrigin + monotonic;

/** The flag of sampled traces (W3C Trace Context §3.2.2.5.1). */
const SAMPLED = 1;

function parentOf({ traceId, spanId, traceFlags }: SpanContext): string | null {
  if ((traceFlags & SAMPLED) === 0) return null;
  return `00-${traceId}-${spanId}-01`;
}

/** Parses a `traceparent` (W3C Trace Context §3.2); null if it is invalid. */
function contextOf(parent: string): SpanContext | null {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(parent) ?? [];
  if (!traceId || !spanId) return null;
  return { traceId, spanId, traceFlags: SAMPLED, isRemote: true };
}
