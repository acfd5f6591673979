/**
 * What every kind of modality has: its interface, the properties they share, and the common part of a plan. How values
 * are read and prepared is the runtime's.
 */
import type { CallPlan, ModalityPlan } from "../../../plan/plan.ts";
import type { Dim } from "../../types/dim.ts";
import { axis, type TensorType } from "../../types/type.ts";
import {
  type Arguments,
  type ArgValue,
  choice,
  column,
  type Entry,
  either,
  int,
  list,
  type Origin,
  type Param,
  type Params,
  share,
  template,
} from "../define.ts";

/** What an entry is asked with: its name, whether it has `?`, its checked properties. */
export interface ModalityFacts {
  readonly name: string;
  readonly optional: boolean;
  readonly args: Arguments;
  /** Where a size comes from: the property as written, or the declaration. */
  origin(property: string): Origin;
  /** The vocabulary of a text modality this one shares. */
  vocabularyOf(name: string): Dim;
}

export interface Step {
  readonly text: string;
  readonly type?: string;
  readonly fitted?: true;
  readonly trainingOnly?: true;
}

export interface Modality extends Entry {
  readonly role: "modality";
  infer(facts: ModalityFacts): TensorType;
  plan(facts: ModalityFacts): ModalityPlan;
  /** After the step that says where the value comes from. */
  steps(facts: ModalityFacts): readonly Step[];
}

export const planned = (doc: string): Param => ({ doc, kind: { is: "boolean" }, later: true });

const cellText = either('Cells that mean nothing: -1, "n/a".', {
  kinds: [
    { is: "string", what: "the text of a cell" },
    { is: "number" },
    { is: "list", of: { is: "either", kinds: [{ is: "string", what: "the text of a cell" }, { is: "number" }] } },
  ],
});

export const where: Params = {
  from: planned("Another table."),
  key: planned("The column on which the tables match."),
  time: planned("The other table's time."),
  window: planned("The last rows before this row's time."),
  as_of: planned("Whether the same moment counts."),
  every: planned("Cuts a window into steps."),
};

export const own: Params = {
  column: column("Column of the table; its own name if not given.", { excludes: ["columns", "file", "files"] }),
  columns: list("Several columns; of text and media, one item each.", {
    of: { is: "column" },
    min: 1,
    excludes: ["column", "file", "files"],
  }),
};
export const media: Params = {
  file: template('A path with columns in braces, "{stock}_{date}.png".', { excludes: ["column", "columns", "files"] }),
  files: list("Several paths, one item each.", {
    of: { is: "template" },
    min: 1,
    excludes: ["column", "columns", "file"],
  }),
};
export const index = either("The column that picks one item of an array file (.npy, IDX).", {
  kinds: [{ is: "column" }, { is: "choice", of: [], planned: ["span"] }],
  needs: ["file", "column"],
});
export const count = int("At most so many items a row, of a JSON list: a new axis `items`.", { min: 1 });
export const absence: Params = {
  missing: choice("What happens where a required value is not there.", {
    of: ["error", "drop", "empty"],
    default: "error",
  }),
  na: cellText,
  dropout: share("Share of training rows from which an optional modality is hidden besides.", { below: 1, default: 0 }),
};
export const imputeParam = either("What stands in for a missing number; adds a flag that says so.", {
  kinds: [{ is: "choice", of: ["mean", "median", "mode"] }, { is: "number" }],
});

export const asList = (value: ArgValue | undefined): string[] | undefined =>
  value === undefined ? undefined : (Array.isArray(value) ? value : [value]).map(String);

/** The common part of a plan; a value without column or file stands in the column of its own name. */
export function basePlan({ name, optional, args }: ModalityFacts) {
  const given = ["column", "columns", "file", "files"].some((p) => args.has(p));
  const missing = args.maybeString("missing");
  const dropout = args.maybeNumber("dropout") ?? 0;
  return {
    ...(given ? {} : { column: name }),
    ...(args.has("column") ? { column: args.string("column") } : {}),
    ...(args.has("columns") ? { columns: asList(args.value("columns"))! } : {}),
    ...(args.has("file") ? { file: args.string("file") } : {}),
    ...(args.has("files") ? { files: asList(args.value("files"))! } : {}),
    ...(args.has("index") ? { index: args.string("index") } : {}),
    ...(args.has("count") ? { count: args.number("count") } : {}),
    ...(optional ? { optional: true as const } : {}),
    ...(dropout > 0 ? { dropout } : {}),
    ...(missing === "drop" || missing === "empty" ? { missing: missing as "drop" | "empty" } : {}),
    ...(args.has("na") ? { na: asList(args.value("na"))! } : {}),
  };
}

/** How many items a row has; undefined: one value. */
export function itemsOf(args: Arguments, kind: string): number | undefined {
  if (args.has("count")) return args.number("count");
  if (args.has("files")) return (args.value("files") as readonly string[]).length;
  if (args.has("columns") && kind !== "vector") return (args.value("columns") as readonly string[]).length;
  return undefined;
}

export function withItems(facts: ModalityFacts, kind: string, type: TensorType): TensorType {
  const items = itemsOf(facts.args, kind);
  const origin = facts.origin(facts.args.has("count") ? "count" : facts.args.has("files") ? "files" : "columns");
  const axes = items === undefined ? type.axes : [axis("items", items, origin, true), ...type.axes];
  return { ...type, axes, absentWith: facts.optional ? [facts.name] : [] };
}

export const hide = (facts: ModalityFacts, type: string): Step[] => {
  const dropout = facts.args.maybeNumber("dropout") ?? 0;
  return dropout > 0 ? [{ text: `hide(${Math.round(dropout * 1000) / 10}%)`, type, trainingOnly: true }] : [];
};

export const plainCall = (value: ArgValue): CallPlan => {
  const { word, args } = value as { word: string; args: { [name: string]: ArgValue } };
  return Object.keys(args).length === 0 ? word : { [word]: camelKeys(args) };
};

/** Argument names as the plan has them: `learning_rate` is `learningRate`. */
export function camelKeys(args: { readonly [name: string]: ArgValue }): { [name: string]: ArgValue } {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [camelCase(name), value]));
}

export const camelCase = (name: string): string =>
  name.replace(/_+([\p{L}\p{N}])/gu, (_, c: string) => c.toUpperCase());

/** Augmentations as written in a spec; the call's text travels with the value. */
export function augmentSteps(args: Arguments, type: string): Step[] {
  return ((args.value("augment") as ArgValue[] | undefined) ?? []).map((value) => ({
    text: printCall(value),
    type,
    trainingOnly: true as const,
  }));
}

/** `noise(10dB..30dB)`, `rotate(10deg)`: a checked call as a spec would write it. */
export function printCall(value: ArgValue): string {
  const { word, args } = value as { word: string; args: { [name: string]: ArgValue } };
  const shares = new Set(["crop", "zoom", "shift", "brightness", "contrast", "mask_time", "mask_bands"]);
  const parts = Object.values(args).map((v) => {
    if (typeof v === "number")
      return word === "rotate" ? `${v}deg` : shares.has(word) ? `${Math.round(v * 1000) / 10}%` : String(v);
    if (Array.isArray(v)) return v.join("x");
    if (typeof v === "object" && "from" in v) return v.from === v.to ? `${v.from}dB` : `${v.from}dB..${v.to}dB`;
    return String(v);
  });
  return parts.length === 0 ? word : `${word}(${parts.join(", ")})`;
}

/** Of a duration among other kinds (`either`): its seconds. */
export function secondsOf(value: ArgValue | undefined): number | undefined {
  if (typeof value !== "object" || !("word" in value) || value.word !== "seconds") return undefined;
  return value.args.value as number;
}
