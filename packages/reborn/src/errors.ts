/** Faults of the assembled host. */
import { defineFaults } from '@reborn/host-api';

export const RebornError = defineFaults('reborn', {
  invalid_configuration: {
    meaning: 'The configuration does not have the required form',
    remedy: 'Correct the named field; docs/guides/configuration.md lists all of them.',
    retryable: false,
  },
  not_production_ready: {
    meaning: 'These parts may not run in production',
    remedy: 'Run `reborn doctor`: it names each part that keeps the host from production, and why.',
    retryable: false,
  },
  unknown_tenant: {
    meaning: 'The host does not serve this tenant',
    remedy: 'Name the tenant in `tenants` when the host is created.',
    retryable: false,
  },
  closed: {
    meaning: 'The host was already closed',
    remedy: 'Create a new one.',
    retryable: false,
  },
});
export type RebornError = InstanceType<typeof RebornError>;
