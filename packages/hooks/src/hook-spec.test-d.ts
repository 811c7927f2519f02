import type { EventBody, GateBody, HookPoint, Mint, VerbOf } from './index.ts';

type Equal<Left, Right> = [Left, Right] extends [Right, Left] ? true : false;
const holds = <Claim extends true>(claim?: Claim): void => void claim;

// The points and verbs of the types are those of the table.
holds<Equal<HookPoint, 'before_capability' | 'event_triggered'>>();
holds<Equal<VerbOf<'before_capability'>, 'observe' | 'refuse' | 'pause'>>();
holds<Equal<keyof Mint<'event_triggered'>, 'observe'>>();

export const restricts: GateBody = (_call, mint) => mint.refuse('hook_blocklist');
// @ts-expect-error There is no verb that allows.
export const allows: GateBody = (_call, mint) => mint.allow();
// @ts-expect-error A gate decides; it does not return nothing.
export const silent: GateBody = () => undefined;
// @ts-expect-error Codes are a closed vocabulary.
export const wordy: GateBody = (_call, mint) => mint.refuse('because of the weather');
// @ts-expect-error What a gate is given cannot be changed.
export const meddles: GateBody = (call, mint) => ((call.capabilityId = 'x.y'), mint.observe());
// @ts-expect-error An event hook has no mint: it can restrict nothing.
export const judges: EventBody = (_event, _delivery, mint) => mint.refuse();
// @ts-expect-error A delivery has nothing but notes to write.
export const acts: EventBody = (_event, delivery) => delivery.append('x');
