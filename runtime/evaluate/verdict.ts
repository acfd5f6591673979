/**
 * The one sentence that says whether a head is worth its fusion: against the constant floor first, then against the best
 * modality alone, always by an interval of the paired difference. Knows outputs and metrics, not how they came about.
 */
import { type CallPlan, callKey } from "../../plan/plan.ts";
import { type BootstrapOptions, bootstrapDifference, type Difference, type Interval } from "./bootstrap.ts";
import { type HeadOutput, judgedRowNumbers, judgedRows } from "./head-output.ts";
import { evaluateMetrics, metricOf } from "./metrics/table.ts";
import { countText, metricText, pointsText } from "./numbers.ts";

/** What the verdict is, the numbers behind it, and the sentence to print. */
export interface Verdict {
  readonly kind:
    | "too-few-rows"
    | "not-defined"
    | "below-floor"
    | "beats-floor"
    | "fusion-adds"
    | "no-difference"
    | "fusion-loses"
    | "no-floor";
  readonly sentence: string;
  readonly metric: string;
  /** The floor it was compared with: `majority`, `only(sound)`. */
  readonly rival?: string;
  /** How much better than the rival, in the metric's own scale, on the rows that both predict. */
  readonly gain?: number;
  readonly interval?: Interval;
  readonly rows?: number;
}

/** Why `only(…)` floors of the spec are not there: nobody wanted them, or Ctrl-C came while they were trained. */
export type FloorsLeft = "unwanted" | "stopped";

export interface VerdictInput {
  readonly output: HeadOutput;
  readonly part: string;
  /** By name: `majority`, `mean`, `only(sound)`. */
  readonly floors: { readonly [name: string]: HeadOutput };
  /** The metric that the verdict speaks of. */
  readonly metric: CallPlan;
  readonly bootstrap: BootstrapOptions;
  /** How many modalities the head reads: with one, nothing can be trained alone. */
  readonly modalities?: number;
  readonly floorsLeft?: FloorsLeft;
}

/** An interval of fewer rows is wider than any difference worth having. */
const FEWEST_ROWS = 30;

/** The verdict on a head, by one metric. */
export function judge({ output, part, floors, metric, bootstrap, modalities, floorsLeft }: VerdictInput): Verdict {
  const key = callKey(metric);
  const rows = judgedRowNumbers(output).length;
  if (rows < FEWEST_ROWS) {
    const subject = rows === 0 ? `No ${part} rows` : rows === 1 ? `1 ${part} row` : `${countText(rows)} ${part} rows`;
    const sentence =
      rows === 0 ? `${subject} to judge.` : `${subject} ${rows === 1 ? "is" : "are"} too few for a verdict.`;
    return { kind: "too-few-rows", metric: key, rows, sentence };
  }
  if (Number.isNaN(evaluateMetrics(output, [metric])[key])) {
    return {
      kind: "not-defined",
      metric: key,
      rows,
      sentence: `${key} is not defined on these ${part} rows: no verdict.`,
    };
  }
  const text = differenceTexts(metric);
  const constant = ["majority", "mean"].find((name) => floors[name]);
  // Who never says yes has an f1 of 0 whatever the rows: that floor cannot be missed, so another metric is asked.
  const empty = constant !== undefined && neverPositive(floors[constant] as HeadOutput, metric);
  const asked: CallPlan = empty ? "roc_auc" : metric;
  const askedKey = callKey(asked);
  const askedText = empty ? differenceTexts(asked) : text;
  const why = empty ? ` (its ${key} is 0: it never guesses the positive class)` : "";
  const against = constant && bootstrapDifference(output, floors[constant] as HeadOutput, asked, bootstrap);
  // A metric need not be defined for a constant (the correlation with a mean), nor on most draws: then it says nothing.
  const floor = against && !Number.isNaN(against.interval[0]) ? against : undefined;
  if (floor && !(floor.interval[0] > 0)) {
    const { gain, interval } = floor;
    const sentence =
      `Does not beat the ${constant} floor${why}: ${askedKey} ${metricText(floor.model)} against ` +
      `${metricText(floor.rival)} (95 % interval of the difference ${askedText.interval(interval)}${askedText.unit}).`;
    return { kind: "below-floor", metric: askedKey, rival: constant, gain, interval, rows: floor.rows, sentence };
  }
  const alone = bestAlone(floors, metric);
  if (alone && modalities !== 1) {
    const difference = bootstrapDifference(output, floors[alone] as HeadOutput, metric, bootstrap);
    const verdict = fusionVerdict(key, alone, difference, rows, text);
    if (floorsLeft !== "stopped") return verdict;
    return { ...verdict, sentence: `${verdict.sentence} ${LEFT.stopped}` };
  }
  if (!floor) return { kind: "no-floor", metric: key, rows, sentence: `No floor to compare ${key} with.` };
  const missing =
    floorsLeft === undefined ? "No modality was trained alone: add only(…) to baselines." : LEFT[floorsLeft];
  const hint = modalities === 1 ? "" : ` ${missing}`;
  const { gain, interval } = floor;
  const sentence = askedText.points
    ? `Beats the ${constant} floor by ${askedText.amount(gain)}${why}.${hint}`
    : `${askedText.verb} ${askedText.amount(gain, floor.rival)} against the ${constant} floor.${hint}`;
  return { kind: "beats-floor", metric: askedKey, rival: constant, gain, interval, rows: floor.rows, sentence };
}

const LEFT: { readonly [why in FloorsLeft]: string } = {
  unwanted: "Floors of one modality were left out (--no-baselines).",
  stopped: "Not all floors of one modality were trained to the end.",
};

/** Whether a binary floor is 0 or not defined by a metric only because it never guesses the positive class. */
function neverPositive(floor: HeadOutput, metric: CallPlan): boolean {
  if (floor.target.type !== "binary" || !["f1", "precision", "recall"].includes(callKey(metric))) return false;
  const found = judgedRows(floor);
  return found.kind === "classes" && !found.guesses.includes(1);
}

/** The `only(…)` floor that is best by a metric. */
function bestAlone(floors: VerdictInput["floors"], metric: CallPlan): string | undefined {
  return floorsByValue(
    Object.keys(floors).filter((name) => name.startsWith("only(")),
    (name) => evaluateMetrics(floors[name] as HeadOutput, [metric])[callKey(metric)],
    metric,
  )[0];
}

/** Names of floors from the best to the worst by a metric; those without a number last. */
export function floorsByValue(
  names: readonly string[],
  numberOf: (name: string) => number | null | undefined,
  metric: CallPlan,
): string[] {
  const sign = metricOf(metric).better === "higher" ? -1 : 1;
  const place = (name: string) => {
    const value = numberOf(name);
    return value === null || value === undefined || Number.isNaN(value) ? Number.POSITIVE_INFINITY : sign * value;
  };
  return [...names].sort((a, b) => (place(a) === place(b) ? 0 : place(a) - place(b)));
}

function fusionVerdict(
  key: string,
  rival: string,
  difference: Difference,
  rows: number,
  text: DifferenceTexts,
): Verdict {
  const { gain, interval } = difference;
  const facts = { metric: key, rival, gain, interval, rows: difference.rows };
  const name = rival.slice("only(".length, -1);
  if (Number.isNaN(gain)) {
    return {
      kind: "not-defined",
      ...facts,
      sentence: `${key} of ${name} alone is not defined: no verdict on the fusion.`,
    };
  }
  const better = gain >= 0;
  // A worse model is told by how much it is worse, with the interval of that.
  const shown: Interval = better ? interval : [-interval[1], -interval[0]];
  const subset = difference.rows < rows ? `, on the ${countText(difference.rows)} rows that both predict` : "";
  const range = ` (95 % interval ${text.interval(shown)}${subset})`;
  const what = text.points
    ? `Fusion ${better ? "adds" : "loses"} ${text.amount(Math.abs(gain))} ${better ? "over" : "against"} ${name} alone`
    : `${better ? text.verb : `Fusion ${text.opposite}`} ${text.amount(Math.abs(gain), difference.rival)} against ${name} alone`;
  if (Number.isNaN(interval[0])) return { kind: "not-defined", ...facts, sentence: `${what}, without an interval.` };
  if (interval[0] > 0) return { kind: "fusion-adds", ...facts, sentence: `${what}${range}.` };
  if (interval[1] < 0) return { kind: "fusion-loses", ...facts, sentence: `${what}${range}.` };
  return { kind: "no-difference", ...facts, sentence: `${what}: no difference${range}.` };
}

interface DifferenceTexts {
  /** Whether differences are told as points. */
  readonly points: boolean;
  /** ` points`, behind an interval that nothing else explains. */
  readonly unit: string;
  /** `Lowers mae by`, for what is not told as points. */
  readonly verb: string;
  /** `raises mae by`, behind a subject. */
  readonly opposite: string;
  /** `2.3 points of accuracy`, `0.021 (11 %)`. */
  amount(gain: number, from?: number): string;
  interval(interval: Interval): string;
}

function differenceTexts(metric: CallPlan): DifferenceTexts {
  const key = callKey(metric);
  const { points, better } = metricOf(metric);
  const [verb, opposite] = better === "lower" ? ["Lowers", "raises"] : ["Raises", "lowers"];
  const number = points ? pointsText : metricText;
  return {
    points,
    unit: points ? " points" : "",
    verb: `${verb} ${key} by`,
    opposite: `${opposite} ${key} by`,
    amount(gain, from) {
      if (points) return `${pointsText(gain)} points of ${key}`;
      const share = from ? ` (${Math.round((100 * gain) / Math.abs(from))} %)` : "";
      return metricText(gain) + share;
    },
    interval: ([low, high]) => `${number(low)} to ${number(high)}`,
  };
}
