import { mergeConfig } from 'vitest/config';
import shared from '../../../vitest.shared.ts';

/** One server for all files. */
export default mergeConfig(shared, { test: { globalSetup: ['@reborn/postgres-server/vitest'] } });
