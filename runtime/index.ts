/**
 * What compiled programs import as `mmfc/runtime`. Importing it loads no engine, no data reader and no picture library;
 * they come when something runs.
 */
export { defineProgram } from "./define-program.ts";
export type { Tf, TfModel } from "./layers/facade.ts";
export type { Fitted } from "./layers/fitted.ts";
export { apply } from "./layers/value.ts";
export type { BuildModel, Program } from "./program.ts";
