/**
 * From the outputs of a head and its floors to its part of scorecard.json. Knows metrics, intervals and verdicts; not
 * the network, and not how a scorecard is printed.
 */
import { type CallPlan, callKey } from "../../plan/plan.ts";
import { bootstrapIntervals } from "./bootstrap.ts";
import { type HeadOutput, judgedRowNumbers } from "./head-output.ts";
import { evaluateConfusion, evaluateMetrics, isMatrix, metricOfKey } from "./metrics/table.ts";
import type { HeadScorecard, Metrics } from "./scorecard.ts";
import { type FloorsLeft, judge } from "./verdict.ts";

export interface HeadRun {
  /** Name of the target. */
  readonly target: string;
  /** As in the plan, `confusion` included. At least one is a number. */
  readonly metrics: readonly CallPlan[];
  readonly outputs: { readonly validation?: HeadOutput; readonly test?: HeadOutput };
  /** Outputs of the floors on {@link judgedPart}: `majority` or `mean`, then `only(sheet)`. */
  readonly floors: { readonly [name: string]: HeadOutput };
  /** Key of the metric that `monitor` watches in this head; without it the head's first. */
  readonly watched?: string;
  /** How many modalities the head reads. */
  readonly modalities?: number;
  readonly floorsLeft?: FloorsLeft;
  readonly bootstrap: number;
  readonly seed: number;
}

/** The part that floors, intervals and verdict are about: test if it has a row to judge, else validation. */
export function judgedPart(outputs: HeadRun["outputs"]): "test" | "validation" | undefined {
  for (const part of ["test", "validation"] as const) {
    const output = outputs[part];
    if (output && judgedRowNumbers(output).length > 0) return part;
  }
  return undefined;
}

/** Everything that scorecard.json says of one head. */
export function scoreHead(run: HeadRun): HeadScorecard {
  const { outputs, metrics, floors, seed } = run;
  const numbers = metrics.filter((call) => !isMatrix(call));
  const watched = (run.watched === undefined ? undefined : metricOfKey(run.watched)) ?? numbers[0];
  const validation = outputs.validation && evaluateMetrics(outputs.validation, numbers);
  const test = outputs.test && evaluateMetrics(outputs.test, numbers);
  const part = judgedPart(outputs);
  const base = { target: run.target, ...(validation && { validation }), ...(test && { test }) };
  const output = part && outputs[part];
  if (!output) return { ...base, floors: {}, intervals: {}, resamples: 0, rows: 0 };
  const { intervals, resamples } = bootstrapIntervals(output, numbers, { resamples: run.bootstrap, seed });
  const floorNumbers: { [name: string]: Metrics } = {};
  const floorRows: { [name: string]: number } = {};
  for (const [name, floor] of Object.entries(floors)) {
    floorNumbers[name] = evaluateMetrics(floor, numbers);
    floorRows[name] = judgedRowNumbers(floor).length;
  }
  const confusion = metrics.some(isMatrix) ? evaluateConfusion(output) : undefined;
  const verdict =
    watched &&
    judge({
      output,
      part,
      floors,
      metric: watched,
      bootstrap: { resamples: run.bootstrap, seed },
      modalities: run.modalities,
      ...(run.floorsLeft !== undefined && { floorsLeft: run.floorsLeft }),
    });
  return {
    ...base,
    judged: part,
    rows: judgedRowNumbers(output).length,
    intervals,
    resamples,
    floors: floorNumbers,
    floorRows,
    ...(watched && { watched: callKey(watched) }),
    ...(verdict && { verdict }),
    ...(confusion && { confusion }),
    ...(output.target.classes && { classes: output.target.classes }),
  };
}
