/**
 * I6: what an account holds is the sum of what is reserved in it, a reservation is active exactly as long as its attempt
 * goes on, each is closed once, what it came to is what its accounts were charged, and no limit is ever passed. So the
 * reservations sum to zero when all is over.
 *
 * Not here: what a call may hold (`@reborn/host-runtime`).
 * Source: the project's measures, B1.
 */
import { addAmounts, exceededDimensions, RESOURCE_DIMENSIONS, type ResourceAmounts } from '@reborn/host-api';
import { attemptKey, effectsByInvocation, type DoorImage } from './door-image.ts';
import { violation, type Violation } from './violation.ts';

/**
 * `limitOf`: what an account may never pass; `undefined` where nothing limits it. Of accounts whose window lasts longer than
 * what is looked at.
 */
export function checkReservations(
  door: DoorImage,
  limitOf: (account: string) => ResourceAmounts | undefined,
): readonly Violation[] {
  return [...checkSums(door, limitOf), ...checkLives(door), ...checkClosings(door)];
}

function checkSums(door: DoorImage, limitOf: (account: string) => ResourceAmounts | undefined): readonly Violation[] {
  const [reserved, charged] = [new Map<string, ResourceAmounts>(), new Map<string, ResourceAmounts>()];
  for (const { status, accounts, held, used = {} } of door.reservations.values()) {
    const [sums, amounts] = status === 'active' ? [reserved, held] : [charged, used];
    for (const key of accounts) sums.set(key, addAmounts(sums.get(key) ?? {}, amounts));
  }
  return [...door.accounts].flatMap(([key, { used, held }]) => {
    const limit = limitOf(key);
    const passed = limit === undefined ? [] : exceededDimensions(addAmounts(used, held), limit);
    return [
      ...(isSame(held, reserved.get(key) ?? {}) ? [] : [found(key, 'holds something else than is reserved in it')]),
      ...(isCharged(used, charged.get(key)) ? [] : [found(key, 'was charged something else than was used')]),
      ...passed.map((dimension) => found(key, `has passed its limit of ${dimension}`)),
    ];
  });
}

/** Active with an attempt that goes on, and with no other. */
function checkLives(door: DoorImage): readonly Violation[] {
  const going = new Set([
    ...[...door.effects.values()].filter(({ status }) => status === 'intended').map(attemptKey),
    ...[...door.processes.values()]
      .filter(({ status }) => status === 'running')
      .map(({ about, attempt }) => attemptKey({ invocationId: String(about['invocationId']), attempt })),
  ]);
  return [...door.reservations.values()].flatMap((row) => {
    const [key, { status }] = [attemptKey(row), row];
    if ((status === 'active') === going.has(key)) return [];
    return [found(key, status === 'active' ? 'outlives its attempt' : `is ${status} before its attempt is over`)];
  });
}

function checkClosings(door: DoorImage): readonly Violation[] {
  const closed = new Set<string>();
  const rows = effectsByInvocation(door);
  return door.of('resources_closed').flatMap((record) => {
    const key = attemptKey(record);
    const twice = closed.has(key);
    closed.add(key);
    const isKnown = rows.has(record.invocationId ?? '');
    return [
      ...(twice ? [found(key, 'was closed twice')] : []),
      ...(isKnown ? [] : [found(key, 'was closed for a call that is not there')]),
    ];
  });
}

/** Dimension by dimension; what is absent is nothing. */
function isSame(left: ResourceAmounts, right: ResourceAmounts): boolean {
  return RESOURCE_DIMENSIONS.every((dimension) => Number(left[dimension] ?? 0) === Number(right[dimension] ?? 0));
}

/** Money, that is: it is used by reserved attempts alone. */
function isCharged(used: ResourceAmounts, charged: ResourceAmounts | undefined): boolean {
  return Number(used.usd ?? 0) === Number(charged?.usd ?? 0);
}

function found(key: string, rule: string): Violation {
  return violation('I6', `${key} ${rule}`);
}
