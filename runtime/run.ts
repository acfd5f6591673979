/** Training a program, going on with it, and judging and predicting with the run it left: the face of runtime/run/. */
export type { TrainResult } from "./run/carry-out.ts";
export type { ResumeOptions, WholeRun } from "./run/resume.ts";
export { resumeRun } from "./run/resume.ts";
export type { Unfinished } from "./run/stored.ts";
export type { TrainOptions } from "./run/train.ts";
export { trainProgram } from "./run/train.ts";
export type { EvalOptions, EvalResult, PredictOptions, PredictResult } from "./run/use.ts";
export { evalRun, predictionColumns, predictRun } from "./run/use.ts";
