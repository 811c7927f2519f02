/** For every rule, changes to the small workspace that break it and nothing else. */
import type { RuleName } from '../src/index.ts';
import { manifest, type Files } from './workspace.ts';

/** One thing done wrong. */
export interface PlantedViolation {
  readonly rule: RuleName;
  /** What is done wrong, as the end of "refuses …". */
  readonly what: string;
  readonly files: Files;
  /** The file that the report has to name. */
  readonly at: string;
  /** Whether pins, graph and tags are left as they were before the change. */
  readonly keepsPins?: boolean;
}

/** A source file that is in use because a door of its room exports it. */
function planted(rule: RuleName, what: string, room: string, text: string, file = 'planted.ts'): PlantedViolation {
  const at = `${room}/src/${file}`;
  const existing = DOORS[room];
  const door =
    existing === undefined ? {} : { [`${room}/src/${existing.file}`]: `${existing.text}${EXPORT}'./${file}';\n` };
  return { rule, what, at, files: { [at]: `${text}\nexport const planted = 1;\n`, ...door } };
}

const EXPORT = 'export { planted } from ';
const DOORS: Readonly<Record<string, { file: string; text: string }>> = {
  'packages/words': { file: 'index.ts', text: "export { word } from './word.ts';\n" },
  'packages/log': { file: 'index.ts', text: "export { record } from './record.ts';\n" },
  'packages/stand': { file: 'index.ts', text: "export { stand } from './stand.ts';\n" },
  'packages/policy': { file: 'index.ts', text: "export { policy } from './policy.ts';\n" },
  'packages/host': { file: 'index.ts', text: "export { host } from './host.ts';\n" },
  'packages/adapters/disk': { file: 'index.ts', text: "export { disk } from './disk.ts';\n" },
  'packages/bridges/foreign': { file: 'index.ts', text: "export { bridge } from './bridge.ts';\n" },
  'packages/surfaces/app': {
    file: 'main.ts',
    text: "import { compose } from './compose.ts';\nconsole.log(compose);\n",
  },
};

/** All of them. A test holds that no rule is missing. */
export const plantedViolations: readonly PlantedViolation[] = [
  planted('stairs-go-down', 'a floor that imports a higher one', 'packages/stand', "import '@acme/policy';"),
  planted(
    'stairs-go-down',
    'a type that comes down the stairs',
    'packages/stand',
    "import type { policy } from '@acme/policy';\nexport type P = typeof policy;",
  ),
  planted('stairs-go-down', 'an adapter that knows the assembly', 'packages/adapters/disk', "import '@acme/host';"),
  planted('stairs-go-down', 'a bridge that stands on floor 1', 'packages/bridges/foreign', "import '@acme/log';"),
  planted('no-sideways', 'a neighbour on the same floor', 'packages/log', "import '@acme/stand';"),
  planted('doors-only', 'a path into another package', 'packages/host', "import '../../log/src/record.ts';"),
  planted('doors-only', 'a door by its path instead of its name', 'packages/host', "import '../../log/src/index.ts';"),
  planted('doors-only', 'a deep import by name', 'packages/host', "import '@acme/log/src/record.ts';"),
  planted('loop-door', 'policy that enters the whole room', 'packages/policy', "import '@acme/stand';"),
  planted('runner-door', 'a locked door without a key', 'packages/surfaces/app', "import '@acme/stand/runner';"),
  planted('runner-door', 'an adapter without a key', 'packages/adapters/disk', "import '@acme/stand/runner';"),
  planted('testkit-in-tests', 'a double in production', 'packages/host', "import '@acme/log/testkit';"),
  planted(
    'testkit-in-tests',
    'a double of the own room in production',
    'packages/log',
    "import './testkit/fake-record.ts';",
  ),
  planted('driver-at-home', 'a driver on a floor', 'packages/host', "import 'fast-disk';"),
  planted('driver-at-home', 'a library that the row lacks', 'packages/policy', "import 'shapes';"),
  planted('driver-at-home', 'the machine in a bridge', 'packages/bridges/foreign', "import 'node:fs';"),
  planted('neutral-floors', 'a module of the machine on a floor', 'packages/log', "import 'node:fs';"),
  {
    ...planted('neutral-floors', 'a global of the machine on a floor', 'packages/log', 'Date.now();'),
    at: 'packages/log/src/planted.ts:1',
  },
  {
    ...planted(
      'machine-at-home',
      'a timer in an adapter',
      'packages/adapters/disk',
      'setTimeout(() => process.pid, 1);',
    ),
    at: 'packages/adapters/disk/src/planted.ts:1',
  },
  planted('composers-only', 'an adapter outside of a composer', 'packages/surfaces/app', "import '@acme/disk';"),
  planted('composers-only', 'an adapter on a floor', 'packages/host', "import '@acme/disk';"),
  planted('composers-only', 'an adapter in an adapter', 'packages/adapters/disk', "import '@acme/machine';"),
  {
    rule: 'loop-is-a-guest',
    what: 'a loop that reaches into the assembly',
    at: 'packages/host/src/agent-loop/plan.ts',
    files: {
      'packages/host/src/agent-loop/plan.ts': "import '../secret.ts';\nexport const plan = 'plan';\n",
      'packages/host/src/secret.ts': 'export const secret = 1;\n',
    },
  },
  {
    rule: 'loop-door',
    what: 'a loop that enters the whole room',
    at: 'packages/host/src/agent-loop/plan.ts',
    files: { 'packages/host/src/agent-loop/plan.ts': "import '@acme/stand';\nexport const plan = 'plan';\n" },
  },
  {
    rule: 'no-cycles',
    what: 'two files that import each other',
    at: 'packages/host/src/agent-loop/loop.ts',
    files: {
      'packages/host/src/agent-loop/plan.ts':
        "import type { loop } from './loop.ts';\nexport type Loop = typeof loop;\nexport const plan = 'plan';\n",
    },
  },
  {
    rule: 'no-orphans',
    what: 'a file that nobody imports',
    at: 'packages/log/src/lost.ts',
    files: { 'packages/log/src/lost.ts': 'export const lost = 1;\n' },
  },
  {
    rule: 'no-orphans',
    what: 'a file that only its test imports',
    at: 'packages/log/src/lost.ts',
    files: {
      'packages/log/src/lost.ts': 'export const lost = 1;\n',
      'packages/log/src/lost.test.ts': "import './lost.ts';\n",
    },
  },
  {
    rule: 'no-undeclared',
    what: 'a package that is not declared',
    at: 'tools/check/src/main.ts',
    files: { 'tools/check/package.json': '{"name":"@acme/check","type":"module"}' },
  },
  {
    rule: 'no-undeclared',
    what: 'a relative import that leads nowhere',
    at: 'tools/check/src/main.ts',
    files: { 'tools/check/src/main.ts': "import './nothing.ts';\n" },
  },
  {
    rule: 'no-undeclared',
    what: 'a bridge whose foreign package is no peer',
    at: 'packages/bridges/foreign/src/bridge.ts',
    files: {
      'packages/bridges/foreign/package.json':
        '{"name":"@acme/bridge","exports":{".":{"@acme/source":"./src/index.ts"}},"dependencies":{"@acme/host":"1","foreign-sdk":"1"}}',
    },
  },
  planted('no-own-index', 'a source that enters by its own door', 'packages/stand', "import './loop.ts';"),
  planted('no-own-index', 'a source that names its own package', 'packages/stand', "import '@acme/stand/loop';"),
  {
    rule: 'unknown-package',
    what: 'a package without a row',
    at: 'packages/stranger',
    files: { 'packages/stranger/package.json': '{"name":"@acme/stranger"}' },
  },
  planted('unknown-package', 'an import of a package without a row', 'packages/host', "import '@acme/stranger';"),
  {
    rule: 'missing-package',
    what: 'a row without a package',
    at: 'tools/check',
    files: { 'tools/check/package.json': undefined, 'tools/check/src/main.ts': undefined },
  },
  {
    rule: 'missing-package',
    what: 'a package that is no member of the workspace',
    at: 'tools/check',
    files: {
      'package.json':
        '{"workspaces":["packages/*","packages/adapters/*","packages/bridges/*","packages/surfaces/*","packages/examples/*"],"devDependencies":{"proof":"1"}}',
    },
  },
  {
    rule: 'empty-scan',
    what: 'a room without sources',
    at: 'packages/examples/hello',
    files: { 'packages/examples/hello/src/main.ts': undefined },
  },
  {
    rule: 'door-shape',
    what: 'a door that exports everything',
    at: 'packages/words/src/testkit/index.ts:1',
    files: { 'packages/words/src/testkit/index.ts': "export * from './fake-word.ts';\n" },
  },
  {
    rule: 'door-shape',
    what: 'a door that declares something',
    at: 'packages/stand/src/loop.ts:1',
    files: { 'packages/stand/src/loop.ts': "export const more = 1;\nexport { exit } from './exit.ts';\n" },
  },
  {
    rule: 'door-shape',
    what: 'a door that the row lacks',
    at: 'tools/check/package.json',
    files: {
      'tools/check/package.json':
        '{"name":"@acme/check","exports":"./src/index.ts","dependencies":{"@acme/words":"1"}}',
      'tools/check/src/index.ts': "export { checked } from './checked.ts';\n",
      'tools/check/src/checked.ts': 'export const checked = 1;\n',
    },
  },
  {
    rule: 'pinned-doors',
    what: 'a name that is not pinned',
    at: '@acme/stand/loop',
    keepsPins: true,
    files: { 'packages/stand/src/loop.ts': "export { exit, exit as leave } from './exit.ts';\n" },
  },
  {
    rule: 'graph-current',
    what: 'an import that is not drawn',
    at: 'graph.md',
    keepsPins: true,
    files: {
      'packages/host/src/agent-loop/plan.ts': "export const plan = 'plan';\n",
      'packages/host/src/host.ts':
        "import { policy } from '@acme/policy';\nimport { run } from '@acme/stand/runner';\nimport { record } from '@acme/log';\nimport { loop } from './agent-loop/loop.ts';\nexport const host = [policy, run, loop, record];\n",
    },
  },
  {
    rule: 'nx-tags',
    what: 'a package without tags',
    at: 'tools/check/package.json',
    keepsPins: true,
    files: { 'tools/check/package.json': manifest('@acme/check', {}, ['@acme/words']) },
  },
  {
    rule: 'nx-tags',
    what: 'tags that its row does not give',
    at: 'tools/check/package.json',
    keepsPins: true,
    files: {
      'tools/check/package.json':
        '{"name":"@acme/check","dependencies":{"@acme/words":"1"},"nx":{"tags":["floor:0","machine:all","room:check"]}}',
    },
  },
  {
    rule: 'line-budget',
    what: 'a room over its budget',
    at: 'packages/policy',
    files: {
      'packages/policy/src/policy.ts': `import { exit } from '@acme/stand/loop';\nimport { record } from '@acme/log';\nexport const policy = [exit, record];\n${'//\n'.repeat(20)}`,
    },
  },
];
