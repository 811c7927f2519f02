/**
 * What every sandbox of child processes keeps; where there is none, every request for one is refused, and nothing runs.
 *
 * Not here: programs outside a sandbox (`processes-contract.ts`).
 */
import type { ProcessOutcome, ProcessRequest, SandboxMount } from '../platform.ts';
import { equals, holds, type ContractCase } from './contract-case.ts';
import { nodeRequest, textsOf, type ProcessesHarness } from './processes-harness.ts';

const PLACE = '/workspace';
const NONE: ProcessOutcome = { kind: 'not_started', reason: 'no_sandbox' };

export const sandboxCases: readonly ContractCase<ProcessesHarness>[] = [
  {
    name: 'says truthfully whether there is a sandbox, and says it again',
    run: async (harness) => {
      const report = await harness.processes.sandbox();
      equals(await harness.processes.sandbox(), report, 'the answer stays');
      equals(report.available, report.mechanism !== 'none', 'what holds programs has a name');
      holds(report.detail !== '', 'and an explanation');
      const outcome = await harness.processes.run({ ...inside(harness, 'console.log("in")'), stdin: new Uint8Array() });
      if (report.available)
        equals(textsOf(outcome), { exitCode: 0, stdout: 'in\n', stderr: '' }, 'a program runs in it');
      else equals(outcome, NONE, 'a program that needs one is not started');
    },
  },
  {
    name: 'in a sandbox: gives the environment of the request, and keeps exit code and outputs',
    run: (harness) =>
      inSandbox(
        harness,
        { env: { ONLY: 'this one', ODD: 'a=b\n--bind' } },
        `const { PWD, SHLVL, _, ...env } = process.env; process.stdout.write(JSON.stringify(env)); process.exitCode = 7`,
        (outcome) => {
          const { exitCode, stdout } = textsOf(outcome);
          equals(exitCode, 7, 'the exit code is that of the program');
          equals(JSON.parse(stdout ?? ''), { ODD: 'a=b\n--bind', ONLY: 'this one' }, 'nothing is inherited');
        },
      ),
  },
  {
    name: 'in a sandbox: shows nothing of the machine but what programs need to start',
    run: (harness) =>
      inSandbox(
        harness,
        {},
        `const { existsSync } = require("fs");
        const places = ["/etc/passwd", "/etc/shadow", "/home", "/root", "/var", "/run", "/sys", "/boot", "/mnt", "/srv"];
        process.stdout.write(JSON.stringify(places.filter((place) => existsSync(place))))`,
        (outcome) => equals(textsOf(outcome).stdout, '[]', 'accounts, homes and state are not there'),
      ),
  },
  {
    name: 'in a sandbox: only what is mounted for writing can be written',
    run: (harness) =>
      inSandbox(
        harness,
        { mounts: [mount(harness, 'write'), { ...mount(harness, 'read'), at: '/looked-at' }] },
        `const { writeFileSync } = require("fs");
        const tried = ["/", "/usr", "/proc/sys/kernel", "/dev", "/looked-at", "/tmp", "${PLACE}"].filter((folder) => {
          try { writeFileSync(folder + "/written", "by the program"); return true; } catch { return false; }
        });
        process.stdout.write(JSON.stringify(tried))`,
        async (outcome) => {
          equals(textsOf(outcome).stdout, JSON.stringify(['/tmp', PLACE]), 'its own place, and temporary files');
          const outside = await outsideIn(harness, 'process.stdout.write(require("fs").readFileSync("written"))');
          equals(outside, 'by the program', 'what it wrote stays in the folder');
        },
      ),
  },
  {
    name: 'in a sandbox: begins in the working folder at its place, and in none that is not mounted',
    run: async (harness) => {
      const program = 'process.stdout.write(process.cwd())';
      const shown = { mounts: [mount(harness, 'read')], workingFolder: harness.folder };
      await inSandbox(harness, shown, program, (outcome) =>
        equals(textsOf(outcome).stdout, PLACE, 'where it is mounted'),
      );
      const hidden = { mounts: [mount(harness, 'none')], workingFolder: harness.folder };
      for (const way of [hidden, { mounts: [], workingFolder: harness.folder }]) {
        await inSandbox(harness, way, program, (outcome) =>
          equals(outcome, { kind: 'not_started', reason: 'permission' }, 'it would be lost there'),
        );
      }
    },
  },
  {
    name: 'in a sandbox: what is hidden inside a mount is not there, and cannot be renamed into sight',
    run: (harness) => {
      const shut = { path: below(harness, 'open/shut'), at: `${PLACE}/open/shut`, access: 'none' } as const;
      return inSandbox(
        harness,
        { mounts: [shut, mount(harness, 'write')] },
        `const { readdirSync, renameSync } = require("fs");
        const refused = ["open", "open/shut"].filter((name) => {
          try { renameSync("${PLACE}/" + name, "${PLACE}/moved"); return false; } catch { return true; }
        });
        process.stdout.write(JSON.stringify([readdirSync("${PLACE}/open/shut"), refused]))`,
        (outcome) => equals(textsOf(outcome).stdout, '[[],["open","open/shut"]]', 'neither it nor what is around it'),
        'const fs = require("fs"); fs.mkdirSync("open/shut", { recursive: true }); fs.writeFileSync("open/shut/key", "")',
      );
    },
  },
  {
    name: 'in a sandbox: reaches no network and no process outside',
    run: async (harness) => {
      const stop = new AbortController();
      const server = `require("net").createServer().listen(0, "127.0.0.1", function () {
        process.stdout.write(JSON.stringify([process.pid, this.address().port]) + "\\n"); })`;
      await serving(harness, server, stop, async (pid, port) => {
        const program = `const [pid, port] = [${pid}, ${port}];
          const seen = (() => { try { process.kill(pid, 0); return "seen"; } catch (error) { return error.code; } })();
          require("net").connect(port, "127.0.0.1", () => process.exit(1))
            .on("error", ({ code }) => process.stdout.write(JSON.stringify([seen, code])));`;
        await inSandbox(harness, {}, program, (outcome) =>
          equals(textsOf(outcome).stdout, '["ESRCH","ECONNREFUSED"]', 'what runs on the machine is not there'),
        );
      });
    },
  },
  {
    name: 'in a sandbox: what leaves its process group dies all the same',
    run: (harness) => {
      const stop = new AbortController();
      const wanted = { mounts: [mount(harness, 'write')], signal: stop.signal, onOutput: () => stop.abort() };
      return inSandbox(
        harness,
        wanted,
        `const heart = 'setInterval(() => require("fs").appendFileSync("${PLACE}/beats", "x"), 5)';
        require("child_process").spawn(process.execPath, ["-e", heart], { detached: true, stdio: "ignore" }).unref();
        setInterval(() => void (require("fs").existsSync("${PLACE}/beats") && process.stdout.write("it beats")), 5)`,
        async (outcome) => {
          equals(outcome, { kind: 'killed', reason: 'aborted' }, 'the program is killed');
          const watch = `const size = () => require("fs").statSync("beats").size; const first = size();
            setTimeout(() => process.stdout.write(first > 0 && first === size() ? "still" : "beats"), 150)`;
          equals(await outsideIn(harness, watch), 'still', 'and so is one in a session of its own');
        },
      );
    },
  },
  {
    name: 'in a sandbox: says that a program cannot be started',
    run: async (harness) => {
      const command = 'no-such-command-of-this-contract';
      const outcome = await harness.processes.run({ ...inside(harness, '0'), command });
      const { available } = await harness.processes.sandbox();
      equals(outcome, available ? { kind: 'not_started', reason: 'not_found' } : NONE, 'an outcome, not a rejection');
    },
  },
];

type Wanted = Partial<Pick<ProcessRequest, 'env' | 'signal' | 'onOutput' | 'workingFolder'>> & {
  readonly mounts?: readonly SandboxMount[];
};

/** Runs it in a sandbox and looks at the outcome; where there is none, sees to it that it was refused. */
async function inSandbox(
  harness: ProcessesHarness,
  { mounts = [], ...wanted }: Wanted,
  program: string,
  look: (outcome: ProcessOutcome) => void | Promise<void>,
  before?: string,
): Promise<void> {
  if (before !== undefined) await outsideIn(harness, before);
  const outcome = await harness.processes.run({ ...inside(harness, program), ...wanted, sandbox: { mounts } });
  if ((await harness.processes.sandbox()).available) await look(outcome);
  else equals(outcome, NONE, 'a program that needs a sandbox is not started without one');
}

function inside({ node }: ProcessesHarness, program: string): ProcessRequest {
  return { ...nodeRequest(node, ['-e', program]), sandbox: { mounts: [] } };
}

/** What a program outside says that works in the folder. */
async function outsideIn({ processes, node, folder }: ProcessesHarness, program: string): Promise<string | undefined> {
  return textsOf(await processes.run({ ...nodeRequest(node, ['-e', program]), workingFolder: folder })).stdout;
}

/** A program outside that says its id and a number, for as long as `work` takes. */
async function serving(
  { processes, node }: ProcessesHarness,
  program: string,
  stop: AbortController,
  work: (pid: number, port: number) => Promise<void>,
): Promise<void> {
  let said = '';
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const running = processes.run({
    ...nodeRequest(node, ['-e', program]),
    signal: stop.signal,
    onOutput: (_stream, chunk) => {
      said += new TextDecoder().decode(chunk);
      if (said.endsWith('\n')) begin();
    },
  });
  await Promise.race([begun, running]);
  try {
    const [pid = 0, port = 0] = JSON.parse(said) as number[];
    await work(pid, port);
  } finally {
    stop.abort();
    await running;
  }
}

function mount({ folder }: ProcessesHarness, access: SandboxMount['access']): SandboxMount {
  return { path: folder, at: PLACE, access };
}

function below({ folder }: ProcessesHarness, way: string): SandboxMount['path'] {
  return `${folder}/${way}` as SandboxMount['path'];
}
