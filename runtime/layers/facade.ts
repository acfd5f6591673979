/**
 * What a program sees as `tf`: inputs, layers, and the network they make. Built on tfjs's functional models; the core is
 * handed over by whoever opened the engine.
 */
import type { LayersModel, SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import { type LayerFactories, layerFactories } from "./factories.ts";
import { type Core, createRandomness, type KindLayer, safeName, type UniformSource, type Weight } from "./kind.ts";
import { maskOfIds } from "./masks.ts";
import { createContext, type Mask, type Value } from "./value.ts";

export interface InputConfig {
  readonly name: string;
  /** Without the batch. */
  readonly shape: readonly number[];
  /** `int32` are ids: those that are 0 are masked along the last axis. */
  readonly dtype?: "float32" | "int32";
  /** The first axis after the batch has a mask, fed as `NAME.mask`, f32[B, axis]. */
  readonly masked?: boolean;
  /** The value may be absent: `NAME.present`, f32[B]. */
  readonly optional?: boolean;
}

/** A network whose outputs are named by their heads. */
export interface TfModel {
  readonly name: string;
  /** Names to feed: modalities, `NAME.mask` and `NAME.present`, those that the outputs depend on. */
  readonly inputs: readonly string[];
  /** Numbers that one row of all inputs holds. */
  readonly rowSize: number;
  /** Names of the heads. */
  readonly outputs: readonly string[];
  /** Layers with weights or not, in order; names as in the program. */
  readonly layers: readonly { readonly name: string; readonly weights: readonly Weight[] }[];
  /**
   * Logits (or numbers) by head. Differentiable: usable inside `tf.variableGrads`. In training, dropout draws for the
   * present step and statistics move. Inputs that the network does not need are ignored; one that is missing throws.
   */
  forward(inputs: { readonly [name: string]: Tensor }, options: { training: boolean }): { [head: string]: Tensor };
  /** `forward` without training. */
  predict(inputs: { readonly [name: string]: Tensor }): { [head: string]: Tensor };
  /**
   * The output of every layer at each of its places, each after those that it reads: to find where numbers went wrong.
   * With `training` it is the pass of a training step: the same dropout, statistics that move.
   */
  layerOutputs(
    inputs: { readonly [name: string]: Tensor },
    options?: { training: boolean },
  ): readonly { readonly name: string; readonly output: Tensor }[];
  /** All weights by stable names, `layer/kernel`, in order of the layers. */
  weights(): readonly Weight[];
  /** How many numbers the weights hold, statistics included. */
  countParams(): number;
  dispose(): void;
}

export interface Tf {
  input(config: InputConfig): Value;
  /** The network from inputs to outputs. An input on which no output depends is not fed. */
  model(config: { name: string; inputs: readonly Value[]; outputs: { readonly [head: string]: Value } }): TfModel;
  readonly layers: LayerFactories;
  /** The step that dropout draws for: the same step gives the same numbers. Set before each training step. */
  setStep(step: number): void;
  /** Puts in another source of dropout's numbers (an engine that records steps as graphs has one). */
  setUniformSource(source: UniformSource): void;
}

/** The facade on a tfjs, for networks whose weights and dropout come from one seed. */
export function createTf(core: Core, options: { readonly seed: number }): Tf {
  const randomness = createRandomness(core, options.seed);
  const context = createContext(core, randomness);
  /** Names as fed, by tfjs's symbolic inputs. */
  const names = new Map<SymbolicTensor, string>();

  const placeholder = (name: string, shape: readonly number[], dtype: "float32" | "int32"): SymbolicTensor => {
    const tensor = core.input({ shape: [...shape], dtype, name: safeName(name) });
    names.set(tensor, name);
    return tensor;
  };

  return {
    layers: layerFactories(context),
    setStep: (step) => {
      randomness.step = step;
      randomness.draws.clear();
    },
    setUniformSource: (source) => {
      randomness.source = source;
    },

    input({ name, shape, dtype = "float32", masked = false, optional = false }) {
      const tensor = placeholder(name, shape, dtype);
      const masks: Mask[] = [];
      if (masked) masks.push({ axis: 1, over: [1], tensor: placeholder(`${name}.mask`, [shape[0]!], "float32") });
      if (dtype === "int32" && !(masked && shape.length === 1)) {
        masks.push({ axis: shape.length, over: shape.map((_, i) => i + 1), tensor: maskOfIds(context, tensor) });
      }
      if (!optional) return { tensor, masks };
      return { tensor, masks, presence: placeholder(`${name}.present`, [], "float32") };
    },

    model({ name, inputs: listed, outputs }) {
      const heads = Object.keys(outputs);
      if (heads.length === 0) throw new Error(`The network ${name} has no outputs.`);
      // Heads may share a value; tfjs wants each once.
      const results = [...new Set(heads.map((head) => outputs[head]!.tensor))];
      const sources = sourcesOf(results, names);
      const fed = new Set(
        listed.flatMap((value) => [value.tensor, value.presence, ...value.masks.map((mask) => mask.tensor)]),
      );
      const unlisted = sources.filter((tensor) => !fed.has(tensor)).map((tensor) => names.get(tensor)!);
      if (unlisted.length > 0)
        throw new Error(`The network ${name} depends on ${unlisted.join(", ")}, not among its inputs.`);
      const model: LayersModel = core.model({ inputs: sources, outputs: results, name: safeName(name) });
      const own = model.layers
        .filter((layer): layer is KindLayer => "ownWeights" in layer)
        .sort((a, b) => a.order - b.order);
      const weights = own.flatMap((layer) => layer.ownWeights);
      const inputs = sources.map((tensor) => names.get(tensor)!);
      const forward: TfModel["forward"] = (given, { training }) => {
        const tensors = inputs.map((input) => {
          const tensor = given[input];
          if (!tensor) throw new Error(`The network ${name} reads ${input}, which was not given.`);
          return tensor;
        });
        randomness.draws.clear();
        const out = model.call(tensors, { training }) as Tensor | Tensor[];
        const list = Array.isArray(out) ? out : [out];
        return Object.fromEntries(heads.map((head) => [head, list[results.indexOf(outputs[head]!.tensor)]!]));
      };
      return {
        name,
        inputs,
        rowSize: sources.reduce(
          (sum, { shape }) => sum + shape.slice(1).reduce((size: number, n) => size * (n ?? 1), 1),
          0,
        ),
        outputs: heads,
        layers: own.map((layer) => ({ name: layer.title, weights: layer.ownWeights })),
        forward,
        predict: (given) => forward(given, { training: false }),
        layerOutputs(given, { training } = { training: false }) {
          const places = placesOf(results);
          const all = core.model({ inputs: sources, outputs: places.map(({ tensor }) => tensor) });
          randomness.draws.clear();
          const out = all.call(
            inputs.map((input) => given[input]!),
            { training },
          ) as Tensor | Tensor[];
          return (Array.isArray(out) ? out : [out]).map((output, i) => ({ name: places[i]!.layer.title, output }));
        },
        weights: () => weights,
        countParams: () => weights.reduce((sum, { variable }) => sum + variable.size, 0),
        dispose: () => void model.dispose(),
      };
    },
  };
}

/** Where our layers stand on the way to the results, each place after those that it reads. */
function placesOf(
  results: readonly SymbolicTensor[],
): { readonly layer: KindLayer; readonly tensor: SymbolicTensor }[] {
  const places: { layer: KindLayer; tensor: SymbolicTensor }[] = [];
  const seen = new Set<SymbolicTensor>();
  // A tensor waits below what it reads, and is met again once all of that is done.
  const open = results.map((tensor) => ({ tensor, ready: false })).reverse();
  for (let next = open.pop(); next; next = open.pop()) {
    const { tensor, ready } = next;
    if (ready) {
      if ("ownWeights" in tensor.sourceLayer) places.push({ layer: tensor.sourceLayer as KindLayer, tensor });
      continue;
    }
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    open.push({ tensor, ready: true }, ...tensor.inputs.map((input) => ({ tensor: input, ready: false })).reverse());
  }
  return places;
}

/** The inputs that the results depend on, in the order in which they were made. */
function sourcesOf(results: readonly SymbolicTensor[], names: ReadonlyMap<SymbolicTensor, string>): SymbolicTensor[] {
  const seen = new Set<SymbolicTensor>();
  const open = [...results];
  for (let tensor = open.pop(); tensor; tensor = open.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    open.push(...tensor.inputs);
  }
  return [...names.keys()].filter((tensor) => seen.has(tensor));
}
