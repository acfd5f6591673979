/**
 * The intermediate representation: one checked model as plain JSON, no classes, no functions, no cycles. A layer owns
 * weights, a call uses a layer on values; a layer may be called twice, which is what makes weight sharing plain.
 */
import type { Span } from "../../diagnostics/span.ts";
import type { DataPlan, EvaluatePlan, TrainPlan } from "../../plan/plan.ts";
import type { Dim } from "../types/dim.ts";
import type { TensorType } from "../types/type.ts";

export const irVersion = 1;

/** `report` (a named value is its group's last), `words.1`, `joint.2`, nested `seen.2.1`, branches `seen.3.a.1`, `risk.logits`. */
export type ValueId = string;

export interface Value {
  readonly id: ValueId;
  readonly type: TensorType;
  readonly doc?: string;
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly Dim[];
  readonly trainable: boolean;
}

/** Arguments as plain data, defaults included; stages are in the bodies of the call. */
export type ArgValue =
  | number
  | string
  | boolean
  | readonly ArgValue[]
  | { readonly from: number; readonly to: number }
  | { readonly word: string; readonly args: { readonly [name: string]: ArgValue } };

export interface Layer {
  /** Unique, safe as an identifier; the prefix of its weights' names: `words_lstm`. */
  readonly id: string;
  readonly op: string;
  readonly args: { readonly [name: string]: ArgValue };
  readonly weights: readonly WeightSpec[];
  readonly origin: Span;
  readonly frozen?: true;
  readonly learningRate?: number;
}

/** A structure's inner stages: `each`, `residual` (`stages`, `shortcut`), `parallel` (`a`, `b`, …), `repeat` (`1`, `2`, …), `bidirectional`. */
export interface Body {
  readonly name: string;
  readonly calls: readonly Call[];
}

export interface Call {
  readonly out: ValueId;
  readonly layer: string;
  readonly ins: readonly ValueId[];
  readonly bodies?: readonly Body[];
  /** As written, in the formatter's style: `conv2d(32, 3x3, relu)`. */
  readonly text: string;
  /** The use of a block whose inner stages these are the bodies of (op `block`). */
  readonly block?: { readonly name: string; readonly shared: boolean };
  /** Multiply-adds for one row. */
  readonly cost: Dim;
  readonly origin: Span;
}

/** One step before the model, on the host: decode, tokenize, pad, mel, normalize. */
export interface HostStep {
  /** `report.1`, `report.2`; the last one's value is the modality itself. */
  readonly id: ValueId;
  /** `tokenize(words, vocabulary: 10_000)`, or where the value comes from: `column "report"`. */
  readonly text: string;
  /** Undefined for strings and for sizes that do not exist yet. */
  readonly type?: string;
  /** Fitted on training rows only. */
  readonly fitted?: true;
  readonly trainingOnly?: true;
}

export interface InputGroup {
  readonly kind: "modality";
  readonly id: string;
  readonly modality: string;
  readonly type: TensorType;
  readonly steps: readonly HostStep[];
  readonly doc?: string;
  readonly origin: Span;
  /** Several items a row: `4 per row`. */
  readonly items?: number;
}

export interface FlowGroup {
  readonly kind: "encoder" | "fusion" | "head";
  readonly id: string;
  /** Undefined for a flow written inside a fusion (its id is `tokens_1`). */
  readonly name?: string;
  readonly stage?: "early" | "mid" | "late";
  /** Values it reads, in the order written. */
  readonly sources: readonly ValueId[];
  readonly calls: readonly Call[];
  /** The value it gives; equal to its only source where it has no calls (a head on a late fusion). */
  readonly out: ValueId;
  readonly doc?: string;
  readonly origin: Span;
  readonly head?: {
    readonly target: string;
    readonly loss: string;
    readonly lossWeight: number;
    readonly auxiliary: boolean;
    readonly output: boolean;
  };
  /** The whole encoder is one shared block: its name. */
  readonly shared?: string;
  readonly frozen?: boolean;
}

export interface TargetGroup {
  readonly kind: "target";
  readonly id: string;
  readonly target: string;
  readonly classes?: number;
  readonly optional: boolean;
  readonly steps: readonly HostStep[];
  readonly doc?: string;
  readonly origin: Span;
}

export type Group = InputGroup | FlowGroup | TargetGroup;

export interface Model {
  readonly version: typeof irVersion;
  readonly name: string;
  /** The model this one derives from, and the ids of groups that differ from it. */
  readonly base?: { readonly name: string; readonly changed: readonly string[] };
  readonly doc?: string;
  /** File name of the spec. */
  readonly spec: string;
  /** Every value by id. */
  readonly values: { readonly [id: ValueId]: Value };
  readonly layers: { readonly [id: string]: Layer };
  /** In source order, sources before users; a flow inside a fusion just before it. Targets last. */
  readonly groups: readonly Group[];
  readonly data: DataPlan;
  readonly training: TrainPlan;
  readonly evaluation: EvaluatePlan;
  /** The sections as written, for the diagram's note: `["data", "source: \"calls.csv\", …"]`. */
  readonly sections: readonly { readonly word: string; readonly text: string }[];
  /** Reduced models of the `only(…)` floors. */
  readonly floors?: { readonly [floor: string]: ReducedModel };
  /** Line (from 1) of each group in its file, for comments: `credit.mmf:21`. */
  readonly places: { readonly [id: string]: { readonly file: string; readonly line: number } };
}

/** What differs in a model that reads only some of the modalities. */
export type ReducedModel = Pick<Model, "values" | "layers" | "groups">;

export function isFlow(group: Group): group is FlowGroup {
  return group.kind === "encoder" || group.kind === "fusion" || group.kind === "head";
}
