/** The part of a robots.txt that is about one robot, within bounds. */

/**
 * Characters of patterns after their first wildcard. Each is compared with every position of a URL,
 * which takes a quarter of a second for 32 KiB.
 */
const WILD_MAX = 4 * 1024;

/**
 * Returns the rules of a robots.txt for a robot as a robots.txt with one group: those of its own name, or else
 * those of all robots. Null if comparing addresses with them takes too long. Groups of other robots are left out
 * because the parser copies each rule for each name of its group.
 */
export function rulesFor(robot: string, text: string): string | null {
  const own = robot.toLowerCase();
  const rules = new Map<string, string[]>();
  let names = new Set<string>();
  let isList = false;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [bare = ''] = line.split('#', 1);
    const colon = bare.indexOf(':');
    const field = colon < 0 ? '' : bare.slice(0, colon).trim().toLowerCase();
    if (field === '') continue;
    const value = bare.slice(colon + 1).trim();
    if (field === 'user-agent') {
      if (!isList) names = new Set();
      const [name = ''] = value.toLowerCase().split('/', 1);
      if (name.trim() === own || name.trim() === '*') names.add(name.trim());
    } else if (field === 'allow' || field === 'disallow') {
      for (const name of names) {
        const lines = rules.get(name) ?? [];
        rules.set(name, lines);
        lines.push(`${field}: ${value}`);
      }
    }
    isList = field === 'user-agent';
  }
  const name = rules.has(own) ? own : '*';
  const lines = rules.get(name) ?? [];
  const wild = lines.reduce((sum, line) => sum + afterWildcard(line), 0);
  return wild > WILD_MAX ? null : [`user-agent: ${name}`, ...lines, ''].join('\n');
}

const afterWildcard = (line: string): number => {
  const at = line.indexOf('*');
  return at < 0 ? 0 : line.length - at;
};
