import { describe, expect, test } from 'vitest';
import { addressFilter } from './addresses.ts';
import { FetchError, fetchable } from './fetch.ts';

const isPublic = addressFilter([]);

describe('allowed addresses', () => {
  test.each([
    '1.1.1.1',
    '93.184.215.14',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
  ])('includes the public %s', (address) => {
    expect(isPublic(address)).toBe(true);
  });

  test.each([
    ['this network', '0.0.0.0', '0.1.2.3', '::'],
    ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
    ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd00::1', 'fc00::1'],
    ['link-local', '169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
    [
      'cloud metadata',
      '169.254.169.254',
      'fd00:ec2::254',
      '100.100.100.200',
      '192.0.0.192',
      '168.63.129.16',
    ],
    ['carrier-grade NAT', '100.64.0.1', '100.127.255.255'],
    ['multicast and broadcast', '224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1'],
    ['reserved', '240.0.0.1', '192.0.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1'],
    ['benchmarks', '198.18.0.1', '198.19.255.255', '2001:2::1'],
    ['documentation', '2001:db8::1', '3fff::1'],
    ['IPv4 in IPv6', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::a00:1'],
    ['6to4 and Teredo', '2002:7f00:1::', '2002:808:808::1', '2001:0:4136:e378::1', '192.88.99.1'],
    ['outside of global unicast', '100::1', '4000::1', '5f00::1', 'e000::1'],
    ['not an address', '', 'localhost', '0x7f000001', '2130706433', '0177.0.0.1', '127.1', '1.1.1'],
  ])('excludes %s', (_what, ...addresses) => {
    expect(addresses.filter(isPublic)).toEqual([]);
  });

  test('include the networks of the setting, and nothing else', () => {
    const allows = addressFilter(['10.1.2.0/24', '127.0.0.1', 'fd12::/16']);
    expect(
      ['10.1.2.3', '127.0.0.1', 'fd12::1', '1.1.1.1'].every((address) => allows(address)),
    ).toBe(true);
    expect(['10.1.3.1', '127.0.0.2', 'fd13::1', '::ffff:10.1.2.3'].filter(allows)).toEqual([]);
  });
});

describe('a URL to fetch', () => {
  const rules = { ports: [80, 443] };

  test('has no user name, password and fragment', () => {
    expect(fetchable('https://me:secret@example.org/a?b=c#d', rules).href).toBe(
      'https://example.org/a?b=c',
    );
  });

  test.each([
    'file:///etc/passwd',
    'ftp://example.org/',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://example.org:22/',
    'https://example.org:8443/',
    'http://',
    `https://example.org/${'a'.repeat(3_000)}`,
    'no address',
  ])('is not %s', (url) => {
    expect(() => fetchable(url, rules)).toThrow(FetchError);
  });

  test.each([
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://127。0。0。1/',
    'http://[::ffff:7f00:1]/',
  ])('%s is an address that is excluded', (url) => {
    const { hostname } = fetchable(url, rules);
    expect(isPublic(hostname.replace(/^\[|\]$/g, ''))).toBe(false);
  });
});
