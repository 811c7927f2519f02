import { parseVirtualPath, portableDigest } from '@reborn/host-api';
import { buildScope } from '@reborn/host-api/testkit';
import { describe, expect, it } from 'vitest';
import { createReadState, type ReadPlace } from './read-state.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const place = (path: string, scope = buildScope()): ReadPlace => ({
  scope,
  path: parseVirtualPath(`/projects/${path}`),
});
const A = place('a');
const all = { firstLine: 1, lines: 3, totalLines: 3 };

describe('the state of reads', () => {
  it('knows what was read whole, and that it is still that', () => {
    const reads = createReadState(portableDigest);
    expect(reads.freshness(A, bytes('x'), undefined)).toBe('not_read');
    expect(reads.sawLines(A, bytes('x'), all)).toMatch(/^[0-9a-f]{32}$/);
    expect(reads.freshness(A, bytes('x'), undefined)).toBe('fresh');
    expect(reads.freshness(A, bytes('y'), undefined)).toBe('stale_read');
    expect(reads.freshness(place('b'), bytes('x'), undefined)).toBe('not_read');
  });

  it('takes several reads of one content from the start on for one', () => {
    const reads = createReadState(portableDigest);
    const see = (firstLine: number, lines: number, text = 'x') =>
      reads.sawLines(A, bytes(text), { firstLine, lines, totalLines: 9 }) !== undefined;
    expect(see(5, 5)).toBe(false);
    expect(see(1, 4)).toBe(false);
    expect(reads.freshness(A, bytes('x'), undefined)).toBe('partial_read');
    expect(see(6, 4)).toBe(false);
    expect(see(4, 3)).toBe(false);
    expect(see(7, 3, 'other')).toBe(false);
    expect(see(1, 6)).toBe(false);
    expect(see(7, 3)).toBe(true);
    expect(reads.freshness(A, bytes('x'), undefined)).toBe('fresh');
  });

  it('knows what was written', () => {
    const reads = createReadState(portableDigest);
    const version = reads.wrote(A, bytes('x'));
    expect(reads.freshness(A, bytes('x'), undefined)).toBe('fresh');
    expect(reads.sawLines(A, bytes('x'), { firstLine: 2, lines: 1, totalLines: 9 })).toBe(version);
  });

  it('belongs to a thread, whoever speaks in it, and to nobody outside', () => {
    const reads = createReadState(portableDigest);
    const version = reads.sawLines(A, bytes('x'), all);
    const bob = place('a', buildScope({ userId: 'bob' }));
    expect(reads.freshness(bob, bytes('x'), undefined)).toBe('fresh');
    for (const scope of [
      buildScope({ threadId: 'thread-2' }),
      buildScope({ agentId: 'other' }),
      buildScope({ tenantId: 'other' }),
      buildScope({ threadId: undefined }),
    ]) {
      expect(reads.freshness(place('a', scope), bytes('x'), undefined)).toBe('not_read');
      expect(reads.freshness(place('a', scope), bytes('x'), version)).toBe('stale_read');
    }
  });

  it('belongs to its owner alone where there is no thread', () => {
    const reads = createReadState(portableDigest);
    reads.sawLines(place('a', buildScope({ threadId: undefined })), bytes('x'), all);
    const bob = place('a', buildScope({ threadId: undefined, userId: 'bob' }));
    expect(reads.freshness(bob, bytes('x'), undefined)).toBe('not_read');
  });

  it('is forgotten with its process, and a version that the conversation still names is not', () => {
    const version = createReadState(portableDigest).sawLines(A, bytes('x'), all);
    const restarted = createReadState(portableDigest);
    expect(restarted.freshness(A, bytes('x'), undefined)).toBe('not_read');
    expect(restarted.freshness(A, bytes('x'), version)).toBe('fresh');
    expect(restarted.freshness(A, bytes('y'), version)).toBe('stale_read');
    expect(restarted.freshness(place('b'), bytes('x'), version)).toBe('stale_read');
  });

  it('lets a named version decide by itself', () => {
    const reads = createReadState(portableDigest);
    reads.sawLines(A, bytes('x'), all);
    expect(reads.freshness(A, bytes('x'), '0'.repeat(32))).toBe('stale_read');
  });

  it('remembers so many reads of one conversation, the newest', () => {
    const reads = createReadState({ sha256Hex: () => 'x' });
    const { scope } = A;
    for (let at = 0; at <= 4096; at += 1) reads.sawLines({ scope, path: `/projects/${at}` as never }, bytes('x'), all);
    expect(reads.freshness(place('0'), bytes('x'), undefined)).toBe('not_read');
    expect(reads.freshness(place('1'), bytes('x'), undefined)).toBe('fresh');
    reads.sawLines(place('1'), bytes('x'), all);
    reads.sawLines(place('new'), bytes('x'), all);
    expect(reads.freshness(place('1'), bytes('x'), undefined)).toBe('fresh');
    expect(reads.freshness(place('2'), bytes('x'), undefined)).toBe('not_read');
  });

  it('remembers so many reads of all conversations, the newest', () => {
    const reads = createReadState({ sha256Hex: () => 'x' });
    const scopes = Array.from({ length: 8 }, (_, at) => buildScope({ threadId: `${at}` }));
    const at = (thread: number, path: number) => ({
      scope: scopes[thread] ?? A.scope,
      path: `/projects/${path}` as never,
    });
    const see = (thread: number, path: number) => reads.sawLines(at(thread, path), bytes('x'), all);
    const isKnown = (thread: number, path: number) =>
      reads.freshness(at(thread, path), bytes('x'), undefined) === 'fresh';
    for (let count = 0; count < 16_384; count += 1) see(count % 8, Math.trunc(count / 8));
    expect([isKnown(0, 0), isKnown(1, 0)]).toEqual([true, true]);
    see(0, 5000);
    expect([isKnown(0, 0), isKnown(1, 0), isKnown(1, 1)]).toEqual([true, false, true]);
  });
});
