/**
 * What a conversation has read of the files that it is about to change. Held by this process alone: after a restart a file
 * is read again, unless the model still names the version that it read.
 *
 * Not here: keeping calls on one path apart (`path-lock.ts`).
 * Source: specification 2, d and f.2-20.
 */
import { toScopeKey, toThreadKey, type DigestPort, type ResourceScope, type VirtualPath } from '@reborn/host-api';
import { READ_STATE_ENTRIES_MAX, READ_STATE_SCOPE_ENTRIES_MAX } from './limits.ts';

/** A file as one conversation knows it. */
export interface ReadPlace {
  readonly scope: ResourceScope;
  readonly path: VirtualPath;
}

/** Lines that were shown whole. Units: `firstLine` counts from 1. */
export interface SeenLines {
  readonly firstLine: number;
  readonly lines: number;
  readonly totalLines: number;
}

export type Freshness = 'fresh' | 'not_read' | 'partial_read' | 'stale_read';

/**
 * A version is a name for one content at one place, and for nobody outside the conversation.
 * Invariant: it is handed out only to who has seen, or written, all of that content.
 */
export interface ReadState {
  /** The version, once every line has been shown: by one read, or by several of the same content from the start on. */
  sawLines(place: ReadPlace, bytes: Uint8Array, seen: SeenLines): string | undefined;
  wrote(place: ReadPlace, bytes: Uint8Array): string;
  /** Whether what the file holds now is what was read. A version that is named decides by itself. */
  freshness(place: ReadPlace, bytes: Uint8Array, version: string | undefined): Freshness;
}

/** `seenTo`: the last line of those shown without a gap from the first on. */
interface Seen {
  readonly content: string;
  readonly seenTo: number;
  readonly isWhole: boolean;
}

/** Hex digits of a version: enough to meet no other by accident, few enough to repeat. */
const VERSION_DIGITS = 32;

export function createReadState(digest: DigestPort): ReadState {
  /** Order, in both: least recently used first. */
  const scopes = new Map<string, Map<string, Seen>>();
  let entries = 0;

  return {
    sawLines(place, bytes, { firstLine, lines, totalLines }) {
      const content = digest.sha256Hex(bytes);
      const before = find(place);
      const gapless = before?.content === content ? before.seenTo : 0;
      const seenTo = firstLine <= gapless + 1 ? Math.max(gapless, firstLine + lines - 1) : gapless;
      const isWhole = seenTo >= totalLines;
      keep(place, { content, seenTo, isWhole });
      return isWhole ? versionOf(place, content) : undefined;
    },
    wrote(place, bytes) {
      const content = digest.sha256Hex(bytes);
      keep(place, { content, seenTo: Number.POSITIVE_INFINITY, isWhole: true });
      return versionOf(place, content);
    },
    freshness(place, bytes, version) {
      const content = digest.sha256Hex(bytes);
      if (version !== undefined) return version === versionOf(place, content) ? 'fresh' : 'stale_read';
      const seen = find(place);
      if (seen === undefined) return 'not_read';
      if (seen.content !== content) return 'stale_read';
      return seen.isWhole ? 'fresh' : 'partial_read';
    },
  };

  function find({ scope, path }: ReadPlace): Seen | undefined {
    return scopes.get(toConversation(scope))?.get(path);
  }

  function keep({ scope, path }: ReadPlace, seen: Seen): void {
    const conversation = toConversation(scope);
    const paths = scopes.get(conversation) ?? new Map<string, Seen>();
    scopes.delete(conversation);
    scopes.set(conversation, paths);
    entries += paths.delete(path) ? 0 : 1;
    paths.set(path, seen);
    if (paths.size > READ_STATE_SCOPE_ENTRIES_MAX) forgetOldest(conversation, paths);
    if (entries > READ_STATE_ENTRIES_MAX) for (const oldest of scopes) return forgetOldest(...oldest);
  }

  function forgetOldest(conversation: string, paths: Map<string, Seen>): void {
    for (const path of paths.keys()) {
      paths.delete(path);
      entries -= 1;
      break;
    }
    if (paths.size === 0) scopes.delete(conversation);
  }

  function versionOf({ scope, path }: ReadPlace, content: string): string {
    const named = new TextEncoder().encode(`${toConversation(scope)} ${path} ${content}`);
    return digest.sha256Hex(named).slice(0, VERSION_DIGITS);
  }
}

/** Who takes part in a thread has what was read in it before them; without a thread it is the owner's alone. */
function toConversation(scope: ResourceScope): string {
  return scope.threadId === undefined ? toScopeKey(scope) : toThreadKey(scope);
}
