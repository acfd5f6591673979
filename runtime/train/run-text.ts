/** Sentences of a training that need the plan: how the rows were split, why it stopped early. */
import { count } from "../../diagnostics/phrase.ts";
import type { DataPlan, TrainPlan } from "../../plan/plan.ts";
import { metricDirection, metricOfKey } from "../evaluate/metrics/table.ts";
import { metricText } from "../evaluate/numbers.ts";
import type { LoopResult } from "./loop.ts";
import { lossText } from "./report-text.ts";

/** `by "split"`, `at random`. */
export function splitText({ split, time, group }: DataPlan): string {
  switch (split.by) {
    case "random":
      return "at random";
    case "in_order":
      return "in order";
    case "time":
      return time === undefined || time === "row" ? "by time" : `by "${time}"`;
    case "group":
      return group === undefined ? "by group" : `by "${group}"`;
    case "column":
      return `by "${split.column}"`;
    case "file":
      return "by file";
  }
}

/** `Stopped: validation loss was lowest in epoch 9 (0.0841). The weights of epoch 9 are kept.` */
export function earlyStopText(plan: TrainPlan, loop: Pick<LoopResult, "best">): string {
  if (loop.best === undefined) return "";
  const { epoch, value } = loop.best;
  const monitor = plan.stop?.monitor ?? "loss";
  const metric =
    monitor.includes(".") && !monitor.endsWith(".loss") ? monitor.slice(monitor.indexOf(".") + 1) : undefined;
  const extreme =
    metric !== undefined && metricDirection(metricOfKey(metric) ?? metric) === "higher" ? "highest" : "lowest";
  const number = metric === undefined ? lossText(value) : metricText(value);
  const shown = metric !== undefined && Object.keys(plan.heads).length > 1 ? monitor : (metric ?? "loss");
  return `Stopped: validation ${shown} was ${extreme} in epoch ${epoch} (${number}). The weights of epoch ${epoch} are kept.`;
}

/** Without `stop`, the last weights stay although an epoch before may have been better: then a line says so, else none. */
export function lastKeptText(plan: TrainPlan, { best, kept }: Pick<LoopResult, "best" | "kept">): string[] {
  if (plan.stop !== undefined || best === undefined || best.epoch === kept) return [];
  return [
    `The weights of the last epoch, ${kept}, are kept; validation loss was lowest in epoch ${best.epoch} ` +
      "(add stop: early_stopping(patience: 3) to keep the best).",
  ];
}

/** `from epoch 7, step 252 of 570`, `from its floor only(sheet), epoch 2, step 1 of 9`, `from the start`. */
export function resumeText(at: {
  readonly trained: boolean;
  readonly floor?: string;
  readonly position?: { readonly ended: number; readonly step: number; readonly stepsPerEpoch: number };
}): string {
  const { trained, floor, position } = at;
  if (trained && floor === undefined) return "its model is trained";
  const where = floor === undefined ? [] : [`its floor ${floor}`];
  if (position === undefined) return `from ${where[0] ?? "the start"}`;
  const { ended, step, stepsPerEpoch } = position;
  // A checkpoint behind the last step of an epoch: its validation comes next.
  const next = Math.min(step + 1, stepsPerEpoch);
  return `from ${[...where, `epoch ${ended + 1}`, `step ${next} of ${stepsPerEpoch}`].join(", ")}`;
}

/** `Saved in epoch 7, step 251 of 570.`, `Saved after epoch 7 of 15.` */
export function savedText(at: {
  readonly epochs: { readonly ended: number; readonly planned: number };
  readonly step: { readonly done: number; readonly of: number };
}): string {
  const { epochs, step } = at;
  if (step.done === 0) return `Saved after epoch ${epochs.ended} of ${epochs.planned}.`;
  return `Saved in epoch ${epochs.ended + 1}, step ${step.done} of ${step.of}.`;
}

/** `runs/Digits/a is finished: 15 of 15 epochs.` */
export function finishedText(
  run: string,
  { ended, planned }: { readonly ended: number; readonly planned: number },
): string {
  const early = ended < planned ? ": nothing got better after that" : "";
  return `${run} is finished: ${ended} of ${count(planned, "epoch")}${early}.`;
}
