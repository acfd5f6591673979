/**
 * Learning rate schedules as pure functions of the step, with Keras's numbers (ExponentialDecay, CosineDecay).
 * A schedule gives a factor, so that layers with a rate of their own follow the same curve.
 */
import type { CallPlan } from "../../plan/plan.ts";
import { callOf } from "../../plan/plan.ts";

/** The factor on the rate at a step, counted from 0 over the whole training. */
export type Schedule = (step: number) => number;

/**
 * `constant`, `exponential(rate)` (the factor after each epoch, smoothly in between) or `cosine` (to 0 at the last step);
 * `warmup` is the share of all steps in which the rate first grows from 0, in a straight line; the curve starts after it.
 *
 * @throws RangeError for a schedule this runtime does not have
 */
export function createSchedule(plan: CallPlan, steps: { readonly perEpoch: number; readonly total: number }): Schedule {
  const { word, args } = callOf(plan);
  const share = typeof args.warmup === "number" ? args.warmup : 0;
  const warmup = Math.round(share * steps.total);
  const curve = curveOf(word, args, {
    perEpoch: Math.max(1, steps.perEpoch),
    total: Math.max(1, steps.total - warmup),
  });
  return (step) => (step < warmup ? step / warmup : curve(step - warmup));
}

function curveOf(
  word: string,
  args: { readonly [name: string]: unknown },
  steps: { perEpoch: number; total: number },
): Schedule {
  if (word === "constant") return () => 1;
  if (word === "exponential") {
    const rate = typeof args.rate === "number" ? args.rate : 0.9;
    return (step) => rate ** (step / steps.perEpoch);
  }
  if (word === "cosine") return (step) => 0.5 * (1 + Math.cos((Math.PI * Math.min(step, steps.total)) / steps.total));
  throw new RangeError(`The runtime has no schedule \`${word}\`.`);
}
