/**
 * Which addresses may be reached: public ones, and private ones where a target says so.
 *
 * Not here: which hosts (`request-rule.ts`), dialling (the `Network` port).
 * Source: specification 2, a.10; the special-purpose address registries of RFC 6890.
 */
import ipaddr from 'ipaddr.js';

/** Private networks that an operator may open. Not link-local: clouds hand out the machine's own keys there. */
const PRIVATE_RANGES: ReadonlySet<string> = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat']);

/** The part of IPv6 from which public addresses are given out. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

export type AddressJudge = (addresses: readonly string[], isPrivateAllowed: boolean) => boolean;

/** True when each of the addresses may be reached. One that may not spoils the answer: who sent it chose the others too. */
export function areAddressesOpen(addresses: readonly string[], isPrivateAllowed: boolean): boolean {
  return addresses.every((address) => isAddressOpen(address, isPrivateAllowed));
}

/** An address in the one form that every reader reads alike: four decimal parts, or IPv6 without a zone. */
export function isAddress(text: string): boolean {
  return (
    ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && !text.includes('%') && ipaddr.isValid(text))
  );
}

/** True for an address that names this machine. */
export function isLoopback(address: string): boolean {
  return isAddress(address) && ipaddr.parse(address).range() === 'loopback';
}

/** Addresses that stand for another one (mapped, translated, tunnelled) are open nowhere. */
function isAddressOpen(text: string, isPrivateAllowed: boolean): boolean {
  if (!isAddress(text)) return false;
  const address = ipaddr.parse(text);
  if (isPrivateAllowed && PRIVATE_RANGES.has(address.range())) return true;
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || (address.match(GLOBAL_UNICAST) && !isTunnelAddress(address));
}

/** ISATAP (RFC 5214): the last half is `0:5efe` or `200:5efe` and an IPv4 address behind some router. */
function isTunnelAddress(address: ipaddr.IPv6): boolean {
  const [, , , , flags, marker] = address.parts;
  return (flags === 0 || flags === 0x200) && marker === 0x5efe;
}
