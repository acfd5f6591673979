/**
 * The floors of a program: its reduced models, each trained as the model is, with its own part of the plan. Owns which
 * ones are wanted and what of the plan holds for them; judging is judge.ts's.
 */
import type { CallPlan, TrainPlan } from "../../plan/plan.ts";
import type { HeadOutput } from "../evaluate/head-output.ts";
import { judgedPart } from "../evaluate/score-head.ts";
import type { BuildModel, Program } from "../program.ts";
import type { HeadContext } from "./head-outputs.ts";
import type { Floors, Outputs } from "./judge.ts";
import { constantFloors, outputsOf } from "./judge.ts";
import type { Network, Tfjs } from "./network.ts";
import { buildNetwork, modalitiesOf } from "./network-of-program.ts";
import type { PhaseOptions, PreparedParts } from "./phase.ts";
import { trainPhase } from "./phase.ts";
import { TrainingError } from "./training-error.ts";

export interface TrainedFloors {
  readonly floors: Floors;
  /** How many models of their own were trained to the end. */
  readonly trained: number;
  /** Those that Ctrl-C left. */
  readonly left: readonly string[];
}

/** Names of the floors that are models of their own, as the evaluation lists them. */
export function trainedFloors(program: Program): string[] {
  const wanted = new Set(program.evaluation.baselines.map(floorKey));
  return Object.keys(program.floors ?? {}).filter((name) => wanted.size === 0 || wanted.has(name));
}

/** `{ only: { modality: "sheet" } }` and `"only(sheet)"` are both `only(sheet)`. */
function floorKey(call: CallPlan): string {
  if (typeof call === "string") return call;
  const [word, args] = Object.entries(call)[0] as [string, { readonly [name: string]: unknown }];
  return `${word}(${Object.values(args).map(String).join(", ")})`;
}

/** Trains the floors named, one after the other; majority or mean is there in any case. */
export async function trainFloors(
  tf: Tfjs,
  program: Program,
  context: HeadContext,
  parts: PreparedParts,
  names: readonly string[],
  outputs: Outputs,
  options: PhaseOptions,
): Promise<TrainedFloors> {
  const floors: Floors = {};
  for (const [head, output] of Object.entries(outputs))
    floors[head] = constantFloors(context, head, output, parts.train.rows);
  let trained = 0;
  for (const [i, name] of names.entries()) {
    const left = { floors, trained, left: names.slice(i) };
    if (options.signal?.aborted === true) return left;
    const build = (program.floors as { [floor: string]: BuildModel })[name] as BuildModel;
    const network = buildNetwork(tf, build, context.fitted, options.seed);
    try {
      const reduced = { ...context, training: reducedPlan(context, network) };
      const { status } = await trainPhase(network, { floor: name }, reduced, parts, options);
      if (status === "stopped") return left;
      const found = await outputsOf(network, reduced, parts, undefined);
      for (const [head, output] of Object.entries(found)) {
        const part = judgedPart(outputs[head] ?? {});
        const judged = part === undefined ? undefined : output[part];
        if (judged !== undefined) (floors[head] as { [floor: string]: HeadOutput })[name] = judged;
      }
      trained++;
    } catch (error) {
      // The model is trained: a floor whose numbers explode takes nothing from it.
      if (!(error instanceof TrainingError)) throw error;
      options.reporter.warning(`${name} is left out of the floors. ${error.message}`);
    } finally {
      network.dispose();
    }
  }
  return { floors, trained, left: [] };
}

/**
 * The training of a reduced model: its heads alone; with a single modality that may be absent, the rows without it have no
 * prediction; what it watches, if that head is gone, is the loss.
 */
function reducedPlan(context: HeadContext, network: Network): TrainPlan {
  const { training, data } = context;
  const modalities = modalitiesOf(network);
  const only = modalities.length === 1 ? (modalities[0] as string) : undefined;
  const needs = only !== undefined && data.modalities[only]?.optional === true ? [only] : undefined;
  const heads = Object.fromEntries(
    network.heads.map((head) => {
      const plan = training.heads[head] as TrainPlan["heads"][string];
      return [head, needs === undefined ? plan : { ...plan, needs }];
    }),
  );
  const monitored = training.stop?.monitor.split(".")[0] ?? "";
  const stop =
    training.stop?.monitor.includes(".") === true && heads[monitored] === undefined
      ? { ...training.stop, monitor: "loss" }
      : training.stop;
  return { ...training, heads, ...(stop !== undefined && { stop }) };
}
