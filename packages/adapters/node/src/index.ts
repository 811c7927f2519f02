// The machine, composed
export { node, type NodeOptions } from './platform.ts';

// Its parts
export { createNodeClock } from './clock.ts';
export { createNodeTimers, type NodeTimersOptions } from './timers.ts';
export { createNodeIds } from './ids.ts';
export { createNodeRandom } from './random.ts';
export { createNodeDigest } from './digest.ts';
export { createNodeDiagnostics, type NodeDiagnosticsOptions } from './diagnostics.ts';

// Secrets, files, processes, sockets
export { createNodeCipher, type NodeCipherOptions } from './cipher.ts';
export { cipherFromEnvironment, cipherFromFile, createKeyFile, type KeyFileOptions } from './cipher-key.ts';
export { createNodeFileSystem, type NodeFileSystemOptions } from './file-system.ts';
export { extensionFolder, type ExtensionFolder, type ExtensionFolderOptions } from './extension-folder.ts';
export { files, type WorkspaceFolder, type WorkspaceOptions } from './workspace-folder.ts';
export { createNodeProcesses, type NodeProcessesOptions } from './process.ts';
export { createNodeNetwork, type NodeNetworkOptions } from './network.ts';

// The person at the machine
export { operatingSystemUser } from './operating-system-user.ts';
