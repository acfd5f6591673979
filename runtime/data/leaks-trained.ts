/**
 * The training rows of a run as a set of fingerprints, so that a table to be judged on can be asked whether the model
 * has seen its rows. Of many rows only those with small fingerprints are kept, the same share in any table: a sample that
 * two tables agree on. Knows no messages.
 */
import type { Counts, RowPrints } from "./leaks-prints.ts";
import type { PartRows } from "./targets.ts";

/** Stored in a run as trained.json. */
export interface TrainedRows {
  readonly version: 1;
  /** Prints are kept below this, of 2³². */
  readonly below: number;
  /** Share of the run's own other rows that are equal to a training row: what chance does in these data. */
  readonly chance: number;
  /** The prints kept, ascending, 32 bits little-endian, as base64. */
  readonly prints: string;
}

/** Whether something that was read is what a run keeps. */
export function isTrainedRows(value: unknown): value is TrainedRows {
  if (typeof value !== "object" || value === null) return false;
  const { version, below, chance, prints } = value as Partial<TrainedRows>;
  return version === 1 && typeof below === "number" && typeof chance === "number" && typeof prints === "string";
}

const mostPrints = 65_536;
/** Fewer rows than these say nothing. */
const fewest = 5;

const printOf = ({ inputs, targets }: RowPrints, row: number): number => (inputs.a[row]! + targets.a[row]!) >>> 0;

/** What a run keeps of its rows. `inTrain` counts the rows of train that are equal to a row. */
export function trainedRows(
  prints: RowPrints,
  inTrain: Counts,
  train: Int32Array,
  others: readonly PartRows[],
): TrainedRows {
  const all = Uint32Array.from(train, (row) => printOf(prints, row)).sort();
  const kept = all.subarray(0, mostPrints);
  const below = kept.length < all.length ? all[kept.length]! : 2 ** 32;
  let equal = 0;
  let of = 0;
  for (const { rows } of others) {
    for (const row of rows) if (inTrain(row) > 0) equal++;
    of += rows.length;
  }
  if (of === 0) {
    // Without other rows, those of train say how often rows are equal.
    for (const row of train) if (inTrain(row) > 1) equal++;
    of = train.length;
  }
  const bytes = Buffer.alloc(kept.length * 4);
  kept.forEach((print, i) => {
    bytes.writeUInt32LE(print, i * 4);
  });
  return { version: 1, below, chance: equal / of, prints: bytes.toString("base64") };
}

/** The share of rows that the run was trained on; undefined where it is no more than chance makes, or cannot be told. */
export function shareTrained(trained: TrainedRows, prints: RowPrints, rows: Int32Array): number | undefined {
  const bytes = Buffer.from(trained.prints, "base64");
  const known = new Set(Array.from({ length: bytes.length >>> 2 }, (_, i) => bytes.readUInt32LE(i * 4)));
  let asked = 0;
  let found = 0;
  for (const row of rows) {
    const print = printOf(prints, row);
    if (print >= trained.below) continue;
    asked++;
    if (known.has(print)) found++;
  }
  if (asked < fewest) return undefined;
  const share = found / asked;
  // Other tables than the run's own have a little more or less of chance.
  return share >= 0.01 && share > 2 * trained.chance + 0.01 ? share : undefined;
}
