import { utf8Bytes } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { HooksError } from '../errors.ts';
import { openMint } from './mint.ts';

const accepted = (decision: unknown) => ({ kind: 'accepted', decision });
const refused = (category: string) => ({ kind: 'refused', category });

describe('a mint', () => {
  test('holds what the row of its point permits and nothing else', () => {
    expect(Object.keys(openMint('before_capability').mint)).toEqual(['observe', 'refuse', 'pause']);
    expect(Object.keys(openMint('event_triggered').mint)).toEqual(['observe']);
  });

  test('is frozen and inherits nothing', () => {
    const { mint } = openMint('before_capability');
    expect(Object.isFrozen(mint)).toBe(true);
    expect(Object.getPrototypeOf(mint)).toBeNull();
    expect(Object.values(mint).every((verb) => Object.isFrozen(verb))).toBe(true);
  });

  test('makes decisions that are frozen and inherit nothing', () => {
    const decision = openMint('before_capability').mint.pause('hook_sensitive_action', 'because');
    expect(Object.isFrozen(decision)).toBe(true);
    expect(Object.getPrototypeOf(decision)).toBeNull();
    expect({ ...decision }).toEqual({ verb: 'pause', code: 'hook_sensitive_action', reason: 'because' });
  });

  test('takes codes of the closed vocabulary only', () => {
    const { mint, isMisused } = openMint('before_capability');
    const anyCode = 'because I say so' as never;
    expect(() => mint.refuse(anyCode)).toThrow(expect.objectContaining({ code: 'hooks/invalid_decision' }));
    expect(() => mint.pause('hook_blocklist' as never)).toThrow(
      expect.objectContaining({ code: 'hooks/invalid_decision' }),
    );
    expect(isMisused()).toBe(true);
  });

  test('refuses a reason that is not text', () => {
    const { mint } = openMint('before_capability');
    expect(() => mint.observe({ toString: () => 'x' } as never)).toThrow(HooksError);
  });

  test('cuts a reason at 512 bytes instead of failing over it', () => {
    const { reason = '' } = openMint('before_capability').mint.observe('é'.repeat(1000));
    expect(utf8Bytes(reason)).toBe(512);
  });
});

describe('what counts as a decision', () => {
  test('is the one that its own mint made', () => {
    const { mint, accept } = openMint('before_capability');
    const decision = mint.refuse('hook_blocklist');
    expect(accept(decision)).toEqual(accepted(decision));
  });

  test('is not an object that looks like one', () => {
    const { mint, accept } = openMint('before_capability');
    const copy = { ...mint.observe() };
    expect(accept(copy)).toEqual(refused('malformed'));
    expect(accept(Object.freeze({ verb: 'allow' }))).toEqual(refused('malformed'));
  });

  test.each([[undefined], [null], [true], ['observe'], [() => undefined], [[]]])('is not %o', (value) => {
    expect(openMint('before_capability').accept(value)).toEqual(refused('malformed'));
  });

  test('is not one that was minted for another call', () => {
    const earlier = openMint('before_capability').mint.observe();
    const { mint, accept } = openMint('before_capability');
    mint.observe();
    expect(accept(earlier)).toEqual(refused('malformed'));
  });

  test('is not one that another point permits', () => {
    const foreign = openMint('before_capability').mint.refuse();
    expect(openMint('event_triggered').accept(foreign)).toEqual(refused('attenuation'));
    const observed = openMint('event_triggered').mint.observe();
    expect(openMint('before_capability').accept(observed)).toEqual(refused('attenuation'));
  });

  test('is not one of two: a forgotten return is no consent', () => {
    const { mint, accept } = openMint('before_capability');
    mint.refuse('hook_blocklist');
    expect(accept(mint.observe())).toEqual(refused('malformed'));
  });

  test('is not one that was minted after the call was closed, and minting it does not throw', () => {
    const { mint, accept, close, isMisused } = openMint('before_capability');
    close();
    expect(accept(mint.observe())).toEqual(refused('malformed'));
    expect(isMisused()).toBe(false);
  });
});
