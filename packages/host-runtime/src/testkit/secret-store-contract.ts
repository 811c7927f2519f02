/**
 * What a store of secrets keeps, whatever it keeps them in.
 *
 * Not here: that nothing of a secret stands in its storage (the tests of each storage).
 */
import {
  parseSecretHandle,
  parseTenantId,
  parseUserId,
  type JsonObject,
  type ResourceScope,
  type UnitOfWork,
} from '@reborn/host-api';
import { buildScope, equals, rejects, type ContractCase } from '@reborn/host-api/testkit';
import type { SecretChange, SecretStore } from '../secret/secret-store.ts';
import { SecretValue } from '../secret/secret-value.ts';

/** One storage, empty at first, that hosts with different keys open one after the other. */
export interface SecretStoreHarness {
  /** `undefined`: a host without a key. */
  open(key: string | undefined): Promise<{ readonly secrets: SecretStore; readonly units: UnitOfWork }>;
  /** The audit of the tenant `acme`, without ids and times. */
  audit(): Promise<readonly JsonObject[]>;
}

const alice = buildScope();
const bob = buildScope({ userId: parseUserId('bob') });
const handle = parseSecretHandle('forge.token');
const other = parseSecretHandle('chat.token');
const by = { kind: 'user', id: alice.userId } as const;
const everybody = { owner: { tenantId: alice.tenantId }, handle, by };

const ofScope = ({ tenantId, userId }: ResourceScope, name = handle): SecretChange => ({
  owner: { tenantId, userId },
  handle: name,
  by,
});
const value = (text: string): SecretValue => new SecretValue(text);
const textOf = async (secrets: SecretStore, scope: ResourceScope, name = handle): Promise<string | null> =>
  (await secrets.read(scope, name))?.reveal() ?? null;

export const secretStoreContract: readonly ContractCase<SecretStoreHarness>[] = [
  secretCase('keeps what was put, also across hosts with the same key', async ({ open }) => {
    const { secrets } = await open('key');
    for (const text of ['four', ' a€😀\n"\\%41 ', '\ufeffmark', 'x'.repeat(2_000)]) {
      await secrets.put(ofScope(alice), value(text));
      equals(await textOf((await open('key')).secrets, alice), text, 'a secret is read as it was put');
    }
  }),
  secretCase('knows a secret of one person, tenant and name only there', async ({ open }) => {
    const { secrets } = await open('key');
    await secrets.put(ofScope(alice), value('of alice'));
    const elsewhere = [
      [bob, handle],
      [buildScope({ tenantId: parseTenantId('other') }), handle],
      [alice, other],
      [alice, parseSecretHandle('forge')],
      [alice, parseSecretHandle('forge.token.x')],
    ] as const;
    for (const [scope, name] of elsewhere) {
      equals(await textOf(secrets, scope, name), null, 'nobody else reads it');
      equals([...(await secrets.present(scope, [name]))], [], 'for nobody else it is there');
      equals(await secrets.remove(ofScope(scope, name)), false, 'nobody else removes it');
    }
    equals(await secrets.remove(everybody), false, 'the tenant has none of that name');
    const { threadId: _, ...anywhere } = alice;
    equals(await textOf(secrets, anywhere), 'of alice', 'its person reads it in every thread');
  }),
  secretCase('takes a person’s own before that of everybody', async ({ open }) => {
    const { secrets } = await open('key');
    await secrets.put(everybody, value('of everybody'));
    await secrets.put(ofScope(alice), value('of alice'));
    equals([await textOf(secrets, alice), await textOf(secrets, bob)], ['of alice', 'of everybody'], 'own first');
    await secrets.remove(ofScope(alice));
    equals(await textOf(secrets, alice), 'of everybody', 'without an own one, that of everybody');
    equals(await textOf(secrets, buildScope({ tenantId: parseTenantId('other') })), null, 'everybody of one tenant');
  }),
  secretCase('says which are there, and lists names by name, a person’s own first', async ({ open }) => {
    const { secrets } = await open('key');
    const names = ['b', 'a', 'c.d'].map((name) => parseSecretHandle(name));
    for (const name of names) await secrets.put(ofScope(alice, name), value('text'));
    await secrets.put({ ...everybody, handle: parseSecretHandle('b') }, value('text'));
    await secrets.put(ofScope(bob), value('text'));
    const there = await secrets.present(alice, [...names, handle]);
    equals([...there].toSorted(), ['a', 'b', 'c.d'], 'those that are there');
    const listed = async (owner: SecretChange['owner']) =>
      (await secrets.list(owner)).map((listing) => [listing.handle, listing.shared]);
    equals(
      await listed(alice),
      [
        ['a', false],
        ['b', false],
        ['b', true],
        ['c.d', false],
      ],
      'own and shared',
    );
    equals(await listed({ tenantId: alice.tenantId }), [['b', true]], 'of everybody alone');
  }),
  secretCase('forgets what was replaced or removed, and takes a new one', async ({ open }) => {
    const { secrets } = await open('key');
    await secrets.put(ofScope(alice), value('first'));
    await secrets.put(ofScope(alice), value('second'));
    equals(await textOf(secrets, alice), 'second', 'the last one counts');
    equals(await secrets.remove(ofScope(alice)), true, 'it was there');
    equals(await textOf(secrets, alice), null, 'it is gone');
    equals([...(await secrets.present(alice, [handle]))], [], 'it is not there');
    equals(await secrets.list(alice), [], 'it is not listed');
    equals(await secrets.remove(ofScope(alice)), false, 'it is gone already');
    await secrets.put(ofScope(alice), value('third'));
    equals(await textOf(secrets, alice), 'third', 'there is one again');
  }),
  secretCase('stores by writes of somebody else’s unit, once, or not at all', async ({ open }) => {
    const { secrets, units } = await open('key');
    const first = await secrets.sealed(ofScope(alice), value('first'));
    const second = await secrets.sealed(ofScope(alice), value('second'));
    equals(await textOf(secrets, alice), null, 'nothing is stored before the unit');
    equals((await units.commit(first)).kind, 'committed', 'the unit stores it');
    equals(await textOf(secrets, alice), 'first', 'it is there');
    equals((await units.commit(second)).kind, 'conflict', 'what was sealed for an older state does not go through');
    equals((await units.commit(first)).kind, 'conflict', 'nor does the same unit again');
    equals(await textOf(secrets, alice), 'first', 'nothing changed');
  }),
  secretCase(
    'keeps one of those that are put at the same time, and loses none of the others’ audit',
    async (harness) => {
      const { secrets } = await harness.open('key');
      const texts = ['one.', 'two.', 'three'];
      await Promise.all(texts.map((text) => secrets.put(ofScope(alice), value(text))));
      equals(texts.includes((await textOf(secrets, alice)) ?? ''), true, 'one of them counts');
      equals((await harness.audit()).length, 3, 'each of them is in the audit');
    },
  ),
  secretCase('says in the audit who changed what, and nothing of a value', async (harness) => {
    const { secrets } = await harness.open('key');
    await secrets.put(ofScope(alice), value('text'));
    await secrets.put(everybody, value('text'));
    await secrets.remove(ofScope(alice));
    await secrets.remove(ofScope(bob));
    const { tenantId, userId } = alice;
    const about = { kind: 'secret_changed', handle, by };
    const expected = [
      { ...about, scope: { tenantId, userId }, how: 'stored' },
      { ...about, scope: { tenantId }, how: 'stored' },
      { ...about, scope: { tenantId, userId }, how: 'removed' },
    ];
    equals(await harness.audit(), expected, 'the audit names each change once');
  }),
  secretCase('refuses what cannot be a secret, and stores nothing of it', async (harness) => {
    const { secrets } = await harness.open('key');
    for (const text of ['', 'abc', 'x'.repeat(65_537), 'a\u0000bcd', '\ud800abcd', '    ', 'redacted']) {
      const refused = secrets.put(ofScope(alice), value(text));
      await rejects(refused, ['host-runtime/invalid_request'], 'it is refused');
    }
    equals([await secrets.list(alice), await harness.audit()], [[], []], 'nothing happened');
  }),
  secretCase('opens nothing under another key, and says nothing of either', async ({ open }) => {
    await (await open('key')).secrets.put(ofScope(alice), value('text'));
    const { secrets } = await open('another key');
    await rejects(secrets.read(alice, handle), ['host-runtime/secrets_unavailable'], 'it does not open');
    equals([...(await secrets.present(alice, [handle]))], [handle], 'it is there all the same');
    await secrets.put(ofScope(alice), value('under another'));
    equals(await textOf(secrets, alice), 'under another', 'a new one is sealed under the key of this host');
  }),
  secretCase('without a key stores and reads nothing, lists and removes', async ({ open }) => {
    await (await open('key')).secrets.put(ofScope(alice), value('text'));
    const { secrets } = await open(undefined);
    const unavailable = ['host-runtime/secrets_unavailable'];
    await rejects(secrets.put(ofScope(bob), value('text')), unavailable, 'nothing is stored');
    await rejects(secrets.sealed(ofScope(bob), value('text')), unavailable, 'nothing is sealed');
    await rejects(secrets.read(alice, handle), unavailable, 'nothing is read');
    equals(await textOf(secrets, bob), null, 'what is not there is not there');
    equals((await secrets.list(alice)).length, 1, 'names are known');
    equals(await secrets.remove(ofScope(alice)), true, 'a secret can be removed');
    equals(secrets.describe().encrypted, false, 'it does not claim to encrypt');
  }),
];

function secretCase(
  name: string,
  run: (harness: SecretStoreHarness) => Promise<void>,
): ContractCase<SecretStoreHarness> {
  return { name, run };
}
