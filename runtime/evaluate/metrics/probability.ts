/**
 * Metrics of probabilities: ranking (ROC-AUC, PR-AUC), log loss, Brier score and calibration error.
 * Rows are sorted once; a draw of the bootstrap is then one pass. Edge cases are scikit-learn's where it has one.
 */
import type { FloatArray, JudgedRows } from "../head-output.ts";
import {
  averageOf,
  type Measure,
  type Metric,
  type MetricArgs,
  meanOfDefined,
  meanOfRows,
  type RowCounts,
} from "./define.ts";

/** Rows from the lowest score to the highest: number, 0 or 1, and whether the next row has a higher score. */
interface Ranking {
  readonly order: Int32Array;
  readonly positive: Uint8Array;
  readonly last: Uint8Array;
  /** Whether any two rows have the same score. */
  readonly tied: boolean;
}

/** Undefined where a score is not a number: such a ranking has no order. */
function rank(
  n: number,
  scoreOf: (row: number) => number,
  isPositive: (row: number) => boolean,
  use?: (row: number) => boolean,
): Ranking | undefined {
  const chosen: number[] = [];
  for (let i = 0; i < n; i++) {
    if (use && !use(i)) continue;
    if (Number.isNaN(scoreOf(i))) return undefined;
    chosen.push(i);
  }
  const order = Int32Array.from(chosen).sort((a, b) => scoreOf(a) - scoreOf(b));
  const positive = Uint8Array.from(order, (row) => (isPositive(row) ? 1 : 0));
  const last = Uint8Array.from(order, (row, at) =>
    at + 1 === order.length || scoreOf(order[at + 1] as number) > scoreOf(row) ? 1 : 0,
  );
  return { order, positive, last, tied: last.includes(0) };
}

/** Share of (positive, negative) pairs in the right order, ties half; NaN without one of the two. */
function area({ order, positive, last, tied: anyTied }: Ranking, counts: RowCounts): number {
  let below = 0;
  let pairs = 0;
  let positives = 0;
  if (!anyTied && counts) {
    // The bootstrap's inner loop: no group has two rows, so a positive row beats all negatives so far.
    for (let at = 0; at < order.length; at++) {
      const count = counts[order[at] as number] as number;
      if (positive[at] === 1) {
        pairs += count * below;
        positives += count;
      } else below += count;
    }
    return positives === 0 || below === 0 ? Number.NaN : pairs / (positives * below);
  }
  let ties = 0;
  let tied = 0;
  for (let at = 0; at < order.length; at++) {
    const count = counts ? (counts[order[at] as number] as number) : 1;
    if (positive[at]) tied += count;
    else ties += count;
    if (!last[at]) continue;
    pairs += tied * (below + ties / 2);
    below += ties;
    positives += tied;
    ties = 0;
    tied = 0;
  }
  return positives === 0 || below === 0 ? Number.NaN : pairs / (positives * below);
}

/** Average precision: the step sum over recall, as scikit-learn's average_precision_score; NaN without positives. */
function averagePrecision({ order, positive, last }: Ranking, counts: RowCounts): number {
  let right = 0;
  let guessed = 0;
  let sum = 0;
  let tied = 0;
  for (let at = order.length - 1; at >= 0; at--) {
    const count = counts ? (counts[order[at] as number] as number) : 1;
    guessed += count;
    if (positive[at]) tied += count;
    // A group of equal scores is counted whole, at its lowest row.
    if (at > 0 && !last[at - 1]) continue;
    right += tied;
    if (tied > 0) sum += (tied * right) / guessed;
    tied = 0;
  }
  return right === 0 ? Number.NaN : sum / right;
}

/**
 * Binary: of class 1. Else one ranking a class against the rest, or a label, `macro` (the default) or `weighted` by
 * positives; a class that no drawn row has, or that all have, is left out.
 */
function ranked(number: (ranking: Ranking, counts: RowCounts) => number): Metric["prepare"] {
  return (rows: JudgedRows, args: MetricArgs): Measure => {
    if (rows.kind === "values") throw new TypeError("numbers have no ranking of classes");
    const { n, k, probabilities } = rows;
    const rankings: (Ranking | undefined)[] = [];
    if (rows.kind === "classes" && k === 2 && probabilities.length === n) {
      rankings.push(
        rank(
          n,
          (i) => probabilities[i] as number,
          (i) => rows.labels[i] === 1,
        ),
      );
    } else {
      for (let j = 0; j < k; j++) {
        const scoreOf = (i: number) => probabilities[i * k + j] as number;
        rankings.push(
          rows.kind === "classes"
            ? rank(n, scoreOf, (i) => rows.labels[i] === j)
            : rank(
                n,
                scoreOf,
                (i) => rows.labels[i * k + j] === 1,
                (i) => rows.known[i * k + j] === 1,
              ),
        );
      }
    }
    if (rankings.some((r) => r === undefined)) return () => Number.NaN;
    const all = rankings as Ranking[];
    const weighted = averageOf(args) === "weighted";
    return (counts) =>
      meanOfDefined(
        all.map((r) => number(r, counts)),
        weighted ? all.map((r) => positivesIn(r, counts)) : undefined,
      );
  };
}

function positivesIn({ order, positive }: Ranking, counts: RowCounts): number {
  let sum = 0;
  for (let at = 0; at < order.length; at++) {
    if (positive[at]) sum += counts ? (counts[order[at] as number] as number) : 1;
  }
  return sum;
}

/** Natural logarithm of the label's probability, kept from 0 and 1 by the epsilon of the numbers' own precision. */
function logLoss(rows: JudgedRows): Measure {
  return byProbability(rows, (p, label, epsilon, alone) => {
    const kept = Math.min(Math.max(p, epsilon), 1 - epsilon);
    return label ? -Math.log(kept) : alone ? -Math.log(1 - kept) : 0;
  });
}

/** Squared distance to the label: binary (p - y)^2, several classes the sum over them, several labels their mean. */
function brier(rows: JudgedRows): Measure {
  return byProbability(rows, (p, label) => (p - label) ** 2);
}

type Term = (p: number, label: number, epsilon: number, alone: boolean) => number;

function byProbability(rows: JudgedRows, term: Term): Measure {
  if (rows.kind === "values") throw new TypeError("numbers have no probabilities");
  const { n, k, probabilities } = rows;
  const epsilon = epsilonOf(probabilities);
  const byRow = new Float64Array(n);
  if (rows.kind === "classes" && probabilities.length === n) {
    for (let i = 0; i < n; i++) byRow[i] = term(probabilities[i] as number, rows.labels[i] as number, epsilon, true);
    return meanOfRows(byRow);
  }
  for (let i = 0; i < n; i++) {
    let sum = 0;
    let known = 0;
    for (let j = 0; j < k; j++) {
      const at = i * k + j;
      if (rows.kind === "classes") {
        sum += term(probabilities[at] as number, rows.labels[i] === j ? 1 : 0, epsilon, false);
      } else if (rows.known[at]) {
        sum += term(probabilities[at] as number, rows.labels[at] as number, epsilon, true);
        known++;
      }
    }
    byRow[i] = rows.kind === "classes" ? sum : sum / known;
  }
  return meanOfRows(byRow);
}

function epsilonOf(numbers: FloatArray): number {
  return numbers instanceof Float32Array ? 2 ** -23 : Number.EPSILON;
}

/** Expected calibration error (Guo et al. 2017): confidence of the guess against its accuracy, in `bins` of equal width. */
function calibrationError(rows: JudgedRows, args: MetricArgs): Measure {
  if (rows.kind !== "classes") throw new TypeError("ece needs one class a row");
  const bins = typeof args.bins === "number" ? args.bins : 15;
  const { n, k, probabilities, guesses, labels } = rows;
  const bin = new Int32Array(n);
  const gap = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const guess = guesses[i] as number;
    const p =
      probabilities.length === n
        ? Math.max(probabilities[i] as number, 1 - (probabilities[i] as number))
        : (probabilities[i * k + guess] ?? Number.NaN);
    bin[i] = Math.min(bins - 1, Math.max(0, Math.ceil(p * bins) - 1));
    gap[i] = (guess === labels[i] ? 1 : 0) - p;
  }
  return (counts) => {
    const gaps = new Float64Array(bins);
    let total = 0;
    for (let i = 0; i < n; i++) {
      const count = counts ? (counts[i] as number) : 1;
      total += count;
      gaps[bin[i] as number] = (gaps[bin[i] as number] as number) + count * (gap[i] as number);
    }
    return total === 0 ? Number.NaN : gaps.reduce((sum, x) => sum + Math.abs(x), 0) / total;
  };
}

const all = ["binary", "multiclass", "multilabel"] as const;
const costOfRanking = (rows: JudgedRows) => 2 * (rows.kind === "classes" && rows.k === 2 ? 1 : rows.k);

export const probabilityMetrics = {
  roc_auc: { targets: all, better: "higher", points: true, cost: costOfRanking, prepare: ranked(area) },
  pr_auc: { targets: all, better: "higher", points: true, cost: costOfRanking, prepare: ranked(averagePrecision) },
  log_loss: { targets: all, better: "lower", points: false, cost: () => 1, prepare: logLoss },
  brier: { targets: all, better: "lower", points: false, cost: () => 1, prepare: brier },
  ece: { targets: ["binary", "multiclass"], better: "lower", points: false, cost: () => 1, prepare: calibrationError },
} satisfies { [word: string]: Metric };
