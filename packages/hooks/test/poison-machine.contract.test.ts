import { createInMemoryStore, parseTenantId } from '@reborn/host-api';
import { machineContract } from '@reborn/host-api/testkit';
import { describe, test } from 'vitest';
import { hookIdSchema, hookPoisonMachine } from '../src/index.ts';
