/**
 * Metrics of classes and labels that need only counts: right ones, labels and guesses by class.
 * Formulas and edge cases are scikit-learn's (zero_division 0; macro over the classes that occur in labels or guesses).
 */
import type { ClassRows, JudgedRows, LabelRows } from "../head-output.ts";
import { averageOf, type Measure, type Metric, type MetricArgs, meanOfRows, type RowCounts } from "./define.ts";

interface Counts {
  /** By class (or label): rows where it is both label and guess. */
  readonly right: Float64Array;
  readonly truth: Float64Array;
  readonly guessed: Float64Array;
  /** Rows drawn. */
  readonly total: number;
}

function countClasses(rows: ClassRows, counts: RowCounts): Counts {
  const right = new Float64Array(rows.k);
  const truth = new Float64Array(rows.k);
  const guessed = new Float64Array(rows.k);
  let total = 0;
  for (let i = 0; i < rows.n; i++) {
    const count = counts ? (counts[i] as number) : 1;
    if (count === 0) continue;
    const label = rows.labels[i] as number;
    const guess = rows.guesses[i] as number;
    total += count;
    truth[label] = (truth[label] as number) + count;
    if (guess < 0) continue;
    guessed[guess] = (guessed[guess] as number) + count;
    if (guess === label) right[label] = (right[label] as number) + count;
  }
  return { right, truth, guessed, total };
}

function countLabels(rows: LabelRows, counts: RowCounts): Counts {
  const { n, k } = rows;
  const right = new Float64Array(k);
  const truth = new Float64Array(k);
  const guessed = new Float64Array(k);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const count = counts ? (counts[i] as number) : 1;
    if (count === 0) continue;
    total += count;
    for (let j = 0; j < k; j++) {
      const at = i * k + j;
      if (!rows.known[at]) continue;
      const label = rows.labels[at] as number;
      const guess = rows.guesses[at] as number;
      if (label) truth[j] = (truth[j] as number) + count;
      if (guess) guessed[j] = (guessed[j] as number) + count;
      if (label && guess) right[j] = (right[j] as number) + count;
    }
  }
  return { right, truth, guessed, total };
}

function countRows(rows: JudgedRows, counts: RowCounts): Counts {
  if (rows.kind === "values") throw new TypeError("classes cannot be counted in numbers");
  return rows.kind === "classes" ? countClasses(rows, counts) : countLabels(rows, counts);
}

function fromCounts(rows: JudgedRows, number: (counts: Counts) => number): Measure {
  return (draw) => {
    const counts = countRows(rows, draw);
    return counts.total === 0 ? Number.NaN : number(counts);
  };
}

const costOfCounts = (rows: JudgedRows) => (rows.kind === "labels" ? rows.k : 1);

// ---------------------------------------------------------------- precision, recall, F1

type Score = (right: number, truth: number, guessed: number) => number;
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
const scores = {
  precision: (right, _truth, guessed) => share(right, guessed),
  recall: (right, truth) => share(right, truth),
  f1: (right, truth, guessed) => share(2 * right, truth + guessed),
} satisfies { [word: string]: Score };

function averaged(score: Score): Metric["prepare"] {
  return (rows: JudgedRows, args: MetricArgs) => {
    if (rows.kind === "values") throw new TypeError("classes cannot be counted in numbers");
    const average = averageOf(args) ?? (rows.kind === "classes" && rows.k === 2 ? "positive" : "macro");
    if (average === "samples") {
      if (rows.kind !== "labels") throw new TypeError("`samples` needs a multilabel target");
      return meanOfRows(scoreByRow(rows, score));
    }
    return fromCounts(rows, ({ right, truth, guessed }) => {
      const of = (j: number) => score(right[j] as number, truth[j] as number, guessed[j] as number);
      if (average === "positive") return of(1);
      if (average === "micro") return score(sum(right), sum(truth), sum(guessed));
      let total = 0;
      let weights = 0;
      for (let j = 0; j < rows.k; j++) {
        // A class that no row has or gets is not there; a label of a multilabel target always is.
        const there = rows.kind === "labels" || (truth[j] as number) + (guessed[j] as number) > 0;
        const weight = average === "weighted" ? (truth[j] as number) : there ? 1 : 0;
        total += weight * of(j);
        weights += weight;
      }
      return share(total, weights);
    });
  };
}

function scoreByRow(rows: LabelRows, score: Score): Float64Array {
  const byRow = new Float64Array(rows.n);
  for (let i = 0; i < rows.n; i++) {
    let right = 0;
    let truth = 0;
    let guessed = 0;
    for (let at = i * rows.k; at < (i + 1) * rows.k; at++) {
      if (!rows.known[at]) continue;
      const label = rows.labels[at] as number;
      const guess = rows.guesses[at] as number;
      truth += label;
      guessed += guess;
      right += label & guess;
    }
    byRow[i] = score(right, truth, guessed);
  }
  return byRow;
}

function sum(numbers: Float64Array): number {
  let total = 0;
  for (const x of numbers) total += x;
  return total;
}

// ---------------------------------------------------------------- accuracy, MCC, kappa

function accuracy(rows: JudgedRows, args: MetricArgs): Measure {
  const byRow = new Float64Array(rows.n);
  if (rows.kind === "classes") {
    for (let i = 0; i < rows.n; i++) byRow[i] = rows.labels[i] === rows.guesses[i] ? 1 : 0;
    return meanOfRows(byRow);
  }
  // All labels of a row (scikit-learn's subset accuracy), or all columns on the same side of the threshold.
  const at = typeof args.at === "number" ? args.at : 0;
  const same =
    rows.kind === "labels"
      ? (i: number) => rows.labels[i] === rows.guesses[i]
      : (i: number) => (rows.labels[i] as number) > at === (rows.values[i] as number) > at;
  for (let i = 0; i < rows.n; i++) {
    byRow[i] = 1;
    for (let j = i * rows.k; j < (i + 1) * rows.k; j++) if (rows.known[j] && !same(j)) byRow[i] = 0;
  }
  return meanOfRows(byRow);
}

function balancedAccuracy(rows: JudgedRows): Measure {
  return fromCounts(rows, ({ right, truth }) => {
    let total = 0;
    let classes = 0;
    for (let j = 0; j < right.length; j++) {
      if (truth[j] === 0) continue;
      total += (right[j] as number) / (truth[j] as number);
      classes++;
    }
    return total / classes;
  });
}

/** Matthews correlation, for several classes R_k (Gorodkin 2004); 0 where labels or guesses are all one class. */
function mcc(rows: JudgedRows): Measure {
  return fromCounts(rows, ({ right, truth, guessed, total }) => {
    let both = 0;
    let truths = 0;
    let guesses = 0;
    for (let j = 0; j < truth.length; j++) {
      both += (truth[j] as number) * (guessed[j] as number);
      truths += (truth[j] as number) ** 2;
      guesses += (guessed[j] as number) ** 2;
    }
    const square = total * total;
    const spread = (square - truths) * (square - guesses);
    return spread === 0 ? 0 : (sum(right) * total - both) / Math.sqrt(spread);
  });
}

/** Cohen's kappa; `weights: linear | quadratic` counts how far a guess is off, in class numbers. NaN for one class. */
function kappa(rows: JudgedRows, args: MetricArgs): Measure {
  if (rows.kind !== "classes") throw new TypeError("kappa needs one class a row");
  const { weights } = args;
  const off = (a: number, b: number) =>
    weights === "quadratic" ? (a - b) ** 2 : weights === "linear" ? Math.abs(a - b) : a === b ? 0 : 1;
  const byRow = Float64Array.from(rows.labels, (label, i) => off(label, rows.guesses[i] as number));
  const mean = meanOfRows(byRow);
  return (draw) => {
    const { truth, guessed, total } = countClasses(rows, draw);
    let expected = 0;
    for (let a = 0; a < rows.k; a++) {
      if (truth[a] === 0) continue;
      for (let b = 0; b < rows.k; b++) expected += off(a, b) * (truth[a] as number) * (guessed[b] as number);
    }
    return expected === 0 ? Number.NaN : 1 - mean(draw) / (expected / (total * total));
  };
}

/** Rows are labels, columns are guesses. A prediction that is not a number stands in no column. */
export function confusionMatrix(rows: JudgedRows): number[][] {
  if (rows.kind !== "classes") throw new TypeError("a confusion matrix needs one class a row");
  const matrix = Array.from({ length: rows.k }, () => new Array<number>(rows.k).fill(0));
  for (let i = 0; i < rows.n; i++) {
    const row = matrix[rows.labels[i] as number] as number[];
    const guess = rows.guesses[i] as number;
    if (guess >= 0) row[guess] = (row[guess] as number) + 1;
  }
  return matrix;
}

const classes = ["binary", "multiclass"] as const;
const labels = ["binary", "multiclass", "multilabel"] as const;
const higher = { better: "higher", points: true, cost: costOfCounts } as const;

export const countingMetrics = {
  accuracy: { ...higher, targets: ["binary", "multiclass", "multilabel", "regression"], prepare: accuracy },
  balanced_accuracy: { ...higher, targets: classes, prepare: balancedAccuracy },
  precision: { ...higher, targets: labels, prepare: averaged(scores.precision) },
  recall: { ...higher, targets: labels, prepare: averaged(scores.recall) },
  f1: { ...higher, targets: labels, prepare: averaged(scores.f1) },
  mcc: { ...higher, targets: classes, prepare: mcc },
  kappa: { ...higher, targets: classes, prepare: kappa },
} satisfies { [word: string]: Metric };
