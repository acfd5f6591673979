/** Training a program, and judging and predicting with the run it left: the face of runtime/run/. */
export type { TrainOptions, TrainResult } from "./run/train.ts";
export { trainProgram } from "./run/train.ts";
export type { EvalOptions, EvalResult, PredictOptions, PredictResult } from "./run/use.ts";
export { evalRun, predictionColumns, predictRun } from "./run/use.ts";
