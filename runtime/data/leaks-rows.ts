/**
 * Rows that stand in training and in another part too, and which of them are equal by chance. Works on fingerprints: 8 bytes
 * a row and two passes over the table, the second only where equal rows were found. Knows no messages.
 *
 * Equal rows are no leak where rows lie thick: of passengers of one class and sex at one fare, two have the same age. So
 * each equal row is asked how many rows of train differ from it in one factor only (a column, or columns that say the
 * same), times how often the value of that factor occurs in other rows: how many twins it would have by chance. A row that explains itself so is not counted, nor are
 * all of them where a part's rows have nearly as many such chances as twins. docs/decisions/007-leaks-in-data.md has more.
 */
import { twinsByChance } from "./leaks-chance.ts";
import { sparseBits } from "./leaks-factors.ts";
import { keyOf } from "./leaks-inputs.ts";
import {
  type Counts,
  countRows,
  type Inputs,
  inputsKey,
  type RowPrints,
  type Sample,
  sampled,
  spread,
} from "./leaks-prints.ts";
import type { PartRows } from "./targets.ts";

/** Rows of a part that train has, too, by more than chance. */
export interface Twins {
  readonly part: string;
  /** Ascending table rows. */
  readonly rows: Int32Array;
  readonly of: number;
}

/** A row with more twins by chance than this says nothing. */
const chanceLimit = 0.1;
/** As many equal rows as this times those that chance makes are a leak. */
const factor = 3;
/** Of rows with equal inputs so many have equal targets, beyond what their frequency makes: copies have. */
const agreement = 0.9;
/**
 * Columns hang together in more ways than pairs of them show. Of the tables that come with R those with scales from 1 to 10
 * or the prices of a week have up to so many times the equal rows that their bits let expect.
 */
const underestimated = 32;
/** So many equal rows, or more, would be there by chance in one table of a thousand. */
const surprise = 1e-3;
/** Rows that are asked; of more, these are spread over them. */
const asked = 20_000;
const compared = 1000;

/** Finds the rows of each part that train has too, and leaves out what is chance. */
export async function findTwins(
  inputs: Inputs,
  prints: RowPrints,
  sample: Sample,
  inTrain: Counts,
  train: Int32Array,
  parts: readonly PartRows[],
): Promise<Twins[]> {
  const equal = parts.map(({ rows }) => rows.filter((row) => inTrain(row) > 0));
  if (equal.every((rows) => rows.length === 0)) return [];
  const known = countRows((row) => inputsKey(prints, row), train);
  if (!mostlyDifferent(prints, train, parts)) return [];
  // A sentence or a picture is known again whatever its label; numbers and categories need the label as a witness.
  const plain = inputs.pieces.every(({ kind }) => kind === "number" || kind === "category");
  if (plain && !agree(prints, inTrain, known, train, parts)) return [];
  const bits = sparseBits(inputs.pieces, sample, (row) => inputsKey(prints, row), train.length);

  const questions = parts.map(({ rows }, p) => ({ equal: spread(equal[p]!, asked), all: spread(rows, compared) }));
  const rows = Int32Array.from(new Set(questions.flatMap((one) => [...one.equal, ...one.all]))).sort();
  const expected = await twinsByChance(inputs, prints, sample, train, rows);
  return parts.flatMap(({ name, rows: all }, p) => {
    const question = questions[p]!;
    const copied = (row: number): boolean => !plain || known(row) === inTrain(row);
    const speaking = question.equal.filter((row) => expected.get(row)! < chanceLimit && copied(row));
    if (speaking.length === 0) return [];
    const chances = question.all.reduce((sum, row) => {
      const twins = expected.get(row)!;
      return sum + (twins < chanceLimit ? twins : 0);
    }, 0);
    const whole = question.equal.length === equal[p]!.length;
    const count = whole ? speaking.length : (speaking.length / question.equal.length) * equal[p]!.length;
    if (count <= factor * chances * (all.length / question.all.length)) return [];
    if (atLeast(count, underestimated * all.length * 2 ** -bits) > surprise) return [];
    // Too many to ask each: where most of those asked speak, all are meant.
    if (!whole && speaking.length < question.equal.length / 2) return [];
    return [{ part: name, rows: (whole ? speaking : equal[p]!).slice().sort(), of: all.length }];
  });
}

/** How likely it is that so many happen, or more, where `mean` are expected (Poisson). */
function atLeast(count: number, mean: number): number {
  let term = Math.exp(-mean);
  let fewer = 0;
  for (let k = 0; k < count && k < 1000; k++) {
    fewer += term;
    term *= mean / (k + 1);
  }
  // Means over 700 have no e^-mean; so many equal rows are then not looked at more closely.
  return mean > 700 ? (count > 3 * mean ? 0 : 1) : 1 - fewer;
}

/** Of all rows so many have inputs of their own; of fewer, being equal is how they are: few patterns, over and over. */
const different = 0.4;

function mostlyDifferent(prints: RowPrints, train: Int32Array, parts: readonly PartRows[]): boolean {
  const all = [train, ...parts.map(({ rows }) => rows)];
  const keys = new Float64Array(all.reduce((sum, rows) => sum + rows.length, 0));
  let at = 0;
  for (const rows of all) for (const row of rows) keys[at++] = inputsKey(prints, row);
  keys.sort();
  let values = 0;
  for (let i = 0; i < keys.length; i++) if (i === 0 || keys[i] !== keys[i - 1]) values++;
  return values >= different * keys.length;
}

/** Whether rows with equal inputs nearly always have equal targets, more than any two rows have. */
function agree(
  prints: RowPrints,
  inTrain: Counts,
  known: Counts,
  train: Int32Array,
  parts: readonly PartRows[],
): boolean {
  let same = 0;
  let all = 0;
  for (const { rows } of parts) {
    for (const row of rows) {
      const alike = known(row);
      if (alike === 0) continue;
      all++;
      same += inTrain(row) / alike;
    }
  }
  const labels = new Map<number, number>();
  for (const row of spread(train, sampled)) {
    const key = keyOf(prints.targets.a[row]!, prints.targets.b[row]!);
    labels.set(key, (labels.get(key) ?? 0) + 1);
  }
  const of = Math.min(train.length, sampled);
  const chance = [...labels.values()].reduce((sum, n) => sum + (n / of) ** 2, 0);
  return same / all - chance >= agreement * (1 - chance);
}
