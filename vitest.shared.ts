import { defineConfig } from 'vitest/config';

/**
 * The one test configuration. Sources are resolved without a build, through the named export condition. `import` does not
 * stand among the conditions: it would hold for `require` too, and hand drivers that are CommonJS the wrong half of others.
 */
export default defineConfig({
  resolve: { conditions: ['@reborn/source', 'default'] },
  ssr: { resolve: { conditions: ['@reborn/source', 'default', 'node'] } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node',
    reporters: process.env['REBORN_TEST_REPORT'] ? ['default', 'json'] : ['default'],
    outputFile: { json: 'test-results/vitest.json' },
    maxWorkers: 2,
    // No module keeps anything between tests, so files may share them: loading all of them anew for each file is half the time.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
