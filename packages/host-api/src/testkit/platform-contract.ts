/**
 * What the small ports of the machine keep: clock, timers, identities, randomness, digest, diagnostics, cipher.
 *
 * Not here: files (`file-system-contract.ts`), processes (`processes-contract.ts`).
 */
import { eventIdSchema } from '../ids.ts';
import type { Cipher, Platform } from '../platform.ts';
import { equals, holds, type ContractCase } from './contract-case.ts';

export interface PlatformHarness {
  readonly platform: Platform;
  /** Lets at least this much time pass for the platform's timers. Units: milliseconds. */
  pass(ms: number): Promise<void>;
}

export const platformContract: readonly ContractCase<PlatformHarness>[] = [
  {
    name: 'tells the time in whole milliseconds since 1970',
    run: async ({ platform: { clock } }) => {
      const nowMs = clock.nowMs();
      holds(Number.isSafeInteger(nowMs) && nowMs > 1_500_000_000_000, 'the clock tells whole milliseconds of this age');
    },
  },
  {
    name: 'runs a callback after its delay and never before schedule returned',
    run: async ({ platform: { timers }, pass }) => {
      const seen: string[] = [];
      timers.schedule(0, () => seen.push('zero'));
      timers.schedule(-5, () => seen.push('past'));
      equals(seen, [], 'nothing runs within schedule');
      timers.schedule(60, () => seen.push('later'));
      timers.schedule(20, () => seen.push('sooner'));
      await pass(150);
      equals(seen, ['zero', 'past', 'sooner', 'later'], 'callbacks run by delay, then in the order of scheduling');
    },
  },
  {
    name: 'never runs a callback that was cancelled',
    run: async ({ platform: { timers }, pass }) => {
      let calls = 0;
      const cancel = timers.schedule(10, () => (calls += 1));
      const keep = timers.schedule(10, () => (calls += 10));
      cancel();
      cancel();
      await pass(60);
      keep();
      equals(calls, 10, 'cancelling is final, and harmless when it comes late or twice');
    },
  },
  {
    name: 'makes UUIDs that are valid and differ',
    run: async ({ platform: { ids } }) => {
      const made = Array.from({ length: 1000 }, () => ids.uuid());
      holds(
        made.every((id) => eventIdSchema.safeParse(id).success),
        'each is a lower-case UUID',
      );
      equals(new Set(made).size, made.length, 'none comes twice');
    },
  },
  {
    name: 'gives as many random bytes as asked for, and others each time',
    run: async ({ platform: { random } }) => {
      equals(
        [0, 1, 16, 1000].map((length) => random.bytes(length).length),
        [0, 1, 16, 1000],
        'the length is kept',
      );
      holds(random.bytes(16).join() !== random.bytes(16).join(), 'two draws differ');
    },
  },
  {
    name: 'computes SHA-256',
    run: async ({ platform: { digest } }) => {
      const bytes = (text: string) => new TextEncoder().encode(text);
      const vectors = [
        ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
        ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
        ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
      ] as const;
      for (const [text, hex] of vectors) equals(digest.sha256Hex(bytes(text)), hex, 'the vectors of FIPS 180-4');
    },
  },
  {
    name: 'reports to the operator without ever throwing',
    run: async ({ platform: { diagnostics } }) => {
      diagnostics.report('A line.');
      diagnostics.report('Two\nlines \u001b[31m', { count: 1, nested: { list: [null] } });
    },
  },
];

export interface CipherHarness {
  readonly cipher: Cipher;
  /** The same kind of cipher under another key. */
  readonly stranger: Cipher;
}

export const cipherContract: readonly ContractCase<CipherHarness>[] = [
  {
    name: 'opens what it sealed, with the same context',
    run: async ({ cipher }) => {
      for (const length of [0, 1, 31, 32, 33, 5000]) {
        const plain = Uint8Array.from({ length }, (_none, at) => at % 256);
        equals(await cipher.open(await cipher.seal(plain, 'context'), 'context'), plain, `${length} bytes come back`);
      }
    },
  },
  {
    name: 'opens nothing else',
    run: async ({ cipher, stranger }) => {
      const sealed = await cipher.seal(new TextEncoder().encode('secret'), 'context');
      equals(await cipher.open(sealed, 'Context'), undefined, 'not with another context');
      equals(await stranger.open(sealed, 'context'), undefined, 'not under another key');
      for (const length of [0, 1, sealed.length - 1]) {
        equals(await cipher.open(sealed.slice(0, length), 'context'), undefined, `not the first ${length} bytes`);
      }
      for (let at = 0; at < sealed.length; at += 1) {
        const changed = sealed.map((byte, index) => (index === at ? byte ^ 1 : byte));
        equals(await cipher.open(changed, 'context'), undefined, `not with byte ${at} changed`);
      }
    },
  },
  {
    name: 'seals the same plain text differently each time',
    run: async ({ cipher }) => {
      const plain = new TextEncoder().encode('secret');
      const [first, second] = [await cipher.seal(plain, 'context'), await cipher.seal(plain, 'context')];
      holds(first.join() !== second.join(), 'two seals differ');
      holds(!new TextDecoder().decode(first).includes('secret'), 'the plain text does not show');
    },
  },
];
