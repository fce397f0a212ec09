import type { Violation } from './checker/violation.ts';
import type { RunResult } from './run.ts';

/** Violations printed per rule; the history has them all. */
const PRINTED = 3;

/** Returns the report of a run, line by line. */
export function reportOf({ figures, violations }: RunResult): string[] {
  const { commands, acked, refused, delivered, faults, skipped, longestQuietMs, seconds } = figures;
  const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
  const done = Object.entries(faults).map(([name, count]) => `${name} ${count}`);
  return [
    `${commands} commands, ${acked} acks, ${refused} refusals, ${delivered} events applied in ${seconds.toFixed(0)} s; all clients were complete at most ${longestQuietMs} ms after a round`,
    `memory of a node: at most ${megabytes(figures.mostMemory)}; buffered for slow readers: at most ${megabytes(figures.mostBuffered)}`,
    ...(figures.ended > 0 ? [`${figures.ended} sessions ended while their clients ran`] : []),
    ...(figures.late > 0
      ? [
          `nodes read events from the database ${figures.late} times that were not lost, but arrived late from another node`,
        ]
      : []),
    ...(done.length > 0 ? [`faults: ${done.join(', ')}`] : []),
    ...Object.entries(skipped).map(([name, why]) => `skipped: ${name} (${why})`),
    ...violationLines(violations),
  ];
}

function violationLines(violations: readonly Violation[]): string[] {
  const byRule = new Map<string, Violation[]>();
  for (const violation of violations) {
    const list = byRule.get(violation.rule) ?? [];
    list.push(violation);
    byRule.set(violation.rule, list);
  }
  return [...byRule].flatMap(([rule, list]) => [
    `BROKEN ${rule}: ${list.length} times`,
    ...list.slice(0, PRINTED).map(({ what, client, stream, id }) => {
      const where = [client && `client ${client}`, stream && `stream ${stream}`, id && `id ${id}`];
      return `  ${[what, ...where.filter(Boolean)].join(', ')}`;
    }),
  ]);
}
