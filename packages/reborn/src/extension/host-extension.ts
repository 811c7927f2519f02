/**
 * What is handed to a host in code: tools and hooks of one provider.
 *
 * Not here: packages found in folders (`extension-source.ts`).
 */
import type { CapabilityHandler } from '@reborn/host-runtime';
import type { HookSpec } from '@reborn/hooks';

/**
 * `id` names the provider of its hooks. `bundled` extensions come with this host and are first party; all others are the
 * operator's own and trusted as such. A tool names its own provider.
 */
export interface HostExtension {
  readonly id: string;
  readonly version: string;
  readonly source?: 'bundled' | 'composed';
  readonly tools?: readonly CapabilityHandler[];
  readonly hooks?: readonly HookSpec[];
}
