/**
 * Where the program of a thread is, from source and from the packed build, and with which flags it runs.
 *
 * Not here: what it does (`worker.ts`).
 */

export interface EntryPoint {
  readonly url: URL;
  readonly execArgv: readonly string[];
}

const SOURCE_CONDITION = '--conditions=@reborn/source';

/**
 * `name` without its ending, relative to the module that asks, whose `import.meta.url` is `from`. A thread resolves
 * packages as its process does, and from source as all sources do.
 */
export function resolveEntryPoint(name: string, from: string): EntryPoint {
  const fromSource = new URL(from).pathname.endsWith('.ts');
  const conditions = conditionsOf(process.execArgv);
  return {
    url: new URL(`${name}.${fromSource ? 'ts' : 'js'}`, from),
    execArgv: fromSource ? [...new Set([...conditions, SOURCE_CONDITION])] : conditions,
  };
}

/** The flags of export conditions, each as one word; no others mean the same to a thread. */
function conditionsOf(flags: readonly string[]): readonly string[] {
  return flags.flatMap((flag, at) => {
    if (flag.startsWith('--conditions=')) return [flag];
    const next = flags[at + 1];
    return (flag === '--conditions' || flag === '-C') && next !== undefined ? [`--conditions=${next}`] : [];
  });
}
