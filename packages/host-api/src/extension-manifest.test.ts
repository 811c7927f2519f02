import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HostApiError } from './errors.ts';
import { packagePathSchema, parseExtensionManifest } from './extension-manifest.ts';
import { MANIFEST_BYTES_MAX, PACKAGE_PATH_BYTES_MAX, PACKAGE_VERSION_BYTES_MAX } from './limits.ts';
import { createSentinel, findLeaks } from './testkit/sentinel.ts';
import { requestedTrustClassSchema, trustClassOutSchema, wireTrustClassSchema } from './trust.ts';

const secret = createSentinel('manifest');
const least = { schemaVersion: 1, id: 'notes', version: '1.0.0', requestedTrust: 'third_party' };

describe('A manifest', () => {
  test.each([
    least,
    { ...least, id: 'acme.notes_2-x', version: '10.20.30-rc.1+build.7' },
    { ...least, $schema: 'https://example.com/extension.schema.json', capabilities: [{ any: 'thing' }], hooks: null },
  ])('is read as it stands, and reads back what it writes: %#', (manifest) => {
    const parsed = parseExtensionManifest(JSON.stringify(manifest));
    expect(parsed).toEqual(manifest);
    expect(parseExtensionManifest(JSON.stringify(parsed))).toEqual(parsed);
  });

  test.each(requestedTrustClassSchema.options)(
    'may wish to be %s, and that is all that becomes of it',
    (requestedTrust) => {
      expect(parseExtensionManifest(JSON.stringify({ ...least, requestedTrust }))).toEqual({
        ...least,
        requestedTrust,
      });
    },
  );

  test.each(trustClassOutSchema.options)('cannot say that it is %s', (trust) => {
    for (const claim of [{ requestedTrust: trust }, { trust }, { effectiveTrust: trust }, { source: 'bundled' }]) {
      expect(refusalOf({ ...least, ...claim }).code).toBe('host-api/invalid_value');
    }
    const fromOutside = wireTrustClassSchema.safeParse(trust).success;
    expect(fromOutside).toBe(trust === 'sandbox' || trust === 'user_trusted');
  });

  test.each<[string, unknown]>([
    ['manifest', []],
    ['manifest', secret],
    ['manifest', { ...least, [secret]: 1 }],
    ['manifest.?', { ...least, $schema: `${secret}\n` }],
    ['manifest.schemaVersion', { ...least, schemaVersion: 2 }],
    ['manifest.schemaVersion', { ...least, schemaVersion: undefined }],
    ['manifest.id', { ...least, id: secret.toUpperCase() }],
    ['manifest.id', { ...least, id: '../notes' }],
    ['manifest.id', { ...least, id: 'x'.repeat(129) }],
    ['manifest.version', { ...least, version: '1.0' }],
    ['manifest.version', { ...least, version: '01.0.0' }],
    ['manifest.version', { ...least, version: `1.0.0-${'x'.repeat(PACKAGE_VERSION_BYTES_MAX)}` }],
    ['manifest.requestedTrust', { ...least, requestedTrust: secret }],
    ['manifest.requestedTrust', { ...least, requestedTrust: undefined }],
  ])('that is wrong in %s is refused, and nothing of it is repeated: %#', (field, manifest) => {
    const fault = refusalOf(manifest);
    expect(fault).toMatchObject({ code: 'host-api/invalid_value', detail: { field } });
    expect(findLeaks(fault, [secret, secret.toUpperCase()])).toEqual([]);
  });

  test.each([
    ['no JSON', `{ "id": ${secret}`],
    ['a member that is none', `{ "__proto__": { "id": "${secret}" } }`],
    ['too deep', `${'['.repeat(70)}${']'.repeat(70)}`],
    ['too large', JSON.stringify({ ...least, capabilities: 'x'.repeat(MANIFEST_BYTES_MAX) })],
  ])('that is %s is refused before it is looked at', (_what, text) => {
    const fault = catchFault(() => parseExtensionManifest(text));
    expect(fault).toMatchObject({ code: 'host-api/invalid_json', detail: { field: 'manifest' } });
    expect(findLeaks(fault, [secret])).toEqual([]);
  });

  test('of any form never leads to anything but a manifest or the one fault', () => {
    const hostile = fc.record(
      {
        schemaVersion: fc.oneof(fc.constant(1), fc.anything()),
        id: fc.oneof(fc.constant('notes'), fc.string()),
        version: fc.oneof(fc.constant('1.0.0'), fc.string()),
        requestedTrust: fc.oneof(fc.constant('untrusted'), fc.string()),
        capabilities: fc.jsonValue(),
        hooks: fc.jsonValue(),
        constructor: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      hostile.map(toText),
      fc.dictionary(fc.string(), fc.jsonValue()).map(toText),
    );
    fc.assert(
      fc.property(text, (any) => {
        try {
          expect(parseExtensionManifest(any)).toMatchObject({ schemaVersion: 1 });
        } catch (error) {
          if (!HostApiError.is(error)) throw error;
        }
      }),
    );
  });
});

describe('A path inside a package', () => {
  test.each([
    ['run.mjs', 'run.mjs'],
    ['./run.mjs', 'run.mjs'],
    ['./a/b-c/d_e.f.json', 'a/b-c/d_e.f.json'],
  ])('%s is %s', (path, parsed) => {
    expect(packagePathSchema.parse(path)).toBe(parsed);
  });

  test.each([
    '',
    '.',
    './',
    '..',
    '../run.mjs',
    'a/../run.mjs',
    'a/./run.mjs',
    'a//run.mjs',
    'a/',
    '/run.mjs',
    '././run.mjs',
    '.hidden',
    '-e',
    'a/-rf',
    'a/.hidden',
    'C:run.mjs',
    'a\\run.mjs',
    'a%2e%2e/run.mjs',
    'run.mjs\0',
    'run .mjs',
    'rün.mjs',
    '~/run.mjs',
    'file:run.mjs',
    'x'.repeat(PACKAGE_PATH_BYTES_MAX + 1),
  ])('%# is none', (path) => {
    expect(packagePathSchema.safeParse(path).success).toBe(false);
  });
});

function toText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch {
    return '{}';
  }
}

function refusalOf(manifest: unknown): HostApiError {
  return catchFault(() => parseExtensionManifest(JSON.stringify(manifest)));
}

function catchFault(work: () => unknown): HostApiError {
  try {
    work();
  } catch (error) {
    if (HostApiError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
