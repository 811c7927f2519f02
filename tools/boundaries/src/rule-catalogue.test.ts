import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plantedViolations } from '../test/planted-violation.ts';
import { isRuleName, ruleCatalogue, violation } from './rule-catalogue.ts';

describe('every rule', () => {
  it('has a planted violation', () => {
    expect(new Set(plantedViolations.map(({ rule }) => rule))).toEqual(new Set(Object.keys(ruleCatalogue)));
  });

  it('stands in the guide', () => {
    const guide = readFileSync(new URL('../../../docs/guides/boundaries.md', import.meta.url), 'utf8');
    const rules = guide.split('## The rules')[1]?.split('\n## ')[0] ?? '';
    const named = [...rules.matchAll(/^\| `([a-z-]+)` *\|/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(Object.keys(ruleCatalogue).sort());
  });

  it('says why it is there and where to go instead, after what the case itself has to say', () => {
    const { why, instead } = ruleCatalogue['no-cycles'];
    expect(violation('no-cycles', 'a.ts', 'imports itself').remedy).toBe(`${why} Instead: ${instead}`);
    expect(violation('no-cycles', 'a.ts', 'imports itself', 'First.').remedy).toBe(`First. ${why} Instead: ${instead}`);
  });

  it('is known by its own name only', () => {
    expect(isRuleName('no-cycles')).toBe(true);
    expect(isRuleName('toString')).toBe(false);
  });
});
