/**
 * Addresses that must not be reached, in every form in which somebody may write them, and a judge of addresses that has
 * nothing in common with the host's own.
 *
 * Not here: what is done with them (`hostile-request.ts`).
 */
import { BlockList, isIPv6 } from 'node:net';
import * as fc from 'fast-check';

/** From the registries of special-purpose addresses; `/` as they are written there. */
const CLOSED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
const CLOSED_V6 = ['::/3', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20', '4000::/2', '8000::/1'];

/** One list for each family: a list of both takes every IPv4 address for a mapped one. */
const [closedOfV4, closedOfV6] = [toBlockList(CLOSED_V4, 'ipv4'), toBlockList(CLOSED_V6, 'ipv6')];

/** Node's own opinion, by prefix. */
export function isClosed(address: string): boolean {
  return isIPv6(address) ? closedOfV6.check(address, 'ipv6') || isTunnel(address) : closedOfV4.check(address, 'ipv4');
}

type Octets = readonly [number, number, number, number];

const octet = fc.integer({ min: 0, max: 255 });

/** Some address of one of the closed ranges. */
export const closedV4: fc.Arbitrary<Octets> = fc
  .tuple(fc.constantFrom(...CLOSED_V4), octet, octet, octet, octet)
  .map(([range, ...random]) => {
    const [network = '', prefix] = range.split('/');
    const bits = (0xffff_ffff << (32 - Number(prefix))) >>> 0;
    const number = ((toNumber(network.split('.').map(Number)) & bits) | (toNumber(random) & ~bits)) >>> 0;
    return toOctets(number);
  });

export const dottedV4 = (octets: Octets): string => octets.join('.');

/** The same address in one to four parts, each decimal, octal or hex, in odd letters, with odd dots, escaped. */
export const numericForm: fc.Arbitrary<string> = fc
  .record({
    octets: closedV4,
    parts: fc.integer({ min: 1, max: 4 }),
    bases: fc.array(fc.constantFrom('decimal', 'octal', 'hex', 'HEX'), { minLength: 4, maxLength: 4 }),
    zeros: fc.constantFrom('', '0', '000'),
    dot: fc.constantFrom('.', '\u3002', '\uff0e', '\uff61', '%2e'),
    letters: fc.constantFrom('plain', 'wide', 'circled', 'escaped'),
    tail: fc.constantFrom('', '.'),
  })
  .map(({ octets, parts, bases, zeros, dot, letters, tail }) => {
    const last = octets.slice(parts - 1).reduce((sum, one) => sum * 256 + one, 0);
    const numbers = [...octets.slice(0, parts - 1), last];
    const digits = numbers.map((number, at) => inBase(number, bases[at] ?? 'decimal', zeros));
    return `${digits.map((part) => disguise(part, letters)).join(dot)}${tail}`;
  });

/** A closed IPv4 address inside of an IPv6 one, and IPv6 addresses that are closed themselves. */
export const closedV6: fc.Arbitrary<string> = fc
  .tuple(
    closedV4,
    fc.constantFrom('mapped', 'compatible', 'translated', 'nat64', 'local nat64', '6to4', 'teredo', 'isatap', 'own'),
    fc.constantFrom('::1', '::', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fec0::1', 'ff02::1', '2001:db8::1', '4000::1'),
    fc.boolean(),
  )
  .map(([octets, kind, own, upper]) => {
    const text = embed(octets, kind, own);
    return upper ? text.toUpperCase() : text;
  });

/** Hosts that may be reached: far from all that is closed. */
export const openAddress: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(octet, octet, octet).map(([a, b, c]) => `93.${a}.${b}.${c}`),
  fc.tuple(octet, octet).map(([a, b]) => `2606:4700::${a.toString(16)}:${b.toString(16)}`),
);

function toBlockList(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

/** Prefixes say nothing about ISATAP, whose mark is further behind. */
function isTunnel(address: string): boolean {
  return /:(?:200:|0:|:)5efe:/i.test(address);
}

function embed(octets: Octets, kind: string, own: string): string {
  const [a, b, c, d] = octets;
  const dotted = dottedV4(octets);
  const hex = (high: number, low: number): string => ((high << 8) | low).toString(16);
  switch (kind) {
    case 'mapped':
      return `::ffff:${dotted}`;
    case 'compatible':
      return `::${dotted}`;
    case 'translated':
      return `::ffff:0:${dotted}`;
    case 'nat64':
      return `64:ff9b::${dotted}`;
    case 'local nat64':
      return `64:ff9b:1::${dotted}`;
    case '6to4':
      return `2002:${hex(a, b)}:${hex(c, d)}::1`;
    case 'teredo':
      return `2001:0:${hex(a, b)}:${hex(c, d)}:0:0:${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}`;
    case 'isatap':
      return `2606:4700::5efe:${dotted}`;
    default:
      return own;
  }
}

function inBase(number: number, base: string, zeros: string): string {
  if (base === 'octal') return `0${zeros}${number.toString(8)}`;
  if (base === 'hex') return `0x${zeros}${number.toString(16)}`;
  return base === 'HEX' ? `0X${zeros}${number.toString(16).toUpperCase()}` : number.toString(10);
}

function disguise(digits: string, letters: string): string {
  if (letters === 'wide') return shift(digits, 0xff10 - 0x30);
  if (letters === 'circled')
    return digits.replaceAll(/[1-9]/g, (digit) => String.fromCodePoint(0x2460 + Number(digit) - 1));
  if (letters !== 'escaped') return digits;
  return Array.from(digits, (digit) => `%${digit.charCodeAt(0).toString(16)}`).join('');
}

function shift(text: string, by: number): string {
  return text.replaceAll(/[0-9]/g, (digit) => String.fromCodePoint((digit.codePointAt(0) ?? 0) + by));
}

function toNumber(octets: readonly number[]): number {
  return octets.reduce((sum, one) => sum * 256 + one, 0);
}

function toOctets(number: number): Octets {
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255];
}
