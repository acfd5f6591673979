/**
 * Columns that give a target away: equal to it, its labels under other names, the same number in another unit, or such
 * that each value goes with one label. A column is suspected by 2,048 rows spread over the table and then judged by all of
 * them, so that tables of any size cost one pass over the few columns that are suspected. Knows no messages.
 *
 * What agrees could do so by chance, the more so the fewer rows: a suspicion is worth the number of ways in which the
 * target's values could have been dealt to its rows, in bits, less the bits that are free to fit. And what agrees in 99 %
 * of the rows says nothing if one label has as many: what counts is how much of the rest is right.
 */
import type { TargetPlan } from "../../plan/plan.ts";
import { isEmpty, naSet, numberOf } from "./cells.ts";
import type { Piece } from "./leaks-inputs.ts";
import { affineOf, type Line } from "./leaks-lines.ts";
import type { Inputs, Sample } from "./leaks-prints.ts";
import { checkSignal } from "./modality.ts";
import type { Cells } from "./source.ts";

/** How a column gives a target away. */
export type CopyKind =
  /** Its cells are the labels, or the labels renamed; its numbers are the target's, or these in another unit. */
  | "copy"
  /** Each of its values goes with one label, several with the same. */
  | "grouped"
  /** Its cells are empty where, and only where, the label is one of two. */
  | "holes";

export interface Copy {
  readonly piece: Piece;
  readonly target: string;
  readonly kind: CopyKind;
  /** The share of rows with a label in which it agrees. */
  readonly part: number;
}

/** Equal writing is evidence of its own; what is fitted needs more. One chance in 65,536, in a million. */
const bitsOfEqual = 16;
const bitsOfFitted = 20;
const least = 0.99;
/** Of the rows that the most frequent label does not explain. */
const leastOfRest = 0.95;
/** A share of the sample that leaves room for its own chance. */
const suspected = 0.97;
/** Different values that a renaming or grouping may have. */
const mostValues = 1000;
/** Rows that a value of a grouping column has on average. */
const rowsOfValue = 10;

/** One column of a target. */
interface Answer {
  readonly target: string;
  readonly column: string;
  readonly numbers: boolean;
  readonly na: ReadonlySet<string> | undefined;
}

function answersOf(name: string, plan: TargetPlan, columns: readonly string[]): Answer[] {
  const na = naSet(plan.na);
  // A column with lists of labels is compared as a whole.
  return columns.map((column) => ({ target: name, column, numbers: plan.type === "regression", na }));
}

interface Suspicion {
  readonly piece: Piece;
  readonly answer: Answer;
  readonly kind: "equal" | "values" | "holes" | Line;
}

export async function findCopies(
  inputs: Inputs,
  sample: Sample,
  rows: Int32Array,
  targets: readonly { readonly name: string; readonly plan: TargetPlan; readonly columns: readonly string[] }[],
): Promise<Copy[]> {
  const answers = targets.flatMap(({ name, plan, columns }) => answersOf(name, plan, columns));
  const own = new Set(answers.map((answer) => answer.column));
  // The target's own column among the inputs is said without a table.
  const pieces = inputs.pieces.filter((piece) => piece.column !== undefined && !own.has(piece.column));
  const suspicions = pieces.flatMap((piece) =>
    answers.flatMap((answer) => {
      const cells = sample.cells.get(piece.column!)!;
      const labels = sample.cells.get(answer.column)!;
      return suspect(piece, answer, cells, labels).map((kind) => ({ piece, answer, kind }));
    }),
  );
  const found = await judge(inputs, rows, suspicions);
  // One column is said once a target, by what says most.
  const order: readonly CopyKind[] = ["copy", "grouped", "holes"];
  const best = new Map<string, Copy>();
  for (const copy of found) {
    const key = `${copy.piece.modality}\0${copy.piece.column}\0${copy.target}`;
    const before = best.get(key);
    const better = before === undefined ? 1 : order.indexOf(before.kind) - order.indexOf(copy.kind);
    if (better > 0 || (better === 0 && copy.part > before!.part)) best.set(key, copy);
  }
  return [...best.values()];
}

function suspect(
  piece: Piece,
  answer: Answer,
  cells: readonly (string | null)[],
  labels: readonly (string | null)[],
): Suspicion["kind"][] {
  const kinds: Suspicion["kind"][] = [];
  const given = labels.flatMap((label, i) => (isEmpty(label, answer.na) ? [] : [i]));
  if (given.length === 0) return kinds;
  const of = (label: string | null): string => canonical(label!, answer.numbers);
  const counts = tally(given.map((i) => of(labels[i]!)));
  const bits = dealings([...counts.values()]);
  const enough = (right: number): boolean => agrees(right, given.length, counts, suspected, 0.8);
  const equal = given.filter((i) => isEqual(piece, answer, cells[i] ?? null, labels[i]!)).length;
  if (bits >= bitsOfEqual && enough(equal)) kinds.push("equal");
  if (piece.kind === "number" && answer.numbers && bits >= bitsOfFitted && equal < given.length)
    kinds.push(
      ...affineOf(
        given.map((i) => [cells[i] ?? "", labels[i]!] as const),
        suspected,
      ),
    );
  if (answer.numbers) return kinds;
  const table = new Contingency();
  for (const i of given) table.add(cellValue(piece, cells[i] ?? null), of(labels[i]!));
  if (table.values <= mostValues && enough(table.right())) kinds.push("values");
  if (readsHoles(piece) && counts.size === 2) {
    const holes = new Contingency();
    for (const i of given) holes.add(isEmpty(cells[i], piece.na) ? "" : "there", of(labels[i]!));
    if (holes.values === 2 && enough(holes.right())) kinds.push("holes");
  }
  return kinds;
}

/** Whether a model sees that a cell is empty: rows with holes are kept. */
function readsHoles({ plan }: Piece): boolean {
  const imputed = (plan.type === "tabular" || plan.type === "vector") && plan.impute !== undefined;
  return imputed || plan.missing === "empty";
}

async function judge(inputs: Inputs, rows: Int32Array, suspicions: readonly Suspicion[]): Promise<Copy[]> {
  if (suspicions.length === 0) return [];
  const used = new Uint8Array(inputs.table.rows);
  for (const row of rows) used[row] = 1;
  const columns = [...new Set(suspicions.flatMap(({ piece, answer }) => [piece.column!, answer.column]))];
  const counting = suspicions.map(({ answer, kind }) => ({
    right: 0,
    all: 0,
    labels: new Map<string, number>(),
    table: kind === "values" || kind === "holes" ? new Contingency() : undefined,
    answer,
  }));
  await inputs.table.visit(columns, (cells, start) => {
    checkSignal(inputs.signal);
    const byName = new Map<string, Cells>(columns.map((column, c) => [column, cells[c]!]));
    suspicions.forEach(({ piece, answer, kind }, s) => {
      const mine = byName.get(piece.column!)!;
      const labels = byName.get(answer.column)!;
      const counts = counting[s]!;
      for (let i = 0; i < mine.length; i++) {
        const label = labels[i] ?? null;
        if (used[start + i] === 0 || isEmpty(label, answer.na)) continue;
        const cell = mine[i] ?? null;
        const said = canonical(label!, answer.numbers);
        counts.all++;
        // Of numbers that all differ it is enough to know that they do.
        if (counts.labels.has(said) || counts.labels.size < 100_000)
          counts.labels.set(said, (counts.labels.get(said) ?? 0) + 1);
        if (kind === "equal") counts.right += isEqual(piece, answer, cell, label!) ? 1 : 0;
        else if (kind === "values") counts.table!.add(cellValue(piece, cell), said);
        else if (kind === "holes") counts.table!.add(isEmpty(cell, piece.na) ? "" : "there", said);
        else counts.right += kind.holds(cell ?? "", label!) ? 1 : 0;
      }
    });
  });
  return suspicions.flatMap(({ piece, answer, kind }, s) => {
    const { right, all, labels, table } = counting[s]!;
    const copy = (of: CopyKind, agreeing: number): Copy[] =>
      agrees(agreeing, all, labels, least, leastOfRest)
        ? [{ piece, target: answer.target, kind: of, part: agreeing / all }]
        : [];
    if (table === undefined) return copy("copy", right);
    const bits = dealings([...labels.values()]);
    if (kind === "holes") return bits - 1 >= bitsOfFitted ? copy("holes", table.right()) : [];
    const renamed = table.renamed();
    if (renamed !== undefined && bits - logFactorial(labels.size) >= bitsOfFitted) {
      const said = copy(piece.kind === "text" ? "grouped" : "copy", renamed);
      if (said.length > 0) return said;
    }
    // A threshold makes a label of a number, and a model may find it: only categories and texts are taken for groups.
    if (piece.kind === "number" || table.values * rowsOfValue > all) return [];
    return bits - table.values * Math.log2(labels.size) >= bitsOfFitted ? copy("grouped", table.right()) : [];
  });
}

/** Whether so many right rows are nearly all, and nearly all of those that the most frequent label does not explain. */
function agrees(
  right: number,
  all: number,
  labels: ReadonlyMap<string, number>,
  share: number,
  ofRest: number,
): boolean {
  let most = 0;
  for (const count of labels.values()) most = Math.max(most, count);
  return all > most && right >= share * all && right - most >= ofRest * (all - most);
}

/** A label as it is compared. */
function canonical(label: string, numbers: boolean): string {
  const text = label.trim();
  return numbers ? String(numberOf(text)) : text;
}

/** A cell as a value of its column. */
function cellValue(piece: Piece, cell: string | null): string {
  if (isEmpty(cell, piece.na)) return "";
  const text = cell!.trim();
  return piece.kind === "number" ? String(numberOf(text)) : text;
}

function isEqual(piece: Piece, answer: Answer, cell: string | null, label: string): boolean {
  if (isEmpty(cell, piece.na)) return false;
  const one = cell!.trim();
  const other = label.trim();
  if (one === other) return true;
  if (answer.numbers || piece.kind === "number") return numberOf(one) === numberOf(other);
  return one.toLowerCase() === other.toLowerCase();
}

/** How often each value of a column goes with each label. Stops counting where values are too many to be names. */
class Contingency {
  readonly counts = new Map<string, Map<string, number>>();
  get values(): number {
    return this.counts.size;
  }
  add(value: string, label: string): void {
    let labels = this.counts.get(value);
    if (labels === undefined) {
      if (this.counts.size > mostValues) return;
      labels = new Map();
      this.counts.set(value, labels);
    }
    labels.set(label, (labels.get(label) ?? 0) + 1);
  }
  /** Rows whose label is the most frequent one of their value; values of one row prove nothing. */
  right(): number {
    let sum = 0;
    for (const labels of this.counts.values()) {
      const most = Math.max(...labels.values());
      if (most > 1) sum += most;
    }
    return sum;
  }
  /** The same where each label has a value of its own; undefined where two values share a label. */
  renamed(): number | undefined {
    const best = new Map<string, number>();
    for (const labels of this.counts.values()) {
      const [label, most] = [...labels].reduce((a, b) => (b[1] > a[1] ? b : a));
      if (most > 1) best.set(label, Math.max(best.get(label) ?? 0, most));
    }
    return best.size > 1 ? [...best.values()].reduce((sum, n) => sum + n, 0) : undefined;
  }
}

function tally(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** In how many ways the target's values could have been dealt to their rows, in bits. */
function dealings(counts: readonly number[]): number {
  const all = counts.reduce((sum, n) => sum + n, 0);
  return logFactorial(all) - counts.reduce((sum, n) => sum + logFactorial(n), 0);
}

/** log2(n!), by Stirling's series; exact enough from 0 on. */
function logFactorial(n: number): number {
  if (n < 2) return 0;
  return (n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n)) / Math.LN2;
}
