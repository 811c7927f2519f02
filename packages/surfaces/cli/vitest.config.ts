import { mergeConfig } from 'vitest/config';
import shared from '../../../vitest.shared.ts';

/** The command line works on PostgreSQL too: one server for all files. */
export default mergeConfig(shared, { test: { globalSetup: ['@reborn/postgres-server/vitest'] } });
