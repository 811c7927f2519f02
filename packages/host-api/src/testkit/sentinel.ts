/**
 * Sentinels: texts that must not turn up anywhere, and the search for them in every form they may have taken.
 *
 * Not here: redaction (`@reborn/host-runtime`), which these prove.
 */

let made = 0;

/** A text that occurs nowhere else. It holds `name` as it is, so a name may bring characters that encodings change. */
export function createSentinel(name: string): string {
  made += 1;
  return `sentinel-${name}-${made}-qzx`;
}

/**
 * The sentinels that occur somewhere in `value`: in texts, keys, bytes, errors with their stack and causes, and in what
 * `toJSON` gives; plain, escaped, URL-encoded, in base64 at any offset, or in hex. Order: as given.
 */
export function findLeaks(value: unknown, sentinels: readonly string[]): string[] {
  const texts = [...collect(value, new Set())].map((text) => ({ text, lower: text.toLowerCase() }));
  return sentinels.filter((sentinel) => {
    const { exact, anyCase } = formsOf(sentinel);
    return texts.some(
      ({ text, lower }) => exact.some((form) => text.includes(form)) || anyCase.some((form) => lower.includes(form)),
    );
  });
}

function* collect(value: unknown, seen: Set<unknown>): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value === 'symbol') yield value.description ?? '';
  if (typeof value === 'function') yield value.name;
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Uint8Array) yield new TextDecoder().decode(value);
  else if (value instanceof Map) for (const entry of value) yield* collect(entry, seen);
  else if (value instanceof Set) for (const entry of value) yield* collect(entry, seen);
  else if ('toJSON' in value && typeof value.toJSON === 'function') yield* collect(value.toJSON(), seen);
  if (value instanceof Uint8Array) return;
  if (value instanceof Error) yield `${value.name} ${value.message} ${value.stack ?? ''}`;
  for (const key of Reflect.ownKeys(value)) {
    yield String(key);
    yield* collect(Reflect.get(value, key), seen);
  }
}

function formsOf(sentinel: string): { readonly exact: readonly string[]; readonly anyCase: readonly string[] } {
  const bytes = new TextEncoder().encode(sentinel);
  const encoded = encodeURIComponent(sentinel.toWellFormed());
  const escaped = JSON.stringify(sentinel).slice(1, -1);
  const base64 = [0, 1, 2].map((offset) => innerBase64(bytes, offset)).filter((form) => form.length > 0);
  const base64Url = base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return {
    exact: [sentinel, escaped, ...base64, ...base64Url],
    anyCase: [encoded, encoded.replaceAll('%20', '+'), hex].map((form) => form.toLowerCase()),
  };
}

/** The digits of base64 that depend on these bytes alone when `offset` other bytes stand before them. */
function innerBase64(bytes: Uint8Array, offset: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const skipped = (6 - ((offset * 8) % 6)) % 6;
  const whole = bits.slice(skipped, skipped + Math.floor((bits.length - skipped) / 6) * 6);
  return (whole.match(/.{6}/g) ?? []).map((six) => alphabet.charAt(Number.parseInt(six, 2))).join('');
}
