import { capabilityIdSchema, type CapabilityId } from '@reborn/host-api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFunctionNames } from './function-names.ts';

const id = (text: string): CapabilityId => capabilityIdSchema.parse(text);

describe('function names', () => {
  it('write dots as two underscores and lead back', () => {
    const names = createFunctionNames([id('builtin.read_file')], []);
    expect(names.nameOf(id('builtin.read_file'))).toBe('builtin__read_file');
    expect(names.capabilityOf('builtin__read_file')).toBe('builtin.read_file');
    expect(names.capabilityOf('builtin.read_file')).toBeUndefined();
  });

  it('keep capabilities apart whose names would be the same', () => {
    const ids = [id('a.b.c'), id('a.b__c'), id(`a.${'x'.repeat(100)}1`), id(`a.${'x'.repeat(100)}2`)];
    const names = createFunctionNames(ids, []);
    expect(new Set(ids.map(names.nameOf)).size).toBe(ids.length);
    expect(names.nameOf(id('a.b__c'))).toBe('a__b__c-2');
  });

  it('name what stands in the conversation without offering it', () => {
    const names = createFunctionNames([id('a.b__c')], [id('a.b.c')]);
    expect(names.nameOf(id('a.b__c'))).toBe('a__b__c');
    expect(names.nameOf(id('a.b.c'))).toBe('a__b__c-2');
    expect(names.capabilityOf('a__b__c-2')).toBeUndefined();
  });

  it('are valid, distinct and reversible for any set of capabilities, in any order', () => {
    const part = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,50}$/);
    const ids = fc.uniqueArray(
      fc.tuple(part, part).map((parts) => id(parts.join('.'))),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(ids, (offered) => {
        const names = createFunctionNames(offered, []);
        const turned = createFunctionNames([...offered].reverse(), []);
        for (const one of offered) {
          expect(names.nameOf(one)).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
          expect(names.capabilityOf(names.nameOf(one))).toBe(one);
          expect(turned.nameOf(one)).toBe(names.nameOf(one));
        }
      }),
    );
  });
});
