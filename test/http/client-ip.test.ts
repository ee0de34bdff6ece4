import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normaliseIp } from '../../src/http/client-ip.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:0201', '192.0.2.1'],
])('the IPv4 address %s is %s', (address, expected) => {
  expect(normaliseIp(address)).toBe(expected);
});

describe('an IPv6 address', () => {
  test('is its /64, in whatever spelling', () => {
    const spellings = [
      '2001:db8:0:7::1',
      '2001:DB8:0:7::1',
      '2001:0db8:0000:0007:0000:0000:0000:0001',
      '2001:db8:0:7:ffff:ffff:ffff:ffff',
    ];
    expect(new Set(spellings.map(normaliseIp))).toEqual(new Set(['2001:db8:0:7::/64']));
  });

  test('of another /64 is another', () => {
    expect(normaliseIp('2001:db8:0:8::1')).not.toBe(normaliseIp('2001:db8:0:7::1'));
  });

  test('of the link keeps no zone', () => {
    expect(normaliseIp('fe80::1%eth0')).toBe(normaliseIp('fe80::2'));
  });

  test('shares its bucket with every address of its /64 and with no other', () => {
    const part = fc.integer({ min: 0, max: 0xffff });
    const quad = fc.tuple(part, part, part, part);
    const address = (network: number[], host: number[]) => [...network, ...host].map((n) => n.toString(16)).join(':');
    fc.assert(
      fc.property(quad, quad, quad, quad, (network, other, host, neighbour) => {
        // The first 80 bits of an IPv4-mapped address are zeros: those have their own rule.
        fc.pre(network.some(Boolean) && other.some(Boolean));
        expect(normaliseIp(address(network, host))).toBe(normaliseIp(address(network, neighbour)));
        const same = network.every((n, index) => n === other[index]);
        expect(normaliseIp(address(network, host)) === normaliseIp(address(other, host))).toBe(same);
      }),
    );
  });
});

test.each(['', 'unknown', 'localhost', '192.0.2.1, 10.0.0.1', '192.0.2.1:80', '999.1.1.1', '2001:db8::1::2'])(
  'what is no address, %j, shares one bucket',
  (address) => {
    expect(normaliseIp(address)).toBe('unknown');
  },
);
