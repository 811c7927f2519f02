/**
 * Asking the person at the terminal about one gate, with the input as it will be executed in front of them. What they
 * edit is shown to them again before it counts.
 *
 * Not here: what can be answered (`gate-question.ts`), what an answer leads to (`@reborn/host-runtime`), answering from another process (`commands/answer.ts`),
 * the editor (`edit-input.ts`).
 */
import { isCancel, select } from '@clack/prompts';
import { isFault, toCanonicalJson, type GateRow, type JsonValue } from '@reborn/host-api';
import { editInput } from './edit-input.ts';
import { optionsOf, questionOf, type Choice, type Draft } from './gate-question.ts';
import { resolveOpenGate, type Answering } from './resolve-gate.ts';
import { gateLines, textLines } from './render/run-lines.ts';
import { paint } from './render/style.ts';

/** More lines are shown when the person asks for them, and nothing is approved before. */
const LINES_SHOWN_MAX = 200;

/** `answered` by this person or by somebody else meanwhile; `stopped`: does not want to be asked any more. */
export type Asked = 'answered' | 'left' | 'stopped';

export async function askAbout(answering: Answering, gate: GateRow, home: string): Promise<Asked> {
  const { io } = answering.machine;
  let draft: Draft = { edited: undefined, all: false };
  for (;;) {
    const hidden = showGate(answering, gate, draft);
    const choice = await select<Choice>({
      message: questionOf(gate),
      options: [...optionsOf(gate, draft, { hidden, editor: io.editor })],
      initialValue: 'leave',
      signal: io.interrupted,
    });
    if (isCancel(choice)) return 'stopped';
    if (choice === 'leave') return 'left';
    if (choice === 'all') draft = { ...draft, all: true };
    else if (choice === 'discard') draft = { edited: undefined, all: false };
    else if (choice === 'edit') draft = await edit(answering, gate, { draft, home });
    else if (await tryAnswer(answering, gate, { decision: choice, edited: draft.edited })) return 'answered';
  }
}

/** How many lines are not shown. */
function showGate({ machine }: Answering, gate: GateRow, { edited, all }: Draft): number {
  const { io } = machine;
  const lines = gateLines(gate, { columns: io.columns, edited });
  const shown = all ? lines : lines.slice(0, LINES_SHOWN_MAX);
  const hidden = lines.length - shown.length;
  io.out(`\n${shown.join('\n')}\n`);
  if (hidden > 0) io.out(`${paint(`    ${hidden} more lines are NOT shown.`, 'bad', io)}\n`);
  return hidden;
}

async function edit(
  { machine }: Answering,
  gate: GateRow,
  { draft, home }: { readonly draft: Draft; readonly home: string },
): Promise<Draft> {
  try {
    const edited = await editInput(machine.io.editor, draft.edited ?? gate.input, home);
    if (edited.kind === 'failed') {
      machine.io.err(`${paint(edited.why, 'bad', machine.io)}\n`);
      return draft;
    }
    const isSame = toCanonicalJson(edited.input) === toCanonicalJson(gate.input);
    return { edited: isSame ? undefined : edited.input, all: false };
  } catch (error) {
    sayFault(machine.io, error);
    return draft;
  }
}

/** A mistake is said, and the question asked again. */
async function tryAnswer(
  answering: Answering,
  { gateId, receipt }: GateRow,
  answer: { readonly decision: 'approve' | 'deny'; readonly edited: JsonValue | undefined },
): Promise<boolean> {
  const { decision, edited } = answer;
  const input = decision === 'approve' && edited !== undefined ? { input: edited } : {};
  try {
    await resolveOpenGate(answering, { gateId, tenantId: receipt.scope.tenantId }, { decision, ...input });
    return true;
  } catch (error) {
    if (isFault(error) && error.code === 'cli/gate_closed') return true;
    sayFault(answering.machine.io, error);
    return false;
  }
}

function sayFault(io: Answering['machine']['io'], error: unknown): void {
  if (!isFault(error)) throw error;
  for (const line of textLines(`${error.message} ${error.remedy}`, io)) io.err(`${paint(line, 'bad', io)}\n`);
}
