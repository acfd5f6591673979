/** environment.json and scorecard.json of a run: what is written of a training at its start, on its way and at its end. */
import path from "node:path";
import type { DataPrint, RunEnvironment } from "../artifact/run-folder.ts";
import { packageVersion } from "../artifact/version.ts";
import type { Engine } from "../engine/engine.ts";
import type { Scorecard } from "../evaluate/scorecard.ts";
import type { Program } from "../program.ts";
import type { PhaseEnd } from "../train/checkpoints.ts";
import type { FitResult } from "../train/fit.ts";
import { engineText } from "./common.ts";

export interface EnvironmentFacts {
  readonly program: Program;
  readonly engine: Engine;
  readonly started: string;
  readonly base: string;
  readonly source: string | undefined;
  readonly baselines: boolean;
  readonly data?: DataPrint;
}

/** How far a training got; nothing, while it is under way. */
export interface Ending extends Pick<PhaseEnd, "epochs" | "kept" | "steps" | "best"> {
  readonly status: RunEnvironment["status"];
  readonly stepsPerEpoch?: number;
  readonly floorsLeft?: readonly string[];
}

const underWay: Ending = { status: "training", epochs: 0, kept: 0, steps: 0 };

export function environmentOf(facts: EnvironmentFacts, ending: Ending = underWay): RunEnvironment {
  const { program, engine, started, base, source, baselines, data } = facts;
  const { kind, version, device, threads } = engine;
  const { floorsLeft = [] } = ending;
  return {
    version: 1,
    mmfc: packageVersion(),
    model: program.name,
    spec: program.spec,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    engine: { kind, version, device, threads },
    base,
    ...(source !== undefined && { source: path.resolve(source) }),
    seed: program.training.seed,
    baselines,
    started,
    status: ending.status,
    epochs: {
      planned: program.training.epochs,
      ended: ending.epochs,
      kept: ending.kept,
      ...(ending.best !== undefined && { best: ending.best.epoch }),
    },
    steps: ending.steps,
    ...(ending.stepsPerEpoch !== undefined && { stepsPerEpoch: ending.stepsPerEpoch }),
    ...(floorsLeft.length > 0 && { floorsLeft }),
    ...(data !== undefined && { data }),
  };
}

export function scorecardOf(
  program: Program,
  engine: Engine,
  rows: Scorecard["rows"],
  fit: FitResult,
  prepare: number,
): Scorecard {
  return {
    model: program.name,
    spec: program.spec,
    engine: engineText(engine),
    seed: program.training.seed,
    epochs: fit.loop.epochs,
    bootstrap: program.evaluation.bootstrap,
    rows,
    heads: fit.heads ?? {},
    parameters: fit.parameters,
    seconds: { prepare, ...fit.seconds },
  };
}
