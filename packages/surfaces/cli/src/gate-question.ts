/**
 * What somebody at a terminal is asked about one gate, and what they may answer.
 *
 * Not here: asking (`ask.ts`), what they see of the gate (`render/run-lines.ts`).
 */
import type { GateRow, JsonValue } from '@reborn/host-api';

/** `all`: shows the rest of the input. `discard`: takes an edit back. */
export type Choice = 'approve' | 'deny' | 'edit' | 'discard' | 'all' | 'leave';

/** What the person made of the question so far. */
export interface Draft {
  readonly edited: JsonValue | undefined;
  readonly all: boolean;
}

export interface Option {
  readonly value: Choice;
  readonly label: string;
  readonly hint?: string;
}

const QUESTIONS: Readonly<Record<GateRow['kind'], string>> = {
  approval: 'May this be done?',
  credentials: 'Are the secrets there now?',
  budget: 'May this go on all the same?',
};

const LEAVE: Option = { value: 'leave', label: 'Leave it open', hint: 'answer later, from anywhere' };

export function questionOf({ kind }: Pick<GateRow, 'kind'>): string {
  return QUESTIONS[kind];
}

/** `hidden`: lines of the input that were not shown; nothing is approved before. Only what is approved can be edited. */
export function optionsOf(
  gate: Pick<GateRow, 'kind' | 'credentials'>,
  { edited }: Draft,
  { hidden, editor }: { readonly hidden: number; readonly editor: string | undefined },
): readonly Option[] {
  if (gate.kind === 'credentials') return [...credentialOptions(gate), LEAVE];
  const isEdited = edited !== undefined;
  const approve: Option = {
    value: 'approve',
    label: isEdited ? 'Approve what you made of it' : 'Approve',
    hint: 'exactly this input, once',
  };
  const hint = editor === undefined ? 'set EDITOR first' : 'you will see it again before it counts';
  const edit: Option = { value: 'edit', label: isEdited ? 'Edit it again' : 'Edit the input', hint };
  return [
    hidden > 0 ? { value: 'all', label: 'Show all of it', hint: 'then you may approve it' } : approve,
    { value: 'deny', label: 'Deny' },
    ...(gate.kind === 'approval' ? [edit] : []),
    ...(isEdited ? [{ value: 'discard' as const, label: 'Go back to the input that was asked about' }] : []),
    LEAVE,
  ];
}

/** A hook may want a credential that no secret stands for. */
function credentialOptions({ credentials = [] }: Pick<GateRow, 'credentials'>): readonly Option[] {
  const hint = 'store them with `reborn secrets set` in another terminal first';
  return [
    { value: 'approve', label: 'They are', ...(credentials.length === 0 ? {} : { hint }) },
    { value: 'deny', label: 'There will be none' },
  ];
}
