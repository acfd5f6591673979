/**
 * What flows between the stages of a program: a symbolic tensor with the masks of its axes and its presence; and stages,
 * which say what they do to all three. Rules: the tables of axes.md.
 */
import type { SymbolicTensor } from "@tensorflow/tfjs";
import { type Apply, type Core, createLayer, type LayerKind, type Randomness, type Shape } from "./kind.ts";

/** The mask of one axis (1 there, 0 not). Axis 0 is the batch. */
export interface Mask {
  readonly axis: number;
  /** The axes, in order, that the mask's tensor has after the batch; `axis` is one of them. */
  readonly over: readonly number[];
  /** f32[B, …] */
  readonly tensor: SymbolicTensor;
}

/** A tensor with its masks, at most one an axis, and its presence: f32[B], 0 where the value is absent. */
export interface Value {
  readonly tensor: SymbolicTensor;
  readonly masks: readonly Mask[];
  readonly presence?: SymbolicTensor;
}

/** A layer, a fusion or a structure. Applying one stage twice shares its weights. */
export interface Stage {
  readonly name: string;
  readonly apply: (sources: readonly Value[]) => Value;
  /** Recurrent layers: the same layer with weights of its own, reading backwards. */
  readonly backwards?: (name: string) => Stage;
  readonly units?: number;
}

/** Sends a value, or several for a fusion, through stages in order: the arrow of the language. */
export function apply(source: Value | readonly Value[], ...stages: readonly Stage[]): Value {
  let values: readonly Value[] = Array.isArray(source) ? (source as readonly Value[]) : [source as Value];
  for (const stage of stages) values = [stage.apply(values)];
  if (values.length !== 1) throw new Error(`${values.length} values need a fusion that joins them.`);
  return values[0]!;
}

/** What factories of layers have in common. */
export interface Context {
  readonly tf: Core;
  readonly randomness: Randomness;
  /** A layer with the name that the program gave it. */
  layer<Options>(kind: LayerKind<Options>, name: string, options: Options): Apply;
  /** A layer without weights that the program does not name: it carries masks. */
  helper<Options>(kind: LayerKind<Options>, options: Options): Apply;
}

export function createContext(tf: Core, randomness: Randomness): Context {
  let helpers = 0;
  return {
    tf,
    randomness,
    layer: (kind, name, options) => createLayer(tf, kind, name, options, randomness),
    helper: (kind, options) => createLayer(tf, kind, `mask/${kind.className}_${++helpers}`, options, randomness),
  };
}

export const shapeOf = (value: Value): Shape => value.tensor.shape as Shape;
export const rankOf = (value: Value): number => value.tensor.shape.length;

/** The size of an axis; throws where it is not known. */
export function sizeOf(shape: Shape, axis: number): number {
  const size = shape.at(axis);
  if (size == null) throw new Error(`The size of axis ${axis} of [${shape.join(", ")}] is not known.`);
  return size;
}

/** A stage of one source. */
export function stage(name: string, change: (value: Value) => Value): Stage {
  return {
    name,
    apply: (sources) => {
      if (sources.length !== 1) throw new Error(`${name} takes one value, not ${sources.length}.`);
      return change(sources[0]!);
    },
  };
}

/** A value without masks, present where `from` is. */
export function unmasked(tensor: SymbolicTensor, from: Value): Value {
  return from.presence ? { tensor, masks: [], presence: from.presence } : { tensor, masks: [] };
}

/** Another tensor with the masks (all, or those given) and the presence of `from`. */
export function like(from: Value, tensor: SymbolicTensor, masks: readonly Mask[] = from.masks): Value {
  return { ...unmasked(tensor, from), masks };
}

/** Checks the rank of a source of a stage. */
export function needRank(name: string, value: Value, ...ranks: readonly number[]): void {
  if (!ranks.includes(rankOf(value))) {
    throw new Error(`${name} takes a value with ${ranks.join(" or ")} axes, not [${shapeOf(value).join(", ")}].`);
  }
}
