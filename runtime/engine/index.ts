/** The engine layer's face: what the rest of the runtime, the command line and generated programs use of it. */
export type { OpAttribute, TensorflowBinding, TensorMetadata, TensorValues } from "./binding.ts";
export type { EngineChoice } from "./choices.ts";
export { listEngines, useEngine } from "./choices.ts";
export type { DoctorLine } from "./doctor.ts";
export { doctorReport } from "./doctor.ts";
export type { Engine, OpenOptions } from "./engine.ts";
export { currentEngine, EngineError, openEngine } from "./engine.ts";
export { cacheFolder, rememberedChoice } from "./folders.ts";
export type { Gpu } from "./gpu.ts";
export { findGpus } from "./gpu.ts";
export type { InstallOptions } from "./install.ts";
export { InstallError, installEngine, removeEngine } from "./install.ts";
export type { FoundLibrary } from "./library.ts";
export type { Wheel } from "./wheels.ts";
export { TENSORFLOW_VERSION, wheelForThisMachine } from "./wheels.ts";
