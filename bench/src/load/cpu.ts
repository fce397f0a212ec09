import { readdirSync, readFileSync } from 'node:fs';

/** Ticks per second in /proc; the same on every Linux. */
const TICKS = 100;

/** Processor time of a process and its ended children, s (Linux); 0 if it has ended. */
export function cpuOf(pid: number): number {
  return cpuFields(pid).reduce((sum, ticks) => sum + ticks, 0) / TICKS;
}

/** Processor time of a server and of the database that it started, s (Linux). */
export function serverCpuOf(pid: number): { node: number; database: number } {
  const [user = 0, system = 0] = cpuFields(pid);
  const database = familyOf(pid).slice(1);
  return {
    node: (user + system) / TICKS,
    database: database.reduce((sum, child) => sum + cpuOf(child), 0),
  };
}

/** User and system time of a process, then those of its ended children, in ticks. */
function cpuFields(pid: number): number[] {
  try {
    // The fields after the name, which may contain blanks.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .map(Number);
  } catch {
    return [];
  }
}

/** Returns a process and its descendants. */
export function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

/** Resident memory of a process, MiB (Linux). */
export function rss(pid: number): number {
  const line = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(line?.[1] ?? Number.NaN) / 1024);
}
