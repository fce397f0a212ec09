import ipaddr from 'ipaddr.js';

/** The addresses that the server may connect to for link previews and push notifications. */

/**
 * Networks that are not public although `ipaddr.js` calls them unicast, or whose addresses contain
 * the one that a gateway connects to (IANA special-purpose registries; RFC 6052, 8215, 9602, 9637,
 * 3879, 4291). 168.63.129.16 is the host of a virtual machine in Azure, reachable only from the
 * machine.
 */
const SPECIAL = [
  '0.0.0.0/8',
  '168.63.129.16/32',
  '192.0.0.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '100:0:0:1::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
  '5f00::/16',
  'fec0::/10',
].map((network) => ipaddr.parseCIDR(network));

/** The network of global unicast addresses: all others are reserved. */
const GLOBAL_V6 = ipaddr.parseCIDR('2000::/3');

/** Returns a predicate for allowed addresses: public ones, and those in these networks. */
export function addressFilter(networks: readonly string[]): (address: string) => boolean {
  const allowed = networks.map((network) => {
    const [base = '', length] = network.split('/');
    const address = ipaddr.parse(base);
    return [address, length === undefined ? address.toByteArray().length * 8 : +length] as const;
  });
  return (address) => {
    // Accepts only what the resolver of the system or the URL parser returns: no octal, hexadecimal
    // or short forms.
    if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    return isIn(parsed, allowed) || isPublic(parsed);
  };
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast' || isIn(address, SPECIAL)) return false;
  return address.kind() === 'ipv4' || isIn(address, [GLOBAL_V6]);
}

const isIn = (address: Address, networks: readonly (readonly [Address, number])[]): boolean =>
  networks.some(
    ([network, length]) =>
      network.kind() === address.kind() &&
      // The types of `match` do not express that both are of the same kind.
      (address as ipaddr.IPv6).match(network as ipaddr.IPv6, length),
  );
