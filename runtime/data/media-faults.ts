/**
 * What is wrong with media files, collected file by file and told row by row: the same for a check, which only looks, and
 * for training, which decodes. Knows reasons and rows, no formats.
 */
import type { DataRow } from "../../diagnostics/diagnostic.ts";
import type { ModalityPlan } from "../../plan/plan.ts";
import { FfmpegMissing } from "./ffmpeg.ts";
import { type MediaCells, nounOf } from "./media-cells.ts";
import type { Workplace } from "./modality.ts";
import { FileChanged, reasonOf, TooLarge } from "./reasons.ts";
import { type RowList, rowList } from "./rows.ts";

/** An array file that has no such item, or one of another size. */
export class ArrayMismatch extends Error {
  readonly facts: {
    readonly property: "index" | "dim";
    readonly holds: string;
    readonly text: string;
    readonly asks: string;
    readonly write?: string;
  };
  constructor(facts: ArrayMismatch["facts"]) {
    super(`${facts.holds}, not ${facts.asks}`);
    this.facts = facts;
  }
}

export interface Faults {
  readonly some: boolean;
  /** What happened to an item (its number in the cells). Throws what is no fault of the file. */
  add(item: number, error: unknown): void;
  /** Where all sounds should have one rate: the rate of an item. */
  rate(item: number, rate: number): void;
  /** Adds what was found to the problems. `rate`: what a model was trained with, if it was. */
  report(rate?: number): void;
}

export function createFaults(name: string, plan: ModalityPlan, cells: MediaCells, place: Workplace): Faults {
  const faults = new Map<number, Error>();
  const rates = new Map<number, number>();
  const of = new Map<number, number>();
  return {
    get some() {
      return faults.size > 0;
    },
    add(item, error) {
      // Throws where it is not the file's fault.
      const why = reasonOf(error, place.signal);
      const own = [FfmpegMissing, FileChanged, TooLarge, ArrayMismatch].some((kind) => error instanceof kind);
      faults.set(item, own ? (error as Error) : new Error(why));
    },
    rate(item, rate) {
      of.set(item, rate);
      rates.set(rate, (rates.get(rate) ?? 0) + 1);
    },
    report(trained) {
      const common = trained ?? [...rates].sort((a, b) => b[1] - a[1])[0]?.[0];
      const differ = rates.size > 1 || (common !== undefined && rates.size === 1 && !rates.has(common));
      if (faults.size === 0 && !differ) return;
      tell(name, plan, cells, place, faults, differ ? { of, rates, common: common!, trained } : undefined);
    },
  };
}

interface Rates {
  readonly of: ReadonlyMap<number, number>;
  readonly rates: ReadonlyMap<number, number>;
  /** What most files have, or what a model was trained with. */
  readonly common: number;
  readonly trained: number | undefined;
}

/** A group of rows that one message tells of. */
interface Group {
  readonly files: Set<string>;
  readonly rows: RowList;
  readonly error: Error;
}

function tell(
  name: string,
  plan: ModalityPlan,
  cells: MediaCells,
  place: Workplace,
  faults: ReadonlyMap<number, Error>,
  rates: Rates | undefined,
): void {
  const { problems, table } = place;
  const groups = new Map<string, Group>();
  const differing = rowList();
  const eachRow = (item: number, row: number): void => {
    const { file, index } = cells.items[item]!;
    const more: Partial<DataRow> = { path: file.shown, ...(index === undefined ? {} : { value: String(index) }) };
    const error = faults.get(item);
    if (error !== undefined) {
      const key = keyOf(error, file.shown);
      const group = groups.get(key) ?? { files: new Set(), rows: rowList(), error };
      groups.set(key, group);
      group.files.add(file.shown);
      group.rows.add(() => table.row(row, error instanceof ArrayMismatch ? more : { ...more, why: error.message }));
    }
    const rate = rates?.of.get(item);
    if (rate !== undefined && rate !== rates!.common)
      differing.add(() => table.row(row, { path: file.shown, why: hertz(rate) }));
  };
  // Rows as the table has them, each once for a file.
  const { width, of } = cells;
  for (let at = 0; at < of.length; at++) {
    const item = of[at]!;
    if (item < 0) continue;
    const start = at - (at % width);
    let again = false;
    for (let before = start; before < at; before++) again ||= of[before] === item;
    if (!again) eachRow(item, (at / width) | 0);
  }

  const about = { statement: name, property: propertyOf(plan) };
  for (const [key, { files, rows, error }] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [shown] = files;
    if (error instanceof FileChanged) problems.add("file-changed", about, { path: error.shown, how: error.how }, rows);
    else if (error instanceof FfmpegMissing) problems.add("ffmpeg-missing", about, { path: shown }, rows);
    else if (error instanceof TooLarge)
      problems.add("file-too-large", about, { files: files.size, most: error.most }, rows);
    else if (error instanceof ArrayMismatch) {
      const { property, ...facts } = error.facts;
      const column = property === "index" ? { column: plan.index } : {};
      problems.add("array-mismatch", { statement: name, property }, { path: shown, ...facts, ...column }, rows);
    } else if (key === unreadable)
      problems.add("file-unreadable", about, { files: files.size, kind: nounOf(plan) }, rows);
  }
  if (rates !== undefined) {
    const listed = [...rates.rates].sort((a, b) => b[1] - a[1]);
    const facts = {
      name,
      rates: [
        ...listed.map(([rate, count]) => `${hertz(rate)} (${count.toLocaleString("en-US")})`),
        ...(rates.trained === undefined || rates.rates.has(rates.trained)
          ? []
          : [`${hertz(rates.trained)} (in training)`]),
      ],
      write: `rate: ${hertz(rates.common).replace(" ", "")}`,
    };
    problems.add("rates-differ", { statement: name, property: "rate" }, facts, differing);
  }
}

const unreadable = "5";

/** Sorts and separates the messages: one each for a limit, an array file, a changed file; one for all that are unreadable. */
function keyOf(error: Error, shown: string): string {
  if (error instanceof FileChanged) return `1 ${error.how} ${error.shown}`;
  if (error instanceof FfmpegMissing) return "2";
  if (error instanceof TooLarge) return `3 ${error.most}`;
  if (error instanceof ArrayMismatch) return `6 ${error.facts.property} ${shown}`;
  return unreadable;
}

function propertyOf(plan: ModalityPlan): string {
  if (plan.file !== undefined) return "file";
  if (plan.files !== undefined) return "files";
  return plan.columns !== undefined ? "columns" : "column";
}

export const hertz = (rate: number): string => (rate % 100 === 0 ? `${rate / 1000} kHz` : `${rate} Hz`);
