/** For tests of this package and of everything above it: a machine in memory, builders, sentinels, contracts as data. */

// Contract cases
export { equals, holds, rejects } from './contract-case.ts';
export type { ContractCase } from './contract-case.ts';

// Contracts
export { durableStoreContract } from './durable-store-contract.ts';
export type { DurableStoreHarness } from './durable-store/ticket.ts';
export { machineContract } from './machine-contract.ts';
export type { MachineSamples, Sample } from './machine-contract.ts';
export { cipherContract, platformContract } from './platform-contract.ts';
export type { CipherHarness, PlatformHarness } from './platform-contract.ts';
export { fileSystemContract } from './file-system-contract.ts';
export type { FileSystemHarness } from './file-system-contract.ts';
export { processesContract } from './processes-contract.ts';
export type { ProcessesHarness } from './processes-harness.ts';

// Doubles of the machine
export { createFakePlatform, FAKE_START_MS, fixedUuid } from './fake-platform.ts';
export type { FakePlatform, FakePlatformOptions, FakeReport } from './fake-platform.ts';
export { createInMemoryFileSystem } from './in-memory-file-system.ts';
export type { FileSeed, InMemoryFileSystem } from './in-memory-file-system.ts';
export { createFakeProcesses, exited } from './fake-processes.ts';
export type { FakeProcesses, ScriptedProcess } from './fake-processes.ts';
export { answered, createFakeNetwork } from './fake-network.ts';
export type { FakeNetwork, FakeNetworkScript, ScriptedExchange } from './fake-network.ts';
export { createFakeCipher } from './fake-cipher.ts';

// Builders
export { buildContext, buildDescriptor, buildGrant, buildMountView, buildScope, buildTrust } from './builder.ts';

// Leaks
export { createSentinel, findLeaks } from './sentinel.ts';

// Stores in other hands
export { createFaultyStore } from './faulty-store.ts';
export type { FaultyStore, FaultyStoreOptions, StoreFault, StoreTrouble } from './faulty-store.ts';
export { createRecordingStore } from './recording-store.ts';
export type { RecordedCall, RecordingStore } from './recording-store.ts';
export { withShortPages, wrapCalls, wrapStore } from './wrap-store.ts';
export type { AroundCall, StoreCall } from './wrap-store.ts';
