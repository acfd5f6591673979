/** What parameters take and what values are, in the words of messages; numbers with their units and ranges. */
import type { Span } from "../../diagnostics/span.ts";
import type { NumberLiteral, Value } from "../../grammar/ast.ts";
import { findUnit } from "../../grammar/words.ts";
import type { ParamKind } from "../registry/define.ts";

/** A bare name, if the value is one: a flow of one call without arguments and dots. */
export function bareName(value: Value): { text: string; span: Span } | undefined {
  if (value.kind !== "flow" || value.calls.length !== 1) return undefined;
  const call = value.calls[0]!;
  if (call.args || call.ref.parts.length !== 1) return undefined;
  return { text: call.ref.parts[0]!.text, span: call.span };
}

/** What a value is, for the message: "a string". */
export const isWhat = (value: Value): string => {
  switch (value.kind) {
    case "number": {
      const unit = value.unit ? findUnit(value.unit)?.measures : undefined;
      if (unit === "duration") return "a duration";
      if (unit === "frequency") return "a rate";
      if (unit === "share") return "a share";
      if (unit === "angle") return "an angle";
      if (unit === "level") return "a level";
      if (unit === "bytes") return "a size in bytes";
      return value.integer ? "a whole number" : "a number";
    }
    case "size":
      return "a size";
    case "ratio":
      return "a ratio";
    case "string":
      return "a string";
    case "boolean":
      return "true or false".split(" or ")[value.value ? 0 : 1]!;
    case "range":
      return "a range";
    case "list":
      return "a list";
    default:
      return bareName(value) ? "a name" : value.calls.length > 1 ? "a flow" : "a call";
  }
};

/** "a whole number", for the message; `either` joins them. */
export function takes(kind: ParamKind): string {
  switch (kind.is) {
    case "int":
      return "a whole number";
    case "number":
      return "a number";
    case "share":
      return "a share";
    case "size":
      return kind.rank === 2 ? "a size, height x width" : "a size";
    case "duration":
      return "a duration";
    case "frequency":
      return "a rate";
    case "angle":
      return "an angle";
    case "decibel":
      return "a level in dB";
    case "ratio":
      return "a ratio or number";
    case "boolean":
      return "true or false";
    case "choice":
      return "a word";
    case "string":
      return `${kind.what} in quotes`;
    case "column":
      return "a column in quotes";
    case "path":
    case "template":
      return "a path in quotes";
    case "call":
      return `${kind.roles[0] === "optimizer" || kind.roles[0] === "augment" ? "an" : "a"} ${kind.roles[0] === "sound" ? "word for features" : kind.roles[0]}`;
    case "range":
      return "a range";
    case "list":
      return `a list of ${takes(kind.of)
        .replace(/^an? /, "")
        .replace(
          /^(.*?)( in quotes)?$/,
          (_, noun: string, q = "") => `${noun.endsWith("y") ? noun : `${noun}s`}${q}`,
        )}`;
    case "name":
      return `the name of a ${kind.of[0]}`;
    case "monitor":
      return "`loss` or a head's metric";
    case "stages":
      return "stages";
    case "planned":
      return takes(kind.kind);
    case "either":
      return kind.kinds
        .filter((k) => k.is !== "planned" && !(k.is === "choice" && k.of.length === 0))
        .map(takes)
        .reduce((a, b, i, all) => (i === 0 ? b : i === all.length - 1 ? `${a} or ${b}` : `${a}, ${b}`), "");
  }
}

const limits = (
  kind: Extract<ParamKind, { is: "int" | "number" | "share" }>,
): { min?: number; above?: number; max?: number; below?: number } =>
  kind.is === "share"
    ? ({
        min: kind.above === undefined ? 0 : undefined,
        above: kind.above,
        max: kind.below === undefined ? 1 : undefined,
        below: kind.below,
      } as never)
    : kind;

export const rangeText = (kind: Extract<ParamKind, { is: "int" | "number" | "share" }>): string => {
  const { min, above, max, below } = limits(kind);
  const low = min !== undefined ? `${min} or more` : above !== undefined ? `above ${above}` : "";
  const high = max !== undefined ? `${max} or less` : below !== undefined ? `below ${below}` : "";
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  return [low, high].filter(Boolean).join(" and ");
};

export const inRange = (n: number, kind: Extract<ParamKind, { is: "int" | "number" | "share" }>): boolean => {
  const { min, above, max, below } = limits(kind);
  return (
    (min === undefined || n >= min) &&
    (above === undefined || n > above) &&
    (max === undefined || n <= max) &&
    (below === undefined || n < below)
  );
};

/** A number with the unit a kind takes, in base units; undefined if the unit is another's. */
export function measured(value: NumberLiteral, measures: readonly string[]): number | undefined {
  if (value.unit === undefined) return measures.includes("") ? value.value : undefined;
  const unit = findUnit(value.unit);
  // 30 ms is 0.03 exactly, not 30 * 1e-3 = 0.03 with a last digit off
  return unit && measures.includes(unit.measures) ? Number((value.value * unit.factor).toPrecision(15)) : undefined;
}
