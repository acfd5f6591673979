/**
 * Whether data are still those that a run was trained on: rows and labels exactly, features by sums over some of their
 * batches (a whole pass would take as long as an epoch), what was fitted by its numbers. Knows where nothing comes from.
 */
import { createHash } from "node:crypto";
import { RunError } from "../artifact/run-error.ts";
import type { DataPrint } from "../artifact/run-folder.ts";
import type { FittedData, NumArray, Part } from "../data/batch.ts";

const BATCHES = 4;
const ROWS = 16;

/** Numbers that threads add in another order differ by less; other data by more. */
const TOLERANCE = 1e-5;

type Parts = { readonly [name: string]: Part | undefined };

/** The print of parts: reads 64 rows of each. */
export async function printOf(parts: Parts, targets: readonly string[]): Promise<DataPrint> {
  const rows: { [part: string]: number } = {};
  const sums: { [part: string]: { [input: string]: readonly [number, number] } } = {};
  const hash = createHash("sha256");
  for (const [name, part] of Object.entries(parts)) {
    if (part === undefined || part.rows === 0) continue;
    rows[name] = part.rows;
    hash.update(`${name}\0`);
    for (let at = 0; at < part.rows; at += 4096) hash.update(`${part.ids.slice(at, at + 4096).join("\n")}\n`);
    hash.update(bytes(part.rowNumbers));
    const found = new Map<string, Sum>();
    for (const target of targets) {
      const labels = part.target(target)?.data;
      if (labels === undefined) continue;
      hash.update(bytes(part.labelled(target)));
      if (labels.every(Number.isInteger)) hash.update(bytes(Int32Array.from(labels)));
      else add(found, `target ${target}`, labels);
    }
    await addInputs(found, part);
    sums[name] = Object.fromEntries(Array.from(found, ([input, { sum, size }]) => [input, [sum, size]]));
  }
  return { rows, hash: hash.digest("hex").slice(0, 32), sums };
}

/** Inputs of some batches spread over a part. */
async function addInputs(sums: Map<string, Sum>, part: Part): Promise<void> {
  const batches = Math.ceil(part.rows / ROWS);
  const starts = new Set(Array.from({ length: BATCHES }, (_, i) => Math.floor((i * batches) / BATCHES)));
  for (const start of starts) {
    for await (const { inputs } of part.batches({ batchSize: ROWS, start })) {
      for (const [name, { data }] of Object.entries(inputs)) add(sums, name, data);
      break;
    }
  }
}

/** A sum in which every place weighs something else, and the size of what was added. */
interface Sum {
  places: number;
  sum: number;
  size: number;
}

function add(sums: Map<string, Sum>, name: string, values: NumArray["data"]): void {
  const all = sums.get(name) ?? { places: 0, sum: 0, size: 0 };
  sums.set(name, all);
  for (const value of values) {
    all.sum += value * (0.5 + ((all.places++ * 0.6180339887498949) % 1));
    all.size += Math.abs(value);
  }
}

function bytes({ buffer, byteOffset, byteLength }: NumArray["data"]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export interface SeenData {
  readonly fitted: FittedData;
  readonly print?: DataPrint;
}

/**
 * @param place the run, and its spec, for the message
 * @throws RunError resume-differs
 */
export function assertSameData(
  place: { readonly dir: string; readonly spec: string },
  then: { readonly fitted?: FittedData; readonly print?: DataPrint },
  here: SeenData,
): void {
  const differs = (was: string[], now: string[]): RunError =>
    new RunError({ code: "resume-differs", facts: { path: place.dir, was, here: now, spec: place.spec } });
  if (then.fitted !== undefined) {
    const classes = classDifferences(then.fitted, here.fitted);
    if (classes.was.length > 0) throw differs(classes.was, classes.here);
  }
  if (then.print !== undefined && here.print !== undefined) {
    const counts = rowDifferences(then.print, here.print);
    if (counts.was.length > 0) throw differs(counts.was, counts.here);
    if (then.print.hash !== here.print.hash) throw differs(["other rows"], ["another table"]);
    if (!sameSums(then.print, here.print)) throw differs(["other values"], ["another table"]);
  }
  if (then.fitted !== undefined && !alike(then.fitted, here.fitted))
    throw differs(["other training rows"], ["another table"]);
}

function classDifferences(then: FittedData, here: FittedData): { was: string[]; here: string[] } {
  const was: string[] = [];
  const now: string[] = [];
  for (const [name, target] of Object.entries(then.targets)) {
    const other = here.targets[name];
    const classes = (t: typeof target | undefined): string => `${t?.classes?.length ?? 0} classes of ${name}`;
    if (JSON.stringify(target.classes) === JSON.stringify(other?.classes)) continue;
    const same = classes(target) === classes(other);
    was.push(same ? `other classes of ${name}` : classes(target));
    now.push(same ? (other?.classes ?? []).join(", ") : classes(other));
  }
  return { was, here: now };
}

function rowDifferences(then: DataPrint, here: DataPrint): { was: string[]; here: string[] } {
  const parts = [...new Set([...Object.keys(then.rows), ...Object.keys(here.rows)])].filter(
    (part) => then.rows[part] !== here.rows[part],
  );
  const text = (print: DataPrint, part: string): string => `${print.rows[part] ?? 0} ${part} rows`;
  return { was: parts.map((part) => text(then, part)), here: parts.map((part) => text(here, part)) };
}

function sameSums(then: DataPrint, here: DataPrint): boolean {
  return Object.entries(then.sums).every(([part, sums]) =>
    Object.entries(sums).every(([input, [sum, size]]) => {
      const other = here.sums[part]?.[input];
      if (other === undefined) return false;
      const near = (a: number, b: number): boolean => Math.abs(a - b) <= TOLERANCE * Math.max(size, other[1], 1e-12);
      return near(sum, other[0]) && near(size, other[1]);
    }),
  );
}

/** Equal, but for the last digits of numbers. */
function alike(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number")
    return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  const [left, right] = [a as { [key: string]: unknown }, b as { [key: string]: unknown }];
  // What JSON leaves out is not there.
  const keys = (of: { [key: string]: unknown }): string[] => Object.keys(of).filter((key) => of[key] !== undefined);
  return keys(left).length === keys(right).length && keys(left).every((key) => alike(left[key], right[key]));
}
