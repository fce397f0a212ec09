import { createRequire } from 'node:module';
import type { Logger } from '../log.ts';
import { Tracing } from './tracing.ts';

/** At the end of the process, traces have this long to be sent. */
const SHUTDOWN_MS = 1_500;

/**
 * Starts to send traces to a collector that speaks OTLP over HTTP at `endpoint`. Loads the SDK of
 * OpenTelemetry only now. Which share is sampled, and headers for the collector, are set by
 * OpenTelemetry’s own variables (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS …).
 *
 * @throws when the packages, which are optional, are not installed
 */
export function startTracing(endpoint: string, node: string, log: Logger): Tracing {
  const { api, sdk, OTLPTraceExporter, resourceFromAttributes } = load();
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': process.env.OTEL_SERVICE_NAME ?? 'parley',
      'service.instance.id': node,
    }),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  });
  log.info('sending traces');
  return new Tracing(api, provider.getTracer('parley'), async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SHUTDOWN_MS);
    });
    const sent = provider
      .shutdown()
      .catch((error: unknown) => log.warn({ err: error }, 'the last traces could not be sent'));
    await Promise.race([sent, late]);
    clearTimeout(timer);
  });
}

/** By `require`: builds of these packages for bundlers, which some tools prefer, do not run in Node. */
function load() {
  const require = createRequire(import.meta.url);
  try {
    const api: typeof import('@opentelemetry/api') = require('@opentelemetry/api');
    const sdk: typeof import('@opentelemetry/sdk-trace-base') = require('@opentelemetry/sdk-trace-base');
    const exporter: typeof import('@opentelemetry/exporter-trace-otlp-http') =
      require('@opentelemetry/exporter-trace-otlp-http');
    const resources: typeof import('@opentelemetry/resources') = require('@opentelemetry/resources');
    return {
      api,
      sdk,
      OTLPTraceExporter: exporter.OTLPTraceExporter,
      resourceFromAttributes: resources.resourceFromAttributes,
    };
  } catch (error) {
    throw new Error(
      'OTEL_EXPORTER_OTLP_ENDPOINT is set, but the optional packages of OpenTelemetry are not ' +
        'installed: npm install --include=optional',
      { cause: error },
    );
  }
}
