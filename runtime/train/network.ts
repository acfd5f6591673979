/**
 * What the loop needs of a model: a forward pass from named inputs to named head outputs, and its weights by name.
 * Knows nothing of rows, losses or optimizers. A TfModel (runtime/layers) becomes one by `networkOf`.
 */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import type { Tf, TfModel } from "../layers/facade.ts";

export type Tfjs = typeof import("@tensorflow/tfjs");

/** One array of numbers that the model owns. `name` is `layer/kernel`, unique in the model. */
export interface Weight {
  readonly name: string;
  readonly layer: string;
  readonly variable: Variable;
  /** False for statistics (batch normalization) and for layers that are frozen. */
  readonly trainable: boolean;
}

export interface Network {
  readonly tf: Tfjs;
  /** Names of the batch's inputs that the model reads: `image`, `sound.mask`, `sound.present`. */
  readonly inputs: readonly string[];
  /** Numbers that one row of all inputs holds, where it is known. */
  readonly rowSize?: number;
  /** Names of its outputs. */
  readonly heads: readonly string[];
  readonly weights: readonly Weight[];
  /** Number of values in all weights, trained or not. */
  readonly parameters: number;
  /**
   * Outputs by head: logits f32[B, k], or numbers f32[B, columns]. With `training`, dropout is on and batch statistics move.
   * The caller owns the result.
   */
  apply(inputs: { readonly [name: string]: Tensor }, training: boolean): { [head: string]: Tensor };
  /** Says which step comes, from 0: dropout draws for it. */
  setStep?(step: number): void;
  /** The first layer, in order of computation, whose output in a step with these inputs holds a NaN or an infinity. */
  firstNonFinite?(inputs: { readonly [name: string]: Tensor }): string | undefined;
  dispose(): void;
}

/** A program's network for the loop. `facade` is the `tf` that it was built with: it knows the step that dropout draws for. */
export function networkOf(tf: Tfjs, facade: Tf, model: TfModel): Network {
  return {
    tf,
    inputs: model.inputs,
    rowSize: model.rowSize,
    heads: model.outputs,
    weights: model.weights().map(({ name, variable, trainable }) => ({
      name,
      layer: name.slice(0, name.lastIndexOf("/")),
      variable,
      trainable,
    })),
    parameters: model.countParams(),
    apply: (inputs, training) => model.forward(inputs, { training }),
    setStep: (step) => facade.setStep(step),
    firstNonFinite: (inputs) =>
      model
        .layerOutputs(inputs, { training: true })
        .find(({ output }) => !(output.dataSync() as Float32Array).every(Number.isFinite))?.name,
    dispose: () => model.dispose(),
  };
}
