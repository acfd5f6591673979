/**
 * What a registry entry is: the one place that knows a word, its parameters, what it does to a type, what weights it
 * has, what it costs and how it is written in a program. Blocks of properties (`data`, `text`, …) are described with the
 * same parameter kinds as ops, so that checking arguments is one function for the whole language.
 */
import type { Code, Extras, FactsOf } from "../../diagnostics/catalogue.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Flow } from "../../grammar/ast.ts";
import type { ArgValue, WeightSpec } from "../ir/ir.ts";
import type { Dim } from "../types/dim.ts";
import type { Axis, Origin, TensorType } from "../types/type.ts";

export type { ArgValue, WeightSpec };

// ---------------------------------------------------------------- parameters

/** What a parameter takes. A value is converted to plain data: durations to seconds, rates to hertz, shares to 0..1. */
export type ParamKind =
  | { readonly is: "int"; readonly min?: number; readonly max?: number }
  | {
      readonly is: "number";
      readonly min?: number;
      readonly above?: number;
      readonly max?: number;
      readonly below?: number /** Only these. */;
      readonly of?: readonly number[];
    }
  /** 0 to 1, also written `20%`; `below: 1` where 1 makes no sense (dropout). */
  | { readonly is: "share"; readonly below?: number; readonly above?: number }
  /** `150x150`; `rank` numbers. With `single`, one number may stand for all of them. */
  | { readonly is: "size"; readonly rank: number; readonly single?: true }
  | { readonly is: "duration" }
  | { readonly is: "frequency" }
  | { readonly is: "angle" }
  | { readonly is: "decibel" }
  | { readonly is: "ratio" }
  | { readonly is: "boolean" }
  | {
      readonly is: "choice";
      readonly of: readonly string[] /** In the language, not in this version. */;
      readonly planned?: readonly string[] /** Others may be given in quotes. */;
      readonly open?: true;
    }
  | { readonly is: "string"; readonly what: string }
  /** A quoted column name; `*` stands for the rest of a name. */
  | { readonly is: "column" }
  /** A quoted path, from the folder of the spec. */
  | { readonly is: "path" }
  /** A quoted path of a media file, with columns in braces. */
  | { readonly is: "template" }
  /** A word of one of these roles, with its arguments. */
  | { readonly is: "call"; readonly roles: readonly Role[] }
  | { readonly is: "range"; readonly of: ParamKind }
  | { readonly is: "list"; readonly of: ParamKind; readonly min?: number; readonly max?: number }
  /** The name of a value of this model: `modality`, `encoder`, `fusion`, `head`, `target`. */
  | { readonly is: "name"; readonly of: readonly string[] }
  /** A head's metric, `risk.f1`, or `loss`. */
  | { readonly is: "monitor" }
  /** Stages: a flow that starts with an op. */
  | { readonly is: "stages" }
  /** A form of the language that this version lacks. */
  | { readonly is: "planned"; readonly kind: ParamKind }
  /** The first that fits. */
  | { readonly is: "either"; readonly kinds: readonly ParamKind[] };

export interface Param {
  readonly doc: string;
  readonly kind: ParamKind;
  readonly required?: true;
  readonly default?: ArgValue;
  /** A word of the language that this version lacks. */
  readonly later?: true;
  /** Parameters with which it cannot stand together. */
  readonly excludes?: readonly string[];
  /** Parameters one of which must stand with it. */
  readonly needs?: readonly string[];
}

export type Params = { readonly [name: string]: Param };

type Extra = Omit<Param, "doc" | "kind">;
const make =
  <K extends ParamKind["is"]>(is: K) =>
  (doc: string, options: Omit<Extract<ParamKind, { is: K }>, "is"> & Extra = {} as never): Param => {
    const { required, default: value, later, excludes, needs, ...kind } = options as Extra & object;
    return {
      doc,
      kind: { is, ...kind } as unknown as ParamKind,
      ...(required ? { required } : {}),
      ...(value !== undefined ? { default: value } : {}),
      ...(later ? { later } : {}),
      ...(excludes ? { excludes } : {}),
      ...(needs ? { needs } : {}),
    };
  };

export const int = make("int");
export const number = make("number");
export const share = make("share");
export const size = make("size");
export const duration = make("duration");
export const frequency = make("frequency");
export const ratio = make("ratio");
export const boolean = make("boolean");
export const choice = make("choice");
export const string = make("string");
export const column = make("column");
export const path = make("path");
export const template = make("template");
export const call = make("call");
export const range = make("range");
export const list = make("list");
export const nameOf = make("name");
export const monitor = make("monitor");
export const stages = make("stages");
export const either = make("either");

/** A parameter that the language has and this version lacks. */
export const later = (doc: string): Param => ({ doc, kind: { is: "boolean" }, later: true });

// ---------------------------------------------------------------- roles and entries

export type OpRole = "feature" | "shape" | "layer" | "activation" | "recurrent" | "attention" | "structure";
export type CallRole =
  | "fusion"
  | "late"
  | "loss"
  | "metric"
  | "optimizer"
  | "schedule"
  | "augment"
  | "split"
  | "baseline"
  | "source"
  | "stop"
  | "clip"
  | "sound"
  | "tokenizer"
  | "term";
export type KindRole = "modality" | "target";
export type Role = OpRole | CallRole | KindRole | "section" | "properties";

/** What every entry has. */
export interface Entry {
  readonly name: string;
  readonly role: Role;
  /** One or two sentences, the first of which completes "it …". */
  readonly doc: string;
  /** Paper or library. */
  readonly source?: string;
  readonly example?: string;
  /** How many leading parameters may be given without their names. */
  readonly positional?: number;
  readonly params: Params;
  /** Any other name is a parameter of this kind (`reshape(height: 8, width: 8)`). */
  readonly openParams?: Param;
  /** Its arguments are names of axes: bare (`permute(time, bands)`) or a name and a new name (`rename(items: tokens)`). */
  readonly words?: "axes" | "renames";
  /** A word of the language that this version lacks. */
  readonly later?: true;
}

/** What a stage or fusion can ask and say. */
export interface Context {
  /** The op as written, `conv2d(32, 3x3)`, and its span. */
  readonly text: string;
  readonly span: Span;
  readonly args: Arguments;
  /** Where the sizes come from that this op makes. */
  readonly origin: Origin;
  /** Reports and returns undefined, so that an `infer` can end with it. */
  fail<C extends Code>(code: C, facts: FactsOf<C>, extras?: Extras & { at?: Span }): undefined;
  /** Reports and goes on. */
  note<C extends Code>(code: C, facts: FactsOf<C>, extras?: Extras & { at?: Span }): void;
  /** Types of the inner stages of parameter `name` on an input; undefined if something in them is wrong. */
  stages(name: string, flow: Flow, input: Named, options?: { repetition?: [number, number] }): TensorType | undefined;
}

/** A value and what a message calls it. */
export interface Named {
  readonly type: TensorType;
  /** `words`, or the op that made it, `conv1d(64, 5)`. */
  readonly name: string;
  /** Where its shape comes from, `lstm(128), line 21`. */
  readonly from: string;
  /** Its place in the flow or among the sources. */
  readonly span: Span;
  readonly kind?: "modality" | "encoder" | "fusion" | "head" | "target";
  /** The modality it is, for ops that read only a kind. */
  readonly modality?: string;
}

/** Checked arguments, defaults included. */
export interface Arguments {
  has(name: string): boolean;
  /** Written, not a default. */
  given(name: string): boolean;
  number(name: string): number;
  maybeNumber(name: string): number | undefined;
  string(name: string): string;
  maybeString(name: string): string | undefined;
  boolean(name: string): boolean;
  size(name: string): readonly number[];
  value(name: string): ArgValue | undefined;
  flow(name: string): Flow | undefined;
  /** Of `rest`: the stages given one after the other (`parallel`). */
  flows(name: string): readonly Flow[];
  /** Place of a written argument, else of the op. */
  span(name: string): Span;
  /** All as plain data, in the order of the parameters. */
  readonly plain: { readonly [name: string]: ArgValue };
}

export interface StageContext extends Context {
  readonly input: Named;
  /** Of an entry with `words`: the axes named, in order. */
  readonly words?: readonly { readonly text: string; readonly to?: string; readonly span: Span }[];
}

export interface FusionContext extends Context {
  readonly sources: readonly Named[];
  /** How an optional modality was written and where, for messages: `audio?`, "line 15". */
  optional(modality: string): { readonly modality: string; readonly text: string; readonly place: string };
}

export interface Shapes {
  readonly inputs: readonly TensorType[];
  readonly output: TensorType;
  readonly args: Arguments;
}

/** An op of a flow. */
export interface Op extends Entry {
  readonly role: OpRole;
  /** The parameter that takes any number of leading stages (`parallel`). */
  readonly rest?: string;
  /** What it reads: numbers (default), token ids, or either. axes.md, general rule 4. */
  readonly reads?: "numbers" | "ids" | "any";
  infer(context: StageContext): TensorType | undefined;
  /** Names as in the real layer, in its order. Inner stages have their own. */
  weights?(shapes: Shapes): readonly WeightSpec[];
  /** Multiply-adds for one row. */
  cost?(shapes: Shapes): Dim;
  readonly emit?: EmitOverride;
}

/** A fusion op, or a late one. */
export interface Fusion extends Entry {
  readonly role: "fusion" | "late";
  /** How many sources it joins: at least, at most. */
  readonly sources: readonly [number, number];
  /** Of a late fusion: the targets whose predictions it can combine; all if not given. */
  readonly judges?: readonly string[];
  /** Whether it can do without an absent source; the word for the message's list. */
  readonly absent: boolean;
  infer(context: FusionContext): TensorType | undefined;
  weights?(shapes: Shapes): readonly WeightSpec[];
  cost?(shapes: Shapes): Dim;
  readonly emit?: EmitOverride;
}

/**
 * The options of the runtime's factory where they are not the arguments in camelCase: keys and expression texts.
 * `factory` names it where it is not the word in camelCase; null: nothing is written (`rename`).
 */
export interface EmitOverride {
  readonly factory?: string | null;
  options?(shapes: Shapes, expression: (dim: Dim) => string): { readonly [option: string]: string };
}

export const defineOp = (op: Op): Op => op;
export const defineFusion = (fusion: Fusion): Fusion => fusion;
export const defineWord = <E extends Entry>(entry: E): E => entry;

/** Words of the language that are not built yet: they are known, so they get `not-here-yet` and never "did you mean". */
export const plannedWords = (role: Role, ...names: readonly string[]): Entry[] =>
  names.map((name) => ({ name, role, doc: "Not in this version yet.", params: {}, later: true as const }));

export type { Axis, Dim, Flow, Origin, TensorType };
