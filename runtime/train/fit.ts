/**
 * A program on prepared rows: its network trained, judged on validation and test rows, beside its floors. Owns the order of
 * these steps and what the reporter hears of them; must not know tables, files or engines.
 */
import type { FittedData, Part } from "../data/batch.ts";
import type { HeadScorecard } from "../evaluate/scorecard.ts";
import type { Program } from "../program.ts";
import type { PhaseEnd } from "./checkpoints.ts";
import { trainedFloors, trainFloors } from "./floors.ts";
import type { HeadContext } from "./head-outputs.ts";
import type { Floors, HeadOutputs, SamePrediction } from "./judge.ts";
import { constantFloors, outputsOf, samePredictions, score } from "./judge.ts";
import type { Network, Tfjs } from "./network.ts";
import { buildNetwork, modalitiesOf } from "./network-of-program.ts";
import type { PhaseOptions, PreparedParts } from "./phase.ts";
import { trainPhase } from "./phase.ts";
import type { ModelRow } from "./reporter.ts";
import { earlyStopText, lastKeptText } from "./run-text.ts";

export interface FitOptions extends PhaseOptions {
  /** Train the `only(…)` floors, too. Majority and mean cost nothing and are always there. */
  readonly baselines: boolean;
  /** The model's parts with their costs, where the compiler told them. */
  readonly modelRows?: readonly ModelRow[];
  /** The model is trained, or was stopped; its weights are those to be kept. Floors and judging come after. */
  onTrained?(network: Network, loop: PhaseEnd): Promise<void>;
  /** The training failed; the network has the last good weights. */
  onFailure?(network: Network, error: unknown): Promise<void>;
}

export interface FitResult {
  readonly loop: PhaseEnd;
  /** Values in all weights. */
  readonly parameters: number;
  /** By head; none if the training was stopped. If only its floors were, those that were finished are in it. */
  readonly heads?: { readonly [head: string]: HeadScorecard };
  /** Floors that Ctrl-C left. */
  readonly floorsLeft: readonly string[];
  readonly samePredictions: readonly SamePrediction[];
  readonly seconds: { readonly train: number; readonly floors?: number; readonly evaluate: number };
}

/**
 * Trains, keeps what is to be kept, judges.
 *
 * @throws TrainingError if the loss is not finite; `onFailure` has then seen the network with the last good weights
 */
export async function fitProgram(
  tf: Tfjs,
  program: Program,
  fitted: FittedData,
  parts: PreparedParts,
  options: FitOptions,
): Promise<FitResult> {
  const { reporter } = options;
  const context: HeadContext = { data: program.data, training: program.training, fitted };
  const network = buildNetwork(tf, program.buildModel, fitted, options.seed);
  const { parameters } = network;
  try {
    const costs = (options.modelRows ?? []).map((row) => row.multiplyAdds ?? 0).reduce((a, b) => a + b, 0);
    reporter.model({
      rows: options.modelRows ?? [],
      weights: parameters,
      ...(costs > 0 && { multiplyAdds: costs }),
    });

    const loop = await trainPhase(network, "model", context, parts, options).catch(async (error: unknown) => {
      await options.onFailure?.(network, error);
      throw error;
    });
    const train = loop.seconds;
    if (loop.status === "early") reporter.note(earlyStopText(program.training, loop));
    if (loop.status === "finished") for (const line of lastKeptText(program.training, loop)) reporter.note(line);
    await options.onTrained?.(network, loop);
    if (loop.status === "stopped")
      return { loop, parameters, floorsLeft: [], samePredictions: [], seconds: { train, evaluate: 0 } };

    const judging = performance.now();
    // To the end even after Ctrl-C: the model is trained, and judging it takes a moment.
    const outputs = await outputsOf(network, context, parts, undefined);
    const ownJudging = secondsSince(judging);
    const floorsStarted = performance.now();
    const wanted = trainedFloors(program);
    const names = options.baselines ? wanted : [];
    const { floors, trained, left } = await trainFloors(tf, program, context, parts, names, outputs, options);
    const why = trained === wanted.length ? undefined : options.baselines ? "stopped" : "unwanted";
    const floorSeconds = secondsSince(floorsStarted);
    const scoring = performance.now();
    const heads = score(context, program, outputs, floors, options.seed, modalitiesOf(network).length, why);
    const evaluate = ownJudging + secondsSince(scoring);
    return {
      loop,
      parameters,
      heads,
      floorsLeft: left,
      samePredictions: samePredictions(program.training, outputs),
      seconds: { train, ...(names.length > 0 && { floors: floorSeconds }), evaluate },
    };
  } finally {
    network.dispose();
  }
}

/** Judges a network on one part, as `eval` does; floors are not trained anew. */
export async function judgePart(
  network: Network,
  program: Program,
  fitted: FittedData,
  parts: { readonly validation?: Part; readonly test?: Part },
  seed: number,
  signal?: AbortSignal,
): Promise<{ readonly [head: string]: HeadScorecard }> {
  const context: HeadContext = { data: program.data, training: program.training, fitted };
  const outputs = await outputsOf(network, context, parts, signal);
  const floors: Floors = {};
  for (const head of Object.keys(outputs)) floors[head] = constantFloors(context, head, outputs[head] as HeadOutputs);
  // As if it had one modality: the verdict must not ask for `only(…)` floors, which are not trained here.
  return score(context, program, outputs, floors, seed, 1);
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
