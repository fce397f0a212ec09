import { createRequire } from 'node:module';
import type { Logger } from '../runtime/log.ts';
import { Tracing } from './tracing.ts';

/** Time limit for sending the remaining traces when the process ends. */
const SHUTDOWN_MS = 1_500;

/**
 * Starts to send traces to an OTLP/HTTP collector at `endpoint`. The OpenTelemetry SDK is loaded only
 * here. The standard variables of OpenTelemetry apply (OTEL_TRACES_SAMPLER,
 * OTEL_EXPORTER_OTLP_HEADERS …).
 *
 * @throws if the optional packages are not installed
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
  log.info('tracing started');
  return new Tracing(api, provider.getTracer('parley'), async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, SHUTDOWN_MS);
    });
    const sent = provider
      .shutdown()
      .catch((error: unknown) => log.warn({ err: error }, 'last traces not sent'));
    await Promise.race([sent, late]);
    clearTimeout(timer);
  });
}

/** Loads the packages with `require`, because some tools prefer their bundler builds, which fail in Node. */
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
      'OTEL_EXPORTER_OTLP_ENDPOINT is set, but the optional OpenTelemetry packages are not ' +
        'installed: npm install --include=optional',
      { cause: error },
    );
  }
}
