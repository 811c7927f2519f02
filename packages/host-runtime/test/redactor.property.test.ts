/** Known secrets in what comes back: every shape, every spelling, every place. */
import { findLeaks } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, SPELLINGS, type Spelling } from '../src/secret/redactor.ts';
import { SecretValue } from '../src/secret/secret-value.ts';
import { awkwardSecret, shapedSecret, SPELLED } from './secret-spellings.ts';

const runs = Number(process.env['REBORN_MODEL_RUNS'] ?? 60);
const FIXED = 'pa%41ss &w"o<rd\\/+=é';

const surroundings = fc.constantFrom('', ' ', '"', 'key=', '{"a":"', 'x', '?a=1&b=', '</b>', '\n', 'é');
/** UTF-16 is looked for where it is ASCII. */
const secretFor = (spelling: Spelling): fc.Arbitrary<string> =>
  // oxlint-disable-next-line no-control-regex
  spelling === 'utf16' ? shapedSecret.filter((text) => /^[\u0000-\u007f]*$/.test(text)) : shapedSecret;

function redactorOf(secrets: readonly string[], spellings: readonly Spelling[] = SPELLINGS) {
  return createRedactor(
    secrets.map((secret) => new SecretValue(secret)),
    spellings,
  );
}

describe('a lent secret', () => {
  for (const spelling of SPELLINGS) {
    for (const [name, spell] of Object.entries(SPELLED[spelling])) {
      test(`does not come back spelled as ${spelling}.${name}, whatever stands around it`, () => {
        fc.assert(
          fc.property(secretFor(spelling), surroundings, surroundings, (secret, before, after) => {
            const spelled = spell(secret);
            const { text, hits } = redactorOf([secret]).redact(`${before}${spelled}${after}`);
            expect(hits).toBeGreaterThan(0);
            expect(text).not.toContain(spelled);
            expect(findLeaks(text, [secret])).toEqual([]);
            if (spelling === 'plain' || spelling === 'escaped') expect(text).toBe(`${before}[redacted]${after}`);
          }),
          { numRuns: runs },
        );
      });
    }
  }

  test('does not come back in bytes, in text or beside what is no text', () => {
    fc.assert(
      fc.property(shapedSecret, fc.uint8Array({ maxLength: 8 }), (secret, noise) => {
        const bytes = Buffer.concat([noise, Buffer.from([0xff]), Buffer.from(secret), Buffer.from([0xc0]), noise]);
        const { bytes: left, hits } = redactorOf([secret]).redactBytes(bytes);
        expect(hits).toBeGreaterThan(0);
        expect(Buffer.from(left).includes(secret)).toBe(false);
      }),
      { numRuns: runs },
    );
  });

  test('does not come back beside others, however they overlap', () => {
    fc.assert(
      fc.property(fc.array(awkwardSecret, { minLength: 1, maxLength: 6 }), fc.nat(3), (parts, shared) => {
        const secrets = parts.map((part, at) => part + (parts[at + 1] ?? '').slice(0, shared));
        const { text } = redactorOf(secrets).redact(parts.join(''));
        for (const secret of secrets) if (parts.join('').includes(secret)) expect(text).not.toContain(secret);
      }),
      { numRuns: runs },
    );
  });

  test('goes too when it was cut off behind its first 32 bytes', () => {
    const secret = Buffer.from('a long secret that nobody can guess, not even with a lot of time').toString('hex');
    for (const length of [32, 33, secret.length - 1]) {
      const cut = secret.slice(0, length);
      expect(redactorOf([secret]).redact(`(${cut})`)).toEqual({ text: '([redacted])', hits: 1 });
    }
  });
});

describe('a redactor that does not know a family of spellings', () => {
  for (const spelling of SPELLINGS) {
    for (const [name, spell] of Object.entries(SPELLED[spelling])) {
      test(`is found out by ${spelling}.${name}`, () => {
        const secret = spelling === 'utf16' || spelling === 'plain' ? 'plain ASCII' : FIXED;
        const others = SPELLINGS.filter((known) => known !== spelling);
        const spelled = spell(secret);
        expect(redactorOf([secret], others).redact(spelled).text).toBe(spelled);
        expect(redactorOf([secret]).redact(spelled).text).not.toBe(spelled);
      });
    }
  }
});

describe('everything else', () => {
  test('comes back as it was, to the byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const redactor = redactorOf(['a secret that does not occur']);
        expect(redactor.redact(text)).toEqual({ text, hits: 0 });
        const bytes = new TextEncoder().encode(text);
        expect(redactor.redactBytes(bytes).bytes).toBe(bytes);
      }),
      { numRuns: runs },
    );
  });

  test('is not touched without secrets', () => {
    expect(redactorOf([]).redact('%41 \\u0041 QUFB')).toEqual({ text: '%41 \\u0041 QUFB', hits: 0 });
  });

  test('takes time in proportion to the text, also where every place begins like a secret', () => {
    const secret = `${'a'.repeat(60_000)}b`;
    const counted = (length: number): number => {
      const started = performance.now();
      redactorOf([secret]).redact('a'.repeat(length));
      return performance.now() - started;
    };
    counted(1_000);
    // Compared in full at each place this would take hours.
    expect(counted(300_000)).toBeLessThan(10_000);
  });
});
