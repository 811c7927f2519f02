/** What comes out of a call: cleaned first and measured then; withheld, the effect is told all the same. */
import type { JsonValue } from '@reborn/host-api';
import type { HandlerCall } from '@reborn/host-runtime';
import { scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createFacadeBench, TOKEN, tokenHandle } from './facade-bench.ts';

const limits = [{ axis: 'user', period: { kind: 'day' }, limit: { usd: '10' } }] as const;
/** The key of somebody, by its shape. */
const KEY = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';

interface Given {
  readonly output: (token: string) => JsonValue;
  readonly reads?: boolean;
  readonly outputBytesMax?: number;
}

/** One call of a capability that was lent a secret and makes its output of it. */
async function call({ output, reads = false, outputBytesMax = 1024 }: Given) {
  const bench = createFacadeBench({ limits });
  await bench.putToken();
  const handler = scriptedHandler({
    descriptor: {
      effects: reads ? ['read_filesystem', 'use_secret'] : ['use_secret', 'write_filesystem'],
      credentials: [{ handle: tokenHandle }],
      estimate: { usd: '0.4' },
      outputBytesMax,
    },
    runs: [
      ({ secrets }: HandlerCall) => ({
        kind: 'completed',
        output: output(secrets?.take(tokenHandle)?.reveal() ?? 'nothing'),
        usage: { usd: '0.3' },
      }),
    ],
  });
  const allowance = { secrets: [tokenHandle] };
  const runtime = bench.open([handler], {}, [], { verdict: 'allow', allowance });
  const request = bench.newCall();
  const outcome = await runtime.invokeCapability(request);
  expect(handler.calls).toHaveLength(1);
  const [standing] = await bench.budgets.standing(bench.scope);
  const records = await bench.records('runtime', 'journal', 'audit', 'security');
  expect(JSON.stringify([outcome, records])).not.toContain(TOKEN);
  return {
    outcome,
    boundaries: records.flatMap((each) => (each['boundary'] === 'output' ? [each['code']] : [])),
    settled: records.filter(({ kind }) => kind === 'effect_settled'),
    charged: [standing?.used.usd, standing?.held.usd],
    again: () => runtime.invokeCapability(request),
  };
}

describe('An output', () => {
  test('loses what the call was lent, in keys too, and whatever is named as a secret', async () => {
    const { outcome, boundaries, again } = await call({
      output: (token) => ({
        text: `with ${token}`,
        [token]: 1,
        list: [[token]],
        password: 'hunter2',
        page_token: 'p2',
      }),
    });
    const cleaned = {
      text: 'with [redacted]',
      '[redacted]': 1,
      list: [['[redacted]']],
      password: '[redacted]',
      page_token: 'p2',
    };
    expect(outcome).toMatchObject({ kind: 'completed', output: cleaned });
    expect(boundaries).toEqual(['output_redacted']);
    expect(await again()).toEqual(outcome);
  });

  test('is measured as it goes out: cleaned first, to the byte', async () => {
    const cleaned = '"[redacted]"';
    const output = (token: string) => token.repeat(2);
    expect(TOKEN.length * 2 + 2).toBeGreaterThan(cleaned.length);
    const fits = await call({ output, outputBytesMax: cleaned.length });
    expect(fits.outcome).toMatchObject({ kind: 'completed', outputBytes: cleaned.length });
    const tooLong = await call({ output, outputBytesMax: cleaned.length - 1 });
    expect(tooLong.outcome).toMatchObject({ failureKind: 'output_too_large', effect: 'happened' });
    const grows = await call({ output: () => ({ password: 'x' }), outputBytesMax: 16 });
    expect(grows.outcome).toMatchObject({ failureKind: 'output_too_large', effect: 'happened' });
  });

  test.each<[string, Given['output'], string]>([
    [
      'in which two keys would become one',
      (token) => ({ [token]: 1, [`${token}${token}`]: { [token]: 2 }, a: { [`x${token}`]: 1, 'x[redacted]': 2 } }),
      'output_collision',
    ],
    ['with the key of somebody', () => ({ note: KEY }), 'output_leak'],
    ['with the key of somebody as a name', () => [{ [KEY]: 1 }], 'output_leak'],
  ])('%s is withheld, and what happened is told, charged and not repeated', async (_, output, errorKind) => {
    const { outcome, boundaries, settled, charged, again } = await call({ output });
    expect(outcome).toMatchObject({ kind: 'failed', failureKind: 'output_withheld', effect: 'happened' });
    expect(JSON.stringify([outcome, settled])).not.toContain(KEY);
    expect(boundaries).toEqual(['output_leak']);
    expect(settled).toMatchObject([{ outcome: 'failed', effect: 'happened', errorKind }]);
    expect(charged).toEqual(['0.4', '0']);
    expect(await again()).toEqual(outcome);
  });

  test('of a call that only reads is withheld as well, and nothing has happened', async () => {
    const { outcome, boundaries } = await call({ output: () => KEY, reads: true });
    expect(outcome).toMatchObject({ failureKind: 'output_withheld', effect: 'none' });
    expect(boundaries).toEqual(['output_leak']);
  });
});
