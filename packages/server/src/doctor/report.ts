import type { Finding, Place } from './findings.ts';

/** Returns the findings as text for a terminal. */
export function describeFindings(findings: readonly Finding[]): string {
  return findings.map(describe).join('');
}

function describe({ table, description, count, places, repairable }: Finding): string {
  const how = repairable ? 'run with --repair to fix it' : 'cannot be repaired from the events';
  const lines = places.map((place) => `    ${describePlace(place)}\n`);
  const more = count > places.length ? [`    … and more\n`] : [];
  return `  ${table}: ${description} (${count}; ${how})\n${lines.join('')}${more.join('')}`;
}

function describePlace({ key, detail }: Place): string {
  const names = Object.entries(key).map(([name, value]) => `${name} ${value}`);
  return `${names.join(', ')}${detail === undefined ? '' : `: ${detail}`}`;
}
