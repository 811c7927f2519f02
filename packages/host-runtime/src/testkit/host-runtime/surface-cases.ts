/**
 * What a caller is shown: in which form, and how it may be narrowed by whoever asks.
 *
 * Not here: what is shown to whom (this package's own tests).
 * Source: specification 2, b.3 and b.11.
 */
import { digestSchema } from '@reborn/host-api';
import { equals, holds } from '@reborn/host-api/testkit';
import type { VisibleCapabilitiesRequest, VisibleSurface } from '../../host-runtime.ts';
import type { DoorCase, PreparedCall } from './harness.ts';

type Narrowing = Omit<VisibleCapabilitiesRequest, 'scope'>;

function show({ runtime, request }: PreparedCall, narrowing: Narrowing = {}): Promise<VisibleSurface> {
  return runtime.visibleCapabilities({ scope: request.context.scope, ...narrowing });
}

const idsOf = ({ capabilities }: VisibleSurface) => capabilities.map(({ descriptor }) => descriptor.id);

export const surfaceCases: readonly DoorCase[] = [
  {
    name: 'shows a surface in the order of its ids, with a version',
    run: async (harness) => {
      const surface = await show(await harness.prepare('completes'));
      const ids = idsOf(surface);
      holds(ids.length > 0, 'there is something to see');
      equals(ids, ids.toSorted(), 'the order of the capabilities');
      holds(digestSchema.safeParse(surface.version).success, 'the version is a digest');
      holds(
        surface.capabilities.every(({ access }) => access === 'available'),
        'the call would go through',
      );
    },
  },
  {
    name: 'shows the same surface to whoever asks again, and to the end of a call',
    run: async (harness) => {
      const call = await harness.prepare('completes');
      const before = await show(call);
      equals(await show(call), before, 'nothing has changed');
      await call.runtime.invokeCapability(call.request);
      equals(await show(call), before, 'calls change nothing');
    },
  },
  {
    name: 'keeps the same surface under different names in different versions, and shows no less and no more by a name',
    run: async (harness) => {
      const call = await harness.prepare('completes');
      const [unnamed, chat, admin] = [
        await show(call),
        await show(call, { surface: 'chat' }),
        await show(call, { surface: 'admin' }),
      ];
      equals(
        [chat.capabilities, admin.capabilities],
        [unnamed.capabilities, unnamed.capabilities],
        'a name shows nothing',
      );
      equals(new Set([unnamed.version, chat.version, admin.version]).size, 3, 'each name has versions of its own');
      equals(await show(call, { surface: 'chat' }), chat, 'and the same one each time');
    },
  },
  {
    name: 'shows nothing to whoever wants nothing',
    run: async (harness) => {
      const call = await harness.prepare('completes');
      equals((await show(call, { maxCapabilities: 0 })).capabilities, [], 'no capability was asked for');
    },
  },
  {
    name: 'shows only what does no more than the caller wants',
    run: async (harness) => {
      const call = await harness.prepare('completes');
      const all = await show(call);
      equals(
        (await show(call, { allowedEffects: ['network'] })).capabilities,
        [],
        'the capability does something else',
      );
      const wide = await show(call, { allowedEffects: ['write_filesystem', 'use_secret', 'network'] });
      equals(wide.capabilities, all.capabilities, 'the capability does no more than that');
    },
  },
  {
    name: 'shows what has to be approved as such, or not at all to whoever does not want it',
    run: async (harness) => {
      const call = await harness.prepare('asks');
      const { capabilities } = await show(call);
      equals(
        capabilities.map(({ access }) => access),
        capabilities.map(() => 'requires_approval'),
        'somebody would be asked',
      );
      equals((await show(call, { includeRequiresApproval: false })).capabilities, [], 'it is left out');
      equals((await show(call, { includeRequiresApproval: true })).capabilities, capabilities, 'it is wanted');
    },
  },
  {
    name: 'shows nothing of what would be denied',
    run: async (harness) => {
      equals((await show(await harness.prepare('denied'))).capabilities, [], 'the call would be denied');
    },
  },
];
