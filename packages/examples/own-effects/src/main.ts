// One key is one effect: repeated, raced, failed, lost, going on by itself, broken off by the end of the process.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostRuntimeError, type InvokeOutcome } from '@reborn/host-runtime';
import { openHost, scope, send } from './open-host.ts';

export async function main(print: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'own-effects-'));
  const host = await openHost(folder);
  print(`first: ${describe(await send(host, 'ada', 'invoice-1'))}`);
  print(`again: ${describe(await send(host, 'ada', 'invoice-1'))}`);
  const both = await Promise.all([send(host, 'bea', 'invoice-2'), send(host, 'bea', 'invoice-2')]);
  print(`two at once: ${both.map(describe).join(', ')}`);
  const conflict = await send(host, 'cem', 'invoice-1').catch((fault: unknown) => fault);
  print(`the key of another input: ${HostRuntimeError.is(conflict) ? conflict.code : 'taken'}`);
  print(`nothing happened: ${describe(await send(host, 'busy', 'invoice-3'))}`);
  print(`so it is tried again: ${describe(await send(host, 'busy', 'invoice-3'))}`);
  print(`the answer is lost: ${describe(await send(host, 'lost', 'invoice-4'))}`);
  print(`so it is not tried again: ${describe(await send(host, 'lost', 'invoice-4'))}`);

  const call = { context: host.newContext(scope), capabilityId: 'mail.send', input: { to: 'dan' } };
  const spawned = await host.runtime.spawnCapability(call);
  if (spawned.kind !== 'spawned_process') throw new Error(spawned.kind);
  const ended = await host.processes.await(scope, spawned.processId, { timeoutMs: 10_000 });
  const shown = await host.processes.read(scope, spawned.processId);
  if (ended.kind === 'ended' && shown.kind === 'read') print(`by itself: ${ended.process.status}, "${shown.text}"`);
  await host.close();

  const program = ['--conditions=@reborn/source', join(import.meta.dirname, 'killed.ts'), folder];
  print(`the process ends: ${spawnSync(process.execPath, program).signal}`);
  const next = await openHost(folder, 60_000);
  const found = await send(next, 'killed', 'invoice-9');
  print(`a minute later: ${describe(found)}`);
  const told = await next.explain(scope, { invocationId: found.invocationId });
  const stages = told?.calls[0]?.stages.filter(({ attempt, stage }) => attempt !== undefined && stage !== 'dispatch');
  print(`because: ${stages?.map(({ stage, said }) => `${stage} ${said}`).join(', ')}`);
  await next.close();
  print(`letters: ${(await readFile(join(folder, 'outbox'), 'utf8')).trim().replaceAll('\n', ', ')}`);
  await rm(folder, { recursive: true });
}

function describe(outcome: InvokeOutcome): string {
  return outcome.kind === 'failed' ? `${outcome.failureKind}, effect ${outcome.effect}` : outcome.kind;
}

if (import.meta.main) await main((line) => process.stdout.write(`${line}\n`));
