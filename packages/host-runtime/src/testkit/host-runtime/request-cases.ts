/**
 * What is no request, of any method, and what its caller is told. A request is closed: a key that is not known is refused,
 * so that no host does less with a request than its caller meant.
 *
 * Not here: contexts and scopes in detail (`@reborn/host-api`).
 * Source: specification 2, b.1, b.2 and b.3.
 */
import { isFault } from '@reborn/host-api';
import { buildContext, buildScope, equals, fixedUuid, holds, rejects } from '@reborn/host-api/testkit';
import { HostRuntimeError } from '../../errors.ts';
import type { HostRuntime, InvokeRequest } from '../../host-runtime.ts';
import { faultOf, type DoorCase } from './harness.ts';

const INVALID = ['host-runtime/invalid_request'];

const call = { context: buildContext(), capabilityId: 'notes.write', input: {} };
const answer = { tenantId: 'acme', gateId: fixedUuid(9), approver: { kind: 'user', id: 'alice' }, decision: 'approve' };
const deep = Array.from({ length: 70 }).reduce<unknown>((inner) => [inner], 'x');
const scope = buildScope();
const all = { scope, target: { kind: 'all' } };
const credential = { handle: 'token', value: 'x' };
const authentication = { ...answer, decision: 'authenticate' };
const throwing = {
  get scope(): never {
    throw new HostRuntimeError('host-runtime/unavailable');
  },
  get context(): never {
    throw new HostRuntimeError('host-runtime/unavailable');
  },
  get gateId(): never {
    throw new HostRuntimeError('host-runtime/unavailable');
  },
};

type Method = Exclude<keyof HostRuntime, 'health'>;
type Malformed = readonly (readonly [what: string, request: unknown])[];

const MALFORMED_CALLS: Malformed = [
  ['a key that is not known', { ...call, trust: 'system' }],
  ['grants of its own', { ...call, context: { ...call.context, grants: [] } }],
  ['a capability id that is none', { ...call, capabilityId: '../notes' }],
  ['an invocation id that is none', { ...call, context: { ...call.context, invocationId: 'first' } }],
  ['no context', { capabilityId: call.capabilityId, input: {} }],
  ['no tenant', { ...call, context: { ...call.context, scope: { userId: 'alice' } } }],
  ['a run without a lease', { ...call, context: { ...call.context, run: { runId: fixedUuid(1) } } }],
  ['an input that is not JSON', { ...call, input: { at: new Set() } }],
  ['no input', { context: call.context, capabilityId: call.capabilityId }],
  ['an input that is too deep', { ...call, input: deep }],
  ['an input with a key __proto__', { ...call, input: JSON.parse('{"__proto__":{"a":1}}') }],
  ['an estimate that is less than nothing', { ...call, estimate: { calls: -1 } }],
  ['an estimate of money that is a number', { ...call, estimate: { usd: 0.1 } }],
  ['an estimate of something that nobody measures', { ...call, estimate: { cpuTimeMs: 1 } }],
];

/** Each is one thing that is wrong with a request. */
const MALFORMED: Readonly<Record<Method, Malformed>> = {
  invokeCapability: MALFORMED_CALLS,
  spawnCapability: MALFORMED_CALLS,
  resolveGate: [
    ['a key that is not known', { ...answer, as: 'host' }],
    ['a decision that is none', { ...answer, decision: 'maybe' }],
    ['an approver without a kind', { ...answer, approver: { id: 'alice' } }],
    ['no tenant', { ...answer, tenantId: undefined }],
    ['a reason that is too long', { ...answer, reason: 'x'.repeat(1025) }],
    ['a gate id that is none', { ...answer, gateId: 'gate' }],
    ['an edit without an input', { ...answer, decision: 'edit' }],
    ['an approval with an input', { ...answer, input: {} }],
    ['an approval with credentials', { ...answer, credentials: [credential] }],
    ['an empty credential', { ...authentication, credentials: [{ ...credential, value: '' }] }],
    ['a credential without a name', { ...authentication, credentials: [{ value: 'x' }] }],
    [
      'more credentials than a capability has',
      { ...authentication, credentials: Array.from({ length: 100 }, () => credential) },
    ],
  ],
  visibleCapabilities: [
    ['no scope', {}],
    ['trust of its own', { scope, trust: 'system' }],
    ['an effect that is none', { scope, allowedEffects: ['everything'] }],
    ['an effect that stands twice', { scope, allowedEffects: ['network', 'network'] }],
    ['fewer capabilities than none', { scope, maxCapabilities: -1 }],
    ['more capabilities than a surface shows', { scope, maxCapabilities: 257 }],
    ['half a capability', { scope, maxCapabilities: 0.5 }],
    ['an answer that is neither yes nor no', { scope, includeRequiresApproval: 'yes' }],
  ],
  cancelWork: [
    ['no target', { scope }],
    ['no scope', { target: { kind: 'all' } }],
    ['a key that is not known', { ...all, tenants: 'all' }],
    ['a target that is none', { scope, target: { kind: 'tenant' } }],
    ['a target of two kinds', { scope, target: { kind: 'all', invocationId: fixedUuid(1) } }],
    ['a target without its id', { scope, target: { kind: 'process' } }],
    ['a reason that is none', { ...all, reason: 'because' }],
  ],
  runtimeStatus: [
    ['no scope', {}],
    ['a key that is not known', { scope, everybody: true }],
    ['a correlation id that is none', { scope, correlationId: 'first' }],
  ],
};

/** Of every method. */
const NO_REQUESTS: Malformed = [
  ['nothing', undefined],
  ['a list', [call]],
  ['what throws when it is looked at', throwing],
];

const methods = Object.keys(MALFORMED) as Method[];

/** What bounds a line of text, wherever a request has one, and what its caller is told. */
const BAD_LINES: readonly (readonly [what: string, text: (bytesMax: number) => string, rule: string])[] = [
  ['is empty', () => '', 'must not be empty'],
  ['is a byte too long', (bytesMax) => 'x'.repeat(bytesMax + 1), 'must be at most # bytes'],
  ['is too long in bytes', (bytesMax) => 'é'.repeat(bytesMax / 2 + 1), 'must be at most # bytes'],
  ['holds NUL', () => 'a\u0000b', 'must not contain control characters'],
  ['holds a line break', () => 'a\nb', 'must not contain control characters'],
  ['holds DEL', () => 'a\u007f', 'must not contain control characters'],
  ['holds a control character beyond ASCII', () => 'a\u0085', 'must not contain control characters'],
  ['holds half a character', () => '\ud800', 'must be well-formed Unicode'],
];

type AskWithLine = (runtime: HostRuntime, line: string, request: InvokeRequest) => Promise<unknown>;

/** Every line that a caller may write, with its bound. */
const LINES: readonly (readonly [what: string, bytesMax: number, ask: AskWithLine])[] = [
  [
    'an idempotency key',
    256,
    (runtime, idempotencyKey, request) => runtime.invokeCapability({ ...request, idempotencyKey }),
  ],
  [
    'the name of a surface',
    64,
    (runtime, surface, { context }) => runtime.visibleCapabilities({ scope: context.scope, surface }),
  ],
];

export const requestCases: readonly DoorCase[] = [
  ...methods.flatMap((method) =>
    [...NO_REQUESTS, ...MALFORMED[method]].map(([what, request]) => refuses(method, what, request)),
  ),
  ...LINES.flatMap(([line, bytesMax, ask]) => [
    ...BAD_LINES.map(([what, text, rule]): DoorCase => ({
      name: `refuses ${line} that ${what}, by the one rule for lines`,
      run: async (harness) => {
        const { runtime, request } = await harness.prepare('completes');
        const fault = await faultOf(ask(runtime, text(bytesMax), request));
        equals(fault.code, 'host-runtime/invalid_request', 'a malformed request is a fault');
        equals(String(fault.detail['rule']).replace(String(bytesMax), '#'), rule, 'the rule is that of lines');
      },
    })),
    takes(line, bytesMax, ask),
  ]),
  {
    name: 'makes faults that say what to do and show nothing of the request',
    run: async (harness) => {
      const { runtime } = await harness.prepare('completes');
      const request = { ...call, capabilityId: 'SENTINEL/../etc' } as unknown as InvokeRequest;
      const fault = await faultOf(runtime.invokeCapability(request));
      holds(HostRuntimeError.is(fault) && isFault(fault), 'it is recognised by its brand');
      equals(
        Object.keys(fault.toJSON()).toSorted(),
        ['code', 'detail', 'message', 'remedy', 'retryable'],
        'its form on the wire',
      );
      equals(fault.detail['field'], 'request.capabilityId', 'it names the field');
      holds(!JSON.stringify([fault.toJSON(), fault.message]).includes('SENTINEL'), 'it shows no value');
    },
  },
  {
    name: 'says with a fault that may be retried that nothing behind it works',
    run: async (harness) => {
      const { runtime, request } = await harness.prepare('unavailable');
      const fault = await faultOf(runtime.invokeCapability(request));
      equals([fault.code, fault.retryable], ['host-runtime/unavailable', true], 'the fault and its advice');
    },
  },
];

function takes(line: string, bytesMax: number, ask: AskWithLine): DoorCase {
  return {
    name: `takes ${line} up to its bound`,
    run: async (harness) => {
      const { runtime, request } = await harness.prepare('completes');
      await ask(runtime, 'é'.repeat(bytesMax / 2), request);
    },
  };
}

function refuses(method: Method, what: string, request: unknown): DoorCase {
  return {
    name: `refuses ${what} in ${method} as a malformed request`,
    run: async (harness) => {
      const { runtime } = await harness.prepare('completes');
      const ask: (request: never) => Promise<unknown> = runtime[method];
      await rejects(ask(request as never), INVALID, 'a malformed request is a fault');
    },
  };
}
