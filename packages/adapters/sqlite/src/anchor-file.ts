/**
 * The head anchor: a small file beside the database that says which record was acknowledged last, about once a second.
 * A database that ends before its anchor has lost what it had promised to keep.
 *
 * Not here: when it is written (`writer/writer.ts`), and holding a database against it (`writer/assert-anchor.ts`).
 * Invariant: whole or absent, also after a crash: written aside, synced, renamed, and the folder synced.
 * Source: `measures.md`, finding 4.
 */
import { closeSync, constants, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { headAnchorSchema, type HeadAnchor } from '@reborn/host-api';
import { corrupt } from './errors.ts';
import { ANCHOR_BYTES_MAX } from './limits.ts';
import { FILE_MODE, isErrno, systemFault } from './files.ts';
import { sha256Hex } from './sha256.ts';

/** `position`: the order of the record among all records of the store. */
export interface KeptAnchor {
  readonly storeId: string;
  readonly position: number;
  readonly record: HeadAnchor;
}

/** Written with each anchor: a later form has another number. */
const FORMAT = 1;

/** The line of the file: the digest of the rest, a space, the rest. */
const LINE = /^([0-9a-f]{64}) (\{.*\})\n$/;

export function anchorFileOf(path: string): string {
  return `${path}-anchor`;
}

/** Errors: `host-api/store_corrupt` for a file that is anything but a whole anchor, `host-api/store_unavailable`. */
export function readAnchor(path: string): KeptAnchor | undefined {
  const text = readText(anchorFileOf(path));
  if (text === undefined) return undefined;
  const [, digest, json = ''] = LINE.exec(text) ?? [];
  if (digest !== sha256Hex(json)) throw corrupt({ field: 'anchor', rule: 'must be whole' });
  return parseKept(JSON.parse(json) as Readonly<Record<string, unknown>>);
}

/** Errors: those of the system. */
export function writeAnchor(path: string, anchor: KeptAnchor): void {
  const json = JSON.stringify({ format: FORMAT, ...anchor });
  const file = anchorFileOf(path);
  // Each process and thread writes aside on its own: whoever renames last wins, and every anchor is true.
  const aside = `${file}-${process.pid}-${threadId}`;
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  withFile(openSync(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, FILE_MODE), (opened) => {
    writeSync(opened, `${sha256Hex(json)} ${json}\n`);
    fsyncSync(opened);
  });
  renameSync(aside, file);
  withFile(openSync(dirname(file), constants.O_RDONLY), fsyncSync);
}

/** What the digest vouches for was written by this package; by which version, the format says. */
function parseKept({ format, storeId, position, record }: Readonly<Record<string, unknown>>): KeptAnchor {
  const parsed = headAnchorSchema.safeParse(record);
  const known = format === FORMAT && typeof storeId === 'string' && typeof position === 'number' && parsed.success;
  if (!known) throw corrupt({ field: 'anchor', rule: 'must have a form that this version knows' });
  return { storeId, position, record: parsed.data };
}

function readText(file: string): string | undefined {
  try {
    return withFile(openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW), (opened) => {
      const bytes = Buffer.alloc(ANCHOR_BYTES_MAX + 1);
      return bytes.toString('utf8', 0, readSync(opened, bytes, 0, bytes.length, 0));
    });
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined;
    if (isErrno(error, 'ELOOP')) throw corrupt({ field: 'anchor', rule: 'must not be a link' });
    throw systemFault(error, 'the anchor cannot be read');
  }
}

function withFile<T>(opened: number, use: (opened: number) => T): T {
  try {
    return use(opened);
  } finally {
    closeSync(opened);
  }
}
