import { parseSecretHandle, type GateRow } from '@reborn/host-api';
import { describe, expect, it } from 'vitest';
import { optionsOf, questionOf, type Draft } from './gate-question.ts';

const fresh: Draft = { edited: undefined, all: false };
const shown = { hidden: 0, editor: 'vi' };
const choices = (
  gate: Pick<GateRow, 'kind' | 'credentials'>,
  draft = fresh,
  about: Parameters<typeof optionsOf>[2] = shown,
) => optionsOf(gate, draft, about).map(({ value }) => value);

describe('what somebody is asked about a gate', () => {
  it('follows from its kind: a decision, whether secrets are there, whether a budget matters', () => {
    expect((['approval', 'credentials', 'budget'] as const).map((kind) => questionOf({ kind }))).toEqual([
      'May this be done?',
      'Are the secrets there now?',
      'May this go on all the same?',
    ]);
  });

  it('may be edited where it is approved, and nowhere else', () => {
    expect(choices({ kind: 'approval' })).toEqual(['approve', 'deny', 'edit', 'leave']);
    expect(choices({ kind: 'budget' })).toEqual(['approve', 'deny', 'leave']);
    expect(choices({ kind: 'credentials' })).toEqual(['approve', 'deny', 'leave']);
    const edited = { edited: { text: 'b' }, all: true };
    expect(choices({ kind: 'approval' }, edited)).toEqual(['approve', 'deny', 'edit', 'discard', 'leave']);
  });

  it('is approved only when all of the input was shown', () => {
    const long = { hidden: 3, editor: undefined };
    expect(choices({ kind: 'approval' }, fresh, long)).toEqual(['all', 'deny', 'edit', 'leave']);
    expect(choices({ kind: 'budget' }, fresh, long)).toEqual(['all', 'deny', 'leave']);
  });

  it('says where secrets are stored, if it is about any', () => {
    const hints = (credentials: GateRow['credentials']) =>
      optionsOf({ kind: 'credentials', credentials }, fresh, shown).map(({ hint }) =>
        hint?.includes('reborn secrets set'),
      );
    expect(hints([parseSecretHandle('forge.token')])).toEqual([true, undefined, false]);
    expect(hints([])).toEqual([undefined, undefined, false]);
  });
});
