/**
 * Every rule by name: why it is there and where to go instead.
 *
 * Not here: how a rule is decided (`rules.ts` for imports, `check/` for the rest).
 */

/** Why a rule is there, and where to go instead. */
export interface RuleText {
  readonly why: string;
  readonly instead: string;
}

/** All rules. A test holds that each has a workspace that breaks it. */
export const ruleCatalogue = {
  'stairs-go-down': {
    why: 'Stairs go down only: a room imports strictly lower floors; an adapter stands on floors 0–2 and never knows the assembly; a bridge stands on floor 0 and the assembly.',
    instead: 'Declare a port on the lower floor and let the higher one implement or bind it.',
  },
  'no-sideways': {
    why: 'No doors between rooms on one floor: neighbours that know each other can no longer be changed or tested alone.',
    instead: 'Move the shared word one floor down, or let the floor above bind the two through a port.',
  },
  'doors-only': {
    why: 'Every door has a name: only the paths in `exports` of a package are promised, and only package names reach them.',
    instead:
      'Import the package by one of its doors; if the name is missing there, ask whether it belongs to the contract.',
  },
  'loop-door': {
    why: 'Policy and loops see a run from the inside only; the rest of the room would let them move it.',
    instead:
      'Import the narrow door that the table allows (for turns: `@reborn/turns/loop`); what is missing there is the host’s business.',
  },
  'runner-door': {
    why: 'Behind a locked door stand the powers that move state; every holder of a key is one more writer to trust.',
    instead:
      'Use the open doors (for turns: the coordinator); a storage adapter or an assembly gets `keys` in its row of the rooms table.',
  },
  'testkit-in-tests': {
    why: 'Doubles and contract cases prove things; in production code they would be load-bearing fakes.',
    instead:
      'Use the real implementation or take a port as an argument; import testkits from tests, tools and higher testkits.',
  },
  'driver-at-home': {
    why: 'Each driver lives in one room, so that it can be replaced there; npm packages enter by the row of their room.',
    instead:
      'Use the port that the adapter implements; if the room truly needs the package, add it to `drivers` or `libraries` in its row.',
  },
  'neutral-floors': {
    why: 'The floors of the building see ports and no machine; that is what makes the whole host simulatable.',
    instead: 'Take the platform port as an argument (clock, timers, ids, randomness, digests, files, network, output).',
  },
  'machine-at-home': {
    why: 'Clock, timers and randomness have one home, the adapter of the machine; a second source of time cannot be simulated.',
    instead:
      'Take the platform port as an argument; only a room with `machine: "all"` in its row reads the machine itself.',
  },
  'composers-only': {
    why: 'Adapters are chosen in one visible place, so that everything else runs on any of them.',
    instead: 'Import the adapter in a composer (`compose.ts`, or a glob of `composers`) and pass the port on.',
  },
  'loop-is-a-guest': {
    why: 'The agent loop that ships with the host has no more power than one that a stranger writes.',
    instead: 'Reach for the loop’s host ports; what is missing there is missing for every loop and belongs into them.',
  },
  'no-cycles': {
    why: 'Files that import each other in a circle are one file in disguise and load in an order nobody chose.',
    instead: 'Move what both need into a file of its own, or turn one of the imports into an argument.',
  },
  'no-orphans': {
    why: 'A source file that no production file imports is dead or has lost its door.',
    instead: 'Delete it, export it through a door, or name it in `entries` of its row if a machine starts it.',
  },
  'no-undeclared': {
    why: 'What a package imports stands in its own package.json, or it works here and nowhere else.',
    instead:
      'Add the package to `dependencies` (a foreign package of a bridge to `peerDependencies`, one for tests to `devDependencies`), or mend the path.',
  },
  'no-own-index': {
    why: 'A door is for others: sources that enter their own room by it make circles and hide what they need.',
    instead: 'Import the file that holds the name.',
  },
  'unknown-package': {
    why: 'The check is default-deny: a package without a row would be a room without rules.',
    instead: 'Add a row to the rooms table (or remove the package).',
  },
  'missing-package': {
    why: 'A row without a package checks nothing and looks as if it did.',
    instead:
      'Create the package as a member of the workspace, correct the name or folder of the row, or remove the row.',
  },
  'empty-scan': {
    why: 'A scan that sees too little is green for the wrong reason.',
    instead:
      'See that the folders hold sources and that dependency-cruiser can read them (it needs TypeScript below 7).',
  },
  'door-shape': {
    why: 'A door is a list of names: what passes it can be read in one file, and row and package.json name the same doors.',
    instead: 'Write `export { … } from` or `export type { … } from`; declare things in files of their own.',
  },
  'pinned-doors': {
    why: 'Names that others import do not come and go by accident.',
    instead: 'If the change is meant, accept it with the update command and commit the pins.',
  },
  'line-budget': {
    why: 'A room that outgrows its budget has usually taken in a second purpose.',
    instead: 'Split by responsibility, or raise `linesMax` in its row and say why in the commit.',
  },
  'graph-current': {
    why: 'The drawn graph is generated from what was found; an old drawing is worse than none.',
    instead: 'Redraw it with the update command and commit it.',
  },
  'nx-tags': {
    why: 'Nx chooses packages by their tags; tags that are kept by hand sooner or later choose others than the table means.',
    instead: 'Correct the row if it is wrong, write the tags with the update command and commit the package.json.',
  },
} as const satisfies Readonly<Record<string, RuleText>>;

/** The name of a rule. */
export type RuleName = keyof typeof ruleCatalogue;

/** One thing that is not as the table says. */
export interface Violation {
  readonly rule: RuleName;
  /** Relative to the workspace root. */
  readonly file: string;
  /** What was found there: the import as written, the global, the names. */
  readonly found: string;
  /** Why the rule is there and where to go instead. */
  readonly remedy: string;
}

/** A violation with the catalogue's text; `detail` comes first where the case itself has something to say. */
export function violation(rule: RuleName, file: string, found: string, detail?: string): Violation {
  const { why, instead } = ruleCatalogue[rule];
  const remedy = [detail, why, `Instead: ${instead}`].filter((part) => part !== undefined).join(' ');
  return { rule, file, found, remedy };
}

/** Whether a text names a rule. */
export function isRuleName(text: string): text is RuleName {
  return Object.hasOwn(ruleCatalogue, text);
}
