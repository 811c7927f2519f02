/**
 * The store of a door without discipline: what such a door would have asked for, in place of what the right one asks for.
 *
 * Not here: rules that are broken elsewhere (`open-door.ts`), wrong stores (`../store/discipline.ts`).
 */
import {
  gateMachine,
  idempotencyMachine,
  leaseMachine,
  limiterMachine,
  reservationMachine,
  type CommitOutcome,
  type DurableStore,
  type JsonObject,
  type TransitionWrite,
  type Write,
  type WriteReceipt,
} from '@reborn/host-api';
import { withCommit } from '../store/with-commit.ts';
import type { DoorDiscipline } from './door-discipline.ts';

/** What a wrong door makes of one write; `undefined` leaves it out. */
type Change = (write: TransitionWrite) => TransitionWrite | undefined;

export function undisciplined(store: DurableStore, discipline: DoorDiscipline): DurableStore {
  const changes = changesOf(discipline);
  if (changes.length > 0) return withCommit(store, (writes) => commitChanged(store, writes, changes));
  if (discipline.records === 'behind_them') return withCommit(store, (writes) => commitApart(store, writes));
  return store;
}

function changesOf(discipline: DoorDiscipline): readonly Change[] {
  const { answers, revocations, edits, reservations, limits, lostEffects, runLeases } = discipline;
  return [
    ...(answers === 'left' ? [without(gateMachine.name, ['consume'])] : []),
    ...(revocations === 'forgotten' ? [without(gateMachine.name, ['revoke'])] : []),
    ...(edits === 'forgotten' ? [rewritten(gateMachine.name, 'approve', less('edit'))] : []),
    ...(reservations === 'left'
      ? [without(reservationMachine.name, ['reconcile', 'release']), without(limiterMachine.name, ['settle'])]
      : []),
    ...(limits === 'before_it'
      ? ['reserve', 'charge'].map((trigger) => rewritten(limiterMachine.name, trigger, less('limit', 'pauseAt')))
      : []),
    ...(lostEffects === 'open_again'
      ? [
          rewritten(idempotencyMachine.name, 'presume_lost', ({ fingerprint, attempt }) => {
            return { trigger: 'reopen', fingerprint, attempt } as JsonObject;
          }),
        ]
      : []),
    ...(runLeases === 'believed' ? [without(leaseMachine.name, ['check'])] : []),
  ];
}

function without(machine: string, triggers: readonly string[]): Change {
  return (write) => {
    const isMeant = write.machine === machine && triggers.includes(String(write.command['trigger']));
    return isMeant ? undefined : write;
  };
}

function rewritten(machine: string, trigger: string, rewrite: (command: JsonObject) => JsonObject): Change {
  return (write) => {
    if (write.machine !== machine || write.command['trigger'] !== trigger) return write;
    return { ...write, command: rewrite(write.command) };
  };
}

/** Writes that are left out have receipts all the same: the door finds those of the others where it looks for them. */
async function commitChanged(
  store: DurableStore,
  writes: readonly Write[],
  changes: readonly Change[],
): Promise<CommitOutcome> {
  const changed = writes.map((write) =>
    write.kind === 'transition'
      ? changes.reduce<TransitionWrite | undefined>((left, change) => left && change(left), write)
      : write,
  );
  const places = changed.flatMap((write, at) => (write === undefined ? [] : [at]));
  const outcome = await store.commit(changed.flatMap((write) => write ?? []));
  if (outcome.kind === 'conflict') return { ...outcome, at: places[outcome.at] ?? outcome.at };
  const receipts = new Map(outcome.receipts.map((receipt, index) => [places[index], receipt]));
  const none: WriteReceipt = { kind: 'record', row: undefined };
  return { kind: 'committed', receipts: writes.map((_, at) => receipts.get(at) ?? none) };
}

/** Changes first, and what is said about them in a unit of its own. */
async function commitApart(store: DurableStore, writes: readonly Write[]): Promise<CommitOutcome> {
  const isChange = ({ kind }: Write): boolean => kind === 'transition';
  if (!writes.some(isChange) || writes.every(isChange)) return store.commit(writes);
  const first = await store.commit(writes.filter(isChange));
  if (first.kind === 'conflict') return first;
  const second = await store.commit(writes.filter((write) => !isChange(write)));
  if (second.kind === 'conflict') return second;
  const [changes, records] = [[...first.receipts], [...second.receipts]];
  const receipts = writes.flatMap((write) => (isChange(write) ? changes : records).shift() ?? []);
  return { kind: 'committed', receipts };
}

/** The same data without some of its fields. */
export function less(...names: readonly string[]): (data: JsonObject) => JsonObject {
  return (data) => Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));
}
