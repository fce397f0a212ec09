/** The bars of the web client, and the table that says which are met. */

/** What a figure may be at most. */
export interface Bar {
  readonly name: string;
  readonly max: number;
  readonly unit: string;
  /** The number of decimals shown. */
  readonly decimals?: number;
}

/** The bars, in the order of the table. */
export const BARS = {
  landing: { name: 'Scripts and styles of the landing page', max: 180, unit: 'KiB' },
  login: { name: 'Scripts and styles of the login page', max: 180, unit: 'KiB' },
  firstView: { name: 'Scripts and styles of a conversation', max: 180, unit: 'KiB' },
  interactive: { name: 'Interactive, 20 conversations, 4× slowed', max: 1_500, unit: 'ms' },
  interactiveMany: { name: 'Interactive, 1,000 conversations, 4× slowed', max: 1_500, unit: 'ms' },
  switchMedian: { name: 'Switch conversation, p50', max: 60, unit: 'ms' },
  switchP95: { name: 'Switch conversation, p95', max: 60, unit: 'ms' },
  ownMessage: { name: 'Frames until the own message is shown, p95', max: 1, unit: 'frames' },
  scrollFrames: { name: 'Scroll through 100,000 messages, frame p95', max: 20, unit: 'ms' },
  scrollNodes: { name: 'Messages in the page while scrolling', max: 200, unit: 'nodes' },
  imageShift: { name: 'Movement of the text while images load', max: 1, unit: 'px' },
  keyDelay: { name: 'Delay of a key press by 500 messages/s, p95', max: 50, unit: 'ms' },
  switcherKey: { name: 'Key press in the quick switcher, p95', max: 50, unit: 'ms' },
  heap: { name: 'Heap after 20,000 messages', max: 80, unit: 'MiB' },
} as const satisfies Record<string, Bar>;

/** The name of a bar. */
export type BarName = keyof typeof BARS;

/** Figures of one build; several of a bar if it was measured in several rounds. */
export type Figures = ReadonlyMap<BarName, readonly number[]>;

/** Returns a Markdown table: each bar with the median of its figures for each build, and the verdict on the last build. */
export function tableOf(builds: readonly { name: string; figures: Figures }[]): string {
  const lines = [
    `| bar | at most | ${builds.map(({ name }) => `${name} | `).join('')}met |`,
    `|---|---|${builds.map(() => '---|').join('')}---|`,
  ];
  for (const [key, bar] of Object.entries(BARS) as [BarName, Bar][]) {
    const values = builds.map(({ figures }) => figures.get(key) ?? []);
    if (values.every((all) => all.length === 0)) continue;
    const medians = values.map((all) => (all.length === 0 ? null : quantile(all, 0.5)));
    const last = medians.at(-1) ?? null;
    const cells = medians.map((value) => (value === null ? '' : textOf(value, bar)));
    const verdict = last === null ? '' : last <= bar.max ? 'yes' : 'no';
    lines.push(`| ${[bar.name, textOf(bar.max, bar), ...cells, verdict].join(' | ')} |`);
  }
  return lines.join('\n');
}

const textOf = (value: number, { unit, decimals = 0 }: Bar): string =>
  `${value.toLocaleString('en', { maximumFractionDigits: decimals })} ${unit}`;

/** Returns the value that this share of the values is not above (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
