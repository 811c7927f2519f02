/**
 * Files as a machine keeps them: what was written is in its memory, what was synced is on the disk, and a loss of power
 * leaves the second and any part of the first.
 *
 * Not here: what is written (`frame.ts`), who writes (`simulated-store.ts`).
 */
import type { SeededRandom } from '../platform/seeded-random.ts';

/** `cached` is what processes read; `durable` is what a loss of power leaves for sure. */
interface Cell {
  readonly cached: string;
  readonly durable: string | undefined;
  /** A failed sync has forgotten that this cell still has to be written: the next one passes it by. */
  readonly forgotten: boolean;
}

/** What a loss of power did to cells that were not synced. */
export interface PowerLoss {
  readonly lost: number;
  readonly torn: number;
}

/** A file of cells, written behind each other. */
export class SimulatedFile {
  #cells: Cell[] = [];

  /** Replaces everything from cell `at` on. What stood there may come back when power is lost before the next sync. */
  write(at: number, texts: readonly string[]): void {
    const written = texts.map((cached, index): Cell => {
      const before = this.#cells[at + index]?.durable;
      return { cached, durable: before, forgotten: false };
    });
    this.#cells = [...this.#cells.slice(0, at), ...written];
  }

  /** Makes durable what was written, except what an earlier failure has let go. */
  sync(): void {
    this.#cells = this.#cells.map((cell) =>
      cell.forgotten || cell.durable === cell.cached ? cell : { ...cell, durable: cell.cached },
    );
  }

  /** The operating system reports the failure once, and forgets what it could not write. */
  failSync(): void {
    this.#cells = this.#cells.map((cell) => (cell.durable === cell.cached ? cell : { ...cell, forgotten: true }));
  }

  read(): readonly string[] {
    return this.#cells.map(({ cached }) => cached);
  }

  /** Each cell that was not synced is there, is not, or is there in part. */
  losePower(random: SeededRandom): PowerLoss {
    let [lost, torn] = [0, 0];
    this.#cells = this.#cells.map(({ cached, durable, forgotten }) => {
      if (durable === cached) return { cached, durable, forgotten: false };
      const fate = forgotten ? 0 : random.between(0, 2);
      if (fate === 2) return { cached, durable: cached, forgotten: false };
      if (fate === 0) lost += 1;
      else torn += 1;
      const left = fate === 0 ? (durable ?? '') : cached.slice(0, random.between(0, cached.length - 1));
      return { cached: left, durable: left, forgotten: false };
    });
    return { lost, torn };
  }

  /** Changes one character of a cell, on the disk and in memory, as a failing medium does. */
  corrupt(at: number, random: SeededRandom): void {
    const text = this.#cells[at]?.cached ?? '';
    const position = random.between(0, text.length - 1);
    const other = text[position] === '0' ? '1' : '0';
    const changed = `${text.slice(0, position)}${other}${text.slice(position + 1)}`;
    this.#cells[at] = { cached: changed, durable: changed, forgotten: false };
  }

  clone(): SimulatedFile {
    const copy = new SimulatedFile();
    copy.#cells = [...this.#cells];
    return copy;
  }
}

/** A small file that is replaced as a whole: written aside, synced, renamed. The rename is durable with `sync`. */
export class ReplacedFile {
  #content: string | undefined;
  #durable: string | undefined;

  read(): string | undefined {
    return this.#content;
  }

  replace(content: string): void {
    this.#content = content;
  }

  sync(): void {
    this.#durable = this.#content;
  }

  losePower(random: SeededRandom): void {
    if (random.chance(0.5)) this.#content = this.#durable;
    else this.#durable = this.#content;
  }

  clone(): ReplacedFile {
    const copy = new ReplacedFile();
    copy.#content = this.#content;
    copy.#durable = this.#durable;
    return copy;
  }
}
