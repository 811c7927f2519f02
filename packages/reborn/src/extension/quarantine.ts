/**
 * Why a package is not taken. A package is taken as a whole or not at all.
 *
 * Not here: finding out (`read-package.ts`, `extension-registry.ts`).
 */
import { isFault, type FaultDetail } from '@reborn/host-api';

/** Each reason, and what its operator can do. */
export const QUARANTINE = {
  unreadable: 'a file or the folder cannot be read',
  link: 'it holds a link; put the file itself there',
  special_file: 'it holds something that is neither a file nor a folder',
  unsafe_name: 'the name of a file is too long, or holds characters that a package must not use',
  too_large: 'it holds more, or larger, files than a package may',
  no_manifest: 'there is no extension.json, and no package.json whose field `reborn` names one',
  invalid_manifest: 'its manifest does not have the required form',
  hooks_not_taken: 'it declares hooks, which are not taken from packages',
  invalid_capability: 'a capability does not have the required form',
  foreign_namespace: 'a capability does not begin with the id of the package, or its id reaches into that of another',
  invalid_schema: 'a schema is missing, too large, or no JSON Schema that this host knows',
  invalid_prompt: 'the document that explains a capability is missing, empty, too large, or not UTF-8',
  missing_program: 'the program of a capability is no file of the package',
  privileged_effect: 'it declares an effect on the host itself, which its trust does not reach',
  not_trusted: 'its operator has not decided to trust it',
  digest_mismatch: 'it is not the content that its operator trusts',
  reserved_id: 'its id belongs to the host, or to what was composed with it',
  duplicate_id: 'another package has the same id',
} as const satisfies Readonly<Record<string, string>>;
export type QuarantineCode = keyof typeof QUARANTINE;

/** `at` and `rule` say where, without showing what stands there. */
export interface Quarantine {
  readonly code: QuarantineCode;
  readonly at?: string;
  readonly rule?: string;
}

/** Carries the reason out of looking at a package. Never leaves this folder. */
export class Quarantined extends Error {
  readonly reason: Quarantine;
  constructor(code: QuarantineCode, detail: FaultDetail = {}) {
    super(code);
    const { field, rule } = detail;
    this.reason = Object.freeze({
      code,
      ...(field === undefined ? {} : { at: String(field) }),
      ...(rule === undefined ? {} : { rule: String(rule) }),
    });
  }
}

/**
 * Runs a check whose faults mean that the package is not taken. `at`: what the check calls by a name of its own.
 * Errors: `Quarantined`; bugs stay bugs.
 */
export function orQuarantine<T>(code: QuarantineCode, check: () => T, at?: string): T {
  try {
    return check();
  } catch (error) {
    if (!isFault(error)) throw error;
    const { field = '', rule = '' } = error.detail;
    const place = at === undefined ? field : String(field).replace(/^[^.]*/, at);
    throw new Quarantined(code, { field: place, rule });
  }
}
