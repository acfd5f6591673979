/**
 * A kind of layer as plain data and functions, and the one tfjs Layer subclass that runs it. Shapes include the batch
 * (`null`). Masks are ordinary inputs: tfjs's implicit masks are not used.
 */
import type { layers, SymbolicTensor, serialization, Tensor, Variable } from "@tensorflow/tfjs";
import { type Init, initialValues } from "./init.ts";
import { hashName, stream, uniformBlock } from "./random.ts";

/** The tfjs module. It is imported lazily by whoever opens the engine, and handed over. */
export type Core = typeof import("@tensorflow/tfjs");
export type Shape = (number | null)[];

/** A weight of a layer, called `layer/name`. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Init;
  /** The shape whose fans the initial values have, where it is stored in another. */
  readonly drawnAs?: readonly number[];
  /** False for statistics (the moving mean of a batch normalization). */
  readonly trainable?: false;
}

/** What a layer computes with. */
export interface Run {
  readonly tf: Core;
  readonly training: boolean;
  weight(name: string): Variable;
  /** Sets a statistic. */
  assign(name: string, value: Tensor): void;
  /** Uniform numbers in [0, 1) from this layer's own stream at the present step. */
  uniform(shape: number[]): Tensor;
}

/** A kind of layer. `options` are plain JSON. */
export interface LayerKind<Options> {
  readonly className: string;
  outputShape(shapes: readonly Shape[], options: Options): Shape;
  weights?(shapes: readonly Shape[], options: Options): readonly WeightSpec[];
  call(run: Run, inputs: readonly Tensor[], options: Options): Tensor;
}

/**
 * Where dropout gets its numbers. `key` says which dropout, `step` when. An engine that records steps as graphs puts its
 * own source in, in which the step is an input of the graph.
 */
export interface UniformSource {
  uniform(shape: number[], key: number, step: number): Tensor;
}

/** State shared by the layers of one network: the root seed and the step that dropout draws for. */
export interface Randomness {
  readonly seed: number;
  source: UniformSource;
  step: number;
  /** How many layers there are. */
  layers: number;
  /** How often each layer has drawn in the present forward pass: a shared layer draws anew at each of its places. */
  readonly draws: Map<string, number>;
}

export function createRandomness(tf: Core, seed: number): Randomness {
  const source: UniformSource = {
    uniform: (shape, key, step) =>
      tf.tensor(
        uniformBlock(
          shape.reduce((p, n) => p * n, 1),
          key,
          step,
        ),
        shape,
      ),
  };
  return { seed, source, step: 0, layers: 0, draws: new Map() };
}

/** A weight of a network, by its stable name. */
export interface Weight {
  /** `layer/kernel` */
  readonly name: string;
  readonly variable: Variable;
  readonly trainable: boolean;
}

/** A tfjs layer of one of our kinds. */
export interface KindLayer extends layers.Layer {
  /** The name that the program gave it, in any script; tfjs's own `name` is ASCII. */
  readonly title: string;
  readonly ownWeights: readonly Weight[];
  /** Counts the layers of a network in the order in which the program made them. */
  readonly order: number;
}

type KindConfig = { name: string; options: unknown; randomness?: Randomness };
type KindClass = new (config: KindConfig) => KindLayer;

const classes = new WeakMap<Core, Map<string, KindClass>>();

/** The tfjs class of a kind, made and registered once per tfjs. */
function classOf<Options>(tf: Core, kind: LayerKind<Options>): KindClass {
  const known = classes.get(tf) ?? new Map<string, KindClass>();
  classes.set(tf, known);
  const found = known.get(kind.className);
  if (found) return found;
  const made = defineClass(tf, kind);
  known.set(kind.className, made);
  return made;
}

function defineClass<Options>(tf: Core, kind: LayerKind<Options>): KindClass {
  const Layer = tf.layers.Layer as unknown as new (config: { name: string }) => layers.Layer;

  class RunsKind extends Layer {
    static readonly className = `Mmfc>${kind.className}`;
    readonly options: Options;
    readonly randomness: Randomness;
    readonly ownWeights: Weight[] = [];
    readonly order: number;
    readonly #weights = new Map<string, { read(): Tensor; write(value: Tensor): unknown }>();

    readonly title: string;

    constructor(config: KindConfig) {
      super({ name: safeName(config.name) });
      this.title = config.name;
      this.options = config.options as Options;
      this.randomness = config.randomness ?? createRandomness(tf, 0);
      this.order = this.randomness.layers++;
    }

    override build(inputShape: Shape | Shape[]): void {
      for (const spec of kind.weights?.(shapeList(inputShape), this.options) ?? []) {
        const name = `${this.title}/${spec.name}`;
        const values = () => {
          if (spec.shape.some((size) => !(size > 0)))
            throw new Error(`${name} has no known shape: ${spec.shape.join("×")}.`);
          return initialValues(spec.init, spec.drawnAs ?? spec.shape, stream(this.randomness.seed, name));
        };
        const variable = this.addWeight(
          spec.name,
          spec.shape as number[],
          "float32",
          // tfjs asks an initializer for nothing but this.
          { apply: () => tf.tensor(values(), spec.shape as number[], "float32") } as never,
          undefined,
          spec.trainable ?? true,
        );
        this.#weights.set(spec.name, variable as never);
        this.ownWeights.push({ name, variable: variable.read() as Variable, trainable: spec.trainable ?? true });
      }
      this.built = true;
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape {
      return kind.outputShape(shapeList(inputShape), this.options);
    }

    override call(inputs: Tensor | Tensor[], kwargs: { training?: boolean }): Tensor {
      const run: Run = {
        tf,
        training: kwargs.training === true,
        weight: (name) => this.#weights.get(name)!.read() as Variable,
        assign: (name, value) => void this.#weights.get(name)!.write(value),
        uniform: (shape) => {
          const { draws, seed, source, step } = this.randomness;
          const draw = draws.get(this.title) ?? 0;
          draws.set(this.title, draw + 1);
          return source.uniform(shape, hashName(`${this.title}#${draw}`, seed), step);
        },
      };
      return tf.tidy(() => kind.call(run, Array.isArray(inputs) ? inputs : [inputs], this.options));
    }

    override getConfig(): serialization.ConfigDict {
      return { name: this.title, options: this.options as serialization.ConfigDict };
    }
  }

  tf.serialization.registerClass(RunsKind as never);
  return RunsKind as unknown as KindClass;
}

/** A name that tfjs accepts: ASCII letters, digits, `_ . / -`. Different names stay different. */
export function safeName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_./-]/gu, (letter) => `.x${letter.codePointAt(0)!.toString(16)}.`);
  return /^[A-Za-z0-9]/.test(safe) ? safe : `n${safe}`;
}

function shapeList(shape: Shape | Shape[]): Shape[] {
  return Array.isArray(shape[0]) ? (shape as Shape[]) : [shape as Shape];
}

/** Applies a layer to symbolic tensors: a node of the network. */
export type Apply = (...inputs: SymbolicTensor[]) => SymbolicTensor;

/** A new layer of a kind. Applying it twice shares its weights. */
export function createLayer<Options>(
  tf: Core,
  kind: LayerKind<Options>,
  name: string,
  options: Options,
  randomness: Randomness,
): Apply {
  const layer = new (classOf(tf, kind))({ name, options, randomness });
  return (...inputs) => layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as SymbolicTensor;
}
