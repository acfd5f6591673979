/** The layers and the facade of a program, for the training loop and for `mmfc/runtime`. */
export { type Activation, activationNames } from "./activations.ts";
export { createTf, type InputConfig, type Tf, type TfModel } from "./facade.ts";
export { createFitted, type Fitted } from "./fitted.ts";
export { type Core, createRandomness, type UniformSource, type Weight } from "./kind.ts";
export { hashName, type Random, stream, uniformBlock } from "./random.ts";
export { apply, type Stage, type Value } from "./value.ts";
