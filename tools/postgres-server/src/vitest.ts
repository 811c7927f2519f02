// For `globalSetup`: one server for all test files of a package
export { setup, teardown } from './vitest-setup.ts';
