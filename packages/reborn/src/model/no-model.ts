/** The model of a host that has none: it says so. */
import type { ModelProvider } from '@reborn/turns/loop';

export const noModel: ModelProvider = Object.freeze({
  label: 'none',
  complete: async () => ({
    kind: 'failed' as const,
    errorKind: 'unavailable' as const,
    retryable: false,
    explanation: 'This host was composed without a model.',
  }),
});
