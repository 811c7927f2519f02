/**
 * The key of a subscription's record: its stream and its name as one text.
 *
 * Not here: the record (`subscription.ts`).
 */
import { utf8Bytes, type StreamKey } from '@reborn/host-api';

/** The key of a subscription's record and, behind `lease:`, of its lease. Injective. */
export function subscriptionKey(stream: StreamKey, name: string): string {
  return `${prefixOf(stream)}${part(name)}`;
}

/** The name in a key; `undefined` for the key of another stream. */
export function subscriptionNameIn(stream: StreamKey, key: string): string | undefined {
  const prefix = prefixOf(stream);
  return key.startsWith(prefix) ? key.slice(key.indexOf(':', prefix.length) + 1) : undefined;
}

export function leaseKeyOf(key: string): string {
  return `lease:${key}`;
}

function prefixOf({ family, tenantId }: StreamKey): string {
  return `subscription|${family}|${part(tenantId)}|`;
}

function part(text: string): string {
  return `${utf8Bytes(text)}:${text}`;
}
