import { isIPv4, isIPv6 } from 'node:net';

/**
 * Returns the rate limit key of an address: for IPv6 its /64, the usual size of one network. Some
 * proxies forward an address with its port, which a client can change at will. Anything that is not
 * an address has one key, so that variations of it share a limit.
 */
export function addressKey(given: string): string {
  const address = withoutPort(given);
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return 'invalid';
  const groups = groupsOf(address);
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':');
}

/** Removes the port of `203.0.113.9:50123` and `[2001:db8::1]:50123`, and the brackets. */
function withoutPort(address: string): string {
  return (
    /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address
  );
}

/** Returns the eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const [before, after] = [parsed(head), parsed(tail ?? '')];
  return [
    ...before,
    ...Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0),
    ...after,
  ];
}

/** Returns the groups of a part of an address; the last one may be an IPv4 address. */
function parsed(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}
