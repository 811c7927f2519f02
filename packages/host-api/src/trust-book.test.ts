import { describe, expect, test } from 'vitest';
import { InvariantError } from './assert.ts';
import { parseDigest, parseExtensionId } from './ids.ts';
import { createTrustBook } from './trust-book.ts';
import { createHostTrustPolicy, type PackageIdentity, type TrustEntry } from './trust.ts';

const notes: PackageIdentity = { packageId: parseExtensionId('notes'), source: 'local_manifest' };
const pinned: PackageIdentity = { ...notes, digest: parseDigest(`sha256:${'a'.repeat(64)}`) };
const entry: TrustEntry = { ...notes, trust: 'user_trusted', allowedEffects: ['network', 'read_filesystem'] };
const open = (...entries: readonly TrustEntry[]) => createTrustBook(createHostTrustPolicy(entries));
const said = (changes: ReturnType<ReturnType<typeof open>['change']>) =>
  changes.map(({ identity, before, after }) => [identity.packageId, before.class, after.class]);

describe('A book of trust', () => {
  test('tells of a downgrade before anybody is judged by it, and judges by it from then on', () => {
    const book = open(entry);
    const heard: unknown[] = [];
    book.onChange((changes) => heard.push([said(changes), book.evaluate(notes).class]));
    const changes = book.change(() => []);
    expect(said(changes)).toEqual([['notes', 'user_trusted', 'sandbox']]);
    expect(heard).toEqual([[[['notes', 'user_trusted', 'sandbox']], 'sandbox']]);
    expect(book.evaluate(notes).allowedEffects).toEqual([]);
  });

  test('tells of a ceiling that shrank under the same class', () => {
    const book = open(entry);
    const [change] = book.change(([first]) => (first === undefined ? [] : [{ ...first, allowedEffects: ['network'] }]));
    expect(change?.before.allowedEffects).toEqual(['network', 'read_filesystem']);
    expect(change?.after.allowedEffects).toEqual(['network']);
  });

  test('tells nobody of an expansion', () => {
    const book = open({ ...entry, allowedEffects: ['network'] });
    const heard: unknown[] = [];
    book.onChange((changes) => heard.push(changes));
    expect(book.change(() => [entry])).toEqual([]);
    expect(heard).toEqual([]);
    expect(book.evaluate(notes).allowedEffects).toEqual(['network', 'read_filesystem']);
  });

  test('tells of each subject whose class is another now: the content that was pinned, and any other', () => {
    const book = open({ ...entry, ...pinned });
    expect(said(book.change(() => [{ ...entry, ...pinned, trust: 'sandbox' }, entry]))).toEqual([
      ['notes', 'user_trusted', 'sandbox'],
      ['notes', 'sandbox', 'user_trusted'],
    ]);
  });

  test('changes nothing when the change fails or makes no policy', () => {
    const book = open(entry);
    const heard: unknown[] = [];
    book.onChange((changes) => heard.push(changes));
    expect(() =>
      book.change(() => {
        throw new RangeError('no');
      }),
    ).toThrow(RangeError);
    expect(() => book.change(() => [entry, entry])).toThrow('second time');
    expect(book.evaluate(notes).class).toBe('user_trusted');
    expect(heard).toEqual([]);
    expect(said(book.change(() => []))).toHaveLength(1);
  });

  test('is not changed from within a change', () => {
    const book = open(entry);
    book.onChange(() => void expect(() => book.change(() => [])).toThrow(InvariantError));
    book.change(() => []);
    expect.assertions(1);
  });

  test('lets a listener that throws keep nothing from happening, and nobody from hearing', () => {
    const book = open(entry);
    const heard: unknown[] = [];
    book.onChange(() => {
      throw new Error('no');
    });
    const off = book.onChange((changes) => heard.push(changes.length));
    book.change(() => []);
    off();
    book.change(() => [entry]);
    book.change(() => []);
    expect(heard).toEqual([1]);
  });
});
