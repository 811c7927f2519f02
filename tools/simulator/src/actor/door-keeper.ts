/**
 * What goes on around calls: work is stopped, secrets come and go, hooks change, processes are waited for, and somebody
 * looks for what is left behind.
 *
 * Not here: calls (`door-caller.ts`), answers (`door-answerer.ts`).
 */
import { isFault } from '@reborn/host-api';
import { SecretValue, type HostRuntime } from '@reborn/host-runtime';
import { SCOPES, TOKEN } from '../door/capabilities.ts';
import { lookOnce } from '../door/keep-looking.ts';
import type { Stage } from '../door/stage.ts';
import type { Operation, OperationContext } from './actor.ts';

type CancelTarget = Parameters<HostRuntime['cancelWork']>[0]['target'];

export function keeperOperations(stage: Stage): readonly Operation[] {
  const cancel = async ({ process, random }: OperationContext): Promise<void> => {
    const wish = stage.wishes.at(-random.between(1, Math.max(1, Math.min(8, stage.wishes.length))));
    if (wish === undefined) return;
    const { invocationId, correlationId } = wish.request.context;
    const gate = stage.gates.findLast((one) => one.wish === wish);
    const spawned = wish.told.find((outcome) => outcome.kind === 'spawned_process');
    const targets: readonly CancelTarget[] = [
      { kind: 'invocation', invocationId },
      { kind: 'correlation', correlationId },
      ...(gate === undefined ? [] : [{ kind: 'gate', gateId: gate.gateId } as const]),
      ...(spawned?.kind === 'spawned_process' ? [{ kind: 'process', processId: spawned.processId } as const] : []),
      ...(random.chance(0.2) ? [{ kind: 'all' } as const] : []),
    ];
    await stage.heard(stage.doorOf(process).runtime.cancelWork({ scope: wish.scope, target: random.pick(targets) }));
  };

  const secret = async ({ process, random }: OperationContext): Promise<void> => {
    const { tenantId, userId } = random.pick(SCOPES);
    const owner = random.chance(0.7) ? { tenantId, userId } : { tenantId };
    const change = { owner, handle: TOKEN, by: { kind: 'user', id: userId } } as const;
    const { secrets } = stage.doorOf(process);
    if (random.chance(0.6)) await stage.heard(secrets.remove(change));
    else await stage.heard(secrets.put(change, new SecretValue(random.pick(stage.secrets))));
  };

  const wait = async ({ process, random }: OperationContext): Promise<void> => {
    const spawned = stage.wishes.flatMap(({ scope, told }) =>
      told.flatMap((one) => (one.kind === 'spawned_process' ? [{ scope, processId: one.processId }] : [])),
    );
    if (spawned.length === 0) return;
    const { scope, processId } = random.pick(spawned);
    const { processes } = stage.doorOf(process);
    await stage.heard(processes.await(scope, processId, { timeoutMs: random.between(1, 4_000) }));
    await stage.heard(processes.read(scope, processId));
  };
  return [
    { name: 'door.look', weight: 2, run: ({ process }) => lookOnce(stage, process) },
    { name: 'door.cancel', weight: 2, run: cancel },
    { name: 'door.secret', weight: 2, run: secret },
    { name: 'door.wait', weight: 1, run: wait },
    { name: 'door.hooks', weight: 0.5, run: async () => void (stage.hooksVersion += 1) },
  ];
}

/** For everybody who asks a door: a fault ends what they do, and nothing else. */
export function isTrouble(error: unknown, code: string): boolean {
  return isFault(error) && error.code === code;
}
