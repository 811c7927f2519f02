import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closedV4, closedV6, dottedV4, isClosed, openAddress } from '../../test/egress/hostile-address.ts';
import { areAddressesOpen, isAddress, isLoopback } from './address-rule.ts';

const RUNS = Number(process.env['REBORN_MODEL_RUNS'] ?? 200);

function isOpen(address: string, isPrivateAllowed = false): boolean {
  return areAddressesOpen([address], isPrivateAllowed);
}

describe('An address', () => {
  test.each(['8.8.8.8', '93.184.215.14', '2606:4700::1111', '2001:4860:4860::8888'])(
    'is open to anybody: %s',
    (address) => {
      expect([isOpen(address), isOpen(address, true)]).toEqual([true, true]);
    },
  );

  test.each(['127.0.0.1', '127.255.0.9', '10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', '::1', 'fd00::1'])(
    'of a private network is open where the operator said so: %s',
    (address) => {
      expect([isOpen(address), isOpen(address, true)]).toEqual([false, true]);
    },
  );

  test.each([
    ['of the links', '169.254.169.254'],
    ['of the links', 'fe80::1'],
    ['of the links of a zone', 'fe80::1%eth0'],
    ['of no host', '0.0.0.0'],
    ['of no host', '0.1.2.3'],
    ['of no host', '::'],
    ['of many hosts', '224.0.0.1'],
    ['of many hosts', '255.255.255.255'],
    ['of many hosts', 'ff02::1'],
    ['of the documentation', '192.0.2.1'],
    ['of the documentation', '198.51.100.1'],
    ['of the documentation', '203.0.113.1'],
    ['of the documentation', '2001:db8::1'],
    ['of the documentation', '3fff::1'],
    ['of measurements', '198.18.0.1'],
    ['of the future', '240.0.0.1'],
    ['of protocols', '192.0.0.1'],
    ['of sites', 'fec0::1'],
    ['of nobody', '4000::1'],
    ['of nobody', '100::1'],
    ['that stands for another one', '::ffff:127.0.0.1'],
    ['that stands for another one', '::ffff:8.8.8.8'],
    ['that stands for another one', '::7f00:1'],
    ['that stands for another one', '64:ff9b::a00:1'],
    ['that stands for another one', '64:ff9b:1::a00:1'],
    ['that stands for another one', '2002:7f00:1::'],
    ['that stands for another one', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['that stands for another one', '2606:4700::5efe:7f00:1'],
    ['that stands for another one', '2606:4700::200:5efe:7f00:1'],
    ['in no form that everybody reads alike', '127.1'],
    ['in no form that everybody reads alike', '0x7f000001'],
    ['in no form that everybody reads alike', '017700000001'],
    ['in no form that everybody reads alike', '8.8.8.08'],
    ['in no form that everybody reads alike', 'localhost'],
    ['in no form that everybody reads alike', ''],
  ])('%s is open to nobody: %s', (_kind, address) => {
    expect([isOpen(address), isOpen(address, true)]).toEqual([false, false]);
  });

  test('that is closed spoils the open ones around it', () => {
    expect(areAddressesOpen(['8.8.8.8', '10.0.0.1', '8.8.4.4'], false)).toBe(false);
    expect(areAddressesOpen(['8.8.8.8', '8.8.4.4'], false)).toBe(true);
  });

  test('is judged as by the registries, by somebody who has them from elsewhere', () => {
    const some = fc.oneof(closedV4.map(dottedV4), closedV6, openAddress, fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(some, (address) => !(isOpen(address) && isClosed(address))),
      { numRuns: RUNS },
    );
    fc.assert(
      fc.property(openAddress, (address) => isOpen(address)),
      { numRuns: RUNS },
    );
  });

  test('is one only in its own form, and loopback only as one', () => {
    expect(['127.0.0.1', '::1', '::FFFF:1.2.3.4'].map(isAddress)).toEqual([true, true, true]);
    expect(['127.1', '1', 'a.example', '::1%lo', '[::1]', ''].map(isAddress)).toEqual(Array(6).fill(false));
    expect(['127.9.9.9', '::1'].map(isLoopback)).toEqual([true, true]);
    expect(['localhost', '10.0.0.1', '::ffff:127.0.0.1', ''].map(isLoopback)).toEqual(Array(4).fill(false));
  });
});
