import { mergeConfig } from 'vitest/config';
import shared from '../../../vitest.shared.ts';

/** Some of these tests replace parts of Node.js: no file may see what another has replaced. */
export default mergeConfig(shared, { test: { isolate: true } });
