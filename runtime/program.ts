/**
 * What a compiled program is to the runtime: `export default defineProgram({ name, spec, data, buildModel, training, evaluation, floors })`.
 */
import type { DataPlan, EvaluatePlan, TrainPlan } from "../plan/plan.ts";
import type { Tf, TfModel } from "./layers/facade.ts";
import type { Fitted } from "./layers/fitted.ts";

/** Builds the network; outputs are named by their heads and are logits (classification) or numbers (regression). */
export type BuildModel = (tf: Tf, fitted: Fitted) => TfModel;

export interface Program {
  readonly name: string;
  /** File name of the spec, for messages. */
  readonly spec: string;
  readonly data: DataPlan;
  readonly buildModel: BuildModel;
  readonly training: TrainPlan;
  readonly evaluation: EvaluatePlan;
  /** Reduced models of the `only(…)` floors, by their key as written in the plan (`only(sheet)`). */
  readonly floors?: { readonly [floor: string]: BuildModel };
}
