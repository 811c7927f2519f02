/**
 * The form of a rooms table: which packages there are, on which floor each stands and by which doors it is entered.
 *
 * Not here: Reborn's own table (`rooms.ts`), the rules that follow from a table (`rules.ts`).
 */

/** A number is a floor of the building, counted from the ground; a word is a place outside of it. */
export type Floor = number | 'adapter' | 'bridge' | 'surface' | 'example' | 'tool';

/**
 * How much of the machine a room's sources may touch by way of globals. `none`: nothing. `process`: everything but the
 * clock, timers and randomness. `all`: everything.
 */
export type MachineAccess = 'none' | 'process' | 'all';

/** One package and what holds for it. */
export interface Room {
  /** The package name. */
  readonly name: string;
  /** The package folder, relative to the workspace root. */
  readonly folder: string;
  readonly floor: Floor;
  /** Export paths, exactly those of `exports` in the package's package.json. */
  readonly doors: readonly string[];
  /** npm packages, or `node:*`, that only the rooms which list them here may import. */
  readonly drivers: readonly string[];
  /** npm packages that the room may import besides its drivers. */
  readonly libraries: readonly string[];
  /** Units: lines of `src`, without tests and without `src/testkit`. */
  readonly linesMax: number;
  /** Files that nobody imports because a machine starts them: programs and worker scripts, as globs in the folder. */
  readonly entries: readonly string[];
  /** Locked doors that this room may open, as import paths (`@reborn/turns/runner`). */
  readonly keys: readonly string[];
  readonly machine: MachineAccess;
}

/** One row of a table as people write it: the name is the key, and what is left out has the default of its floor. */
export type RoomRow = Pick<Room, 'folder' | 'floor'> & Partial<Omit<Room, 'name' | 'folder' | 'floor'>>;

/** A part of a room that reaches another room by certain doors only. */
export interface NarrowPassage {
  /** Globs, relative to the workspace root. */
  readonly from: readonly string[];
  /** The room that is reached. */
  readonly room: string;
  readonly doors: readonly string[];
}

/** A folder that lives in a room as a stranger could: it imports itself and the named doors, nothing else. */
export interface Guest {
  readonly folder: string;
  /** Import paths (`@reborn/host-api`). */
  readonly imports: readonly string[];
}

/** The whole table. */
export interface RoomTable {
  readonly rooms: readonly Room[];
  /** Rooms of installed packages: their doors are respected, their insides are not checked. */
  readonly given: readonly Room[];
  /** Globs of the files that may choose an adapter. */
  readonly composers: readonly string[];
  /** Import paths that need a key. */
  readonly lockedDoors: readonly string[];
  readonly narrowPassages: readonly NarrowPassage[];
  readonly guests: readonly Guest[];
  /** A scan with fewer modules is taken for a broken scan. */
  readonly modulesMin: number;
  /** Export conditions that come before `import`, `types` and `default`. */
  readonly conditions: readonly string[];
  /** Where the pinned export names stand, if they are pinned; relative to the workspace root. */
  readonly pinsFile: string | undefined;
  /** Where the drawn graph stands, if it is drawn; relative to the workspace root. */
  readonly graphFile: string | undefined;
  /** Whether each package.json carries the Nx tags that derive from its row. */
  readonly nxTags: boolean;
  /** The command that accepts changed pins, redraws the graph and writes the tags, as it is named in messages. */
  readonly updateCommand: string;
}

/** What people write: rows by package name and whatever differs from the defaults. */
export interface RoomTableInput extends Partial<Omit<RoomTable, 'rooms'>> {
  readonly rooms: Readonly<Record<string, RoomRow>>;
}

/**
 * Completes a table with the defaults of its floors.
 *
 * Errors: an `Error` that names the row, when two rows share a folder or a row's floor or folder cannot be meant.
 */
export function defineRooms(input: RoomTableInput): RoomTable {
  const rooms = Object.entries(input.rooms).map(([name, row]) => completeRow(name, row));
  refuseContradictions(rooms);
  return {
    rooms,
    given: input.given ?? [],
    composers: input.composers ?? ['**/compose.ts'],
    lockedDoors: input.lockedDoors ?? [],
    narrowPassages: input.narrowPassages ?? [],
    guests: input.guests ?? [],
    modulesMin: input.modulesMin ?? rooms.length,
    conditions: input.conditions ?? [],
    pinsFile: input.pinsFile,
    graphFile: input.graphFile,
    nxTags: input.nxTags ?? false,
    updateCommand: input.updateCommand ?? 'reborn-boundaries --rooms <file> --root <dir> --update',
  };
}

const MACHINE_OUTSIDE: Readonly<Record<Exclude<Floor, number>, MachineAccess>> = {
  adapter: 'process',
  bridge: 'process',
  surface: 'process',
  example: 'all',
  tool: 'all',
};

function completeRow(name: string, row: RoomRow): Room {
  const startsPrograms = row.floor === 'surface' || row.floor === 'example' || row.floor === 'tool';
  return {
    name,
    folder: row.folder,
    floor: row.floor,
    doors: row.doors ?? ['.'],
    drivers: row.drivers ?? [],
    libraries: row.libraries ?? [],
    linesMax: row.linesMax ?? 3000,
    entries: row.entries ?? (startsPrograms ? ['src/main.ts'] : []),
    keys: row.keys ?? [],
    machine: row.machine ?? (typeof row.floor === 'number' ? 'none' : MACHINE_OUTSIDE[row.floor]),
  };
}

function refuseContradictions(rooms: readonly Room[]): void {
  const ownerOf = new Map<string, string>();
  for (const room of rooms) {
    if (typeof room.floor === 'number' && !(Number.isInteger(room.floor) && room.floor >= 0)) {
      throw new Error(`rooms table, ${room.name}: a floor is a whole number from 0 up, not ${room.floor}`);
    }
    if (/^\.?\/|\/$|\\|^\.\.?$|(^|\/)\.\.(\/|$)/.test(room.folder) || room.folder === '') {
      throw new Error(`rooms table, ${room.name}: write the folder as "packages/name", not "${room.folder}"`);
    }
    const owner = ownerOf.get(room.folder);
    if (owner !== undefined) {
      throw new Error(`rooms table: ${owner} and ${room.name} both claim the folder ${room.folder}`);
    }
    ownerOf.set(room.folder, room.name);
  }
}
