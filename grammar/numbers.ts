/**
 * Numbers, sizes and ratios: where one ends, what it says, and what is wrong with it. Plain text in, plain data
 * out; knows no tokens.
 */
import type { FactsOf } from "../diagnostics/catalogue.ts";
import { findUnit, LONG_UNITS, UNITS } from "./words.ts";

const unitAfterSpace = UNITS.filter((u) => u.unit !== "%")
  .map((u) => u.unit)
  .concat([...LONG_UNITS.keys()])
  .join("|");

const digits = String.raw`\d+(?:_\d+)*`;
const size = /\d+(?:(?:[ \t]+[xX×✕*][ \t]+|[xX×✕*])\d+)+(?![\p{L}\p{N}_])/uy;
const ratio = new RegExp(`${digits}(?:\\.\\d*)?[ \\t]*[/／][ \\t]*${digits}(?:\\.\\d*)?(?![\\p{L}\\p{N}_/])`, "uy");
const number = new RegExp(
  `(?:-[ \\t]*)?(?:${digits}(?:\\.${digits})*(?:\\.(?![.\\p{L}_\\d]))?|\\.${digits})(?:[eE][+-]?\\d+)?` +
    `(?:[ \\t]*[%％]|[\\p{L}_][\\p{L}\\p{M}\\p{N}_]*|[ \\t]+(?:${unitAfterSpace})(?![\\p{L}\\p{M}\\p{N}_])(?![ \\t]*(?:[:：=＝(（.]|->)))?`,
  "uy",
);

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null ? undefined : at + match[0].length;
}

/** Where the number that starts at `at` ends; undefined if none starts there. */
export function matchNumber(text: string, at: number): number | undefined {
  // `.5` is a number without its zero, but the dot of `a.5` and of `1..5` is not
  if (text[at] === "." && at > 0 && /[\p{L}\p{N}_.)\]]/u.test(text[at - 1] as string)) return undefined;
  return endOf(size, text, at) ?? endOf(ratio, text, at) ?? endOf(number, text, at);
}

export type NumberForm =
  | { readonly form: "number"; readonly value: number; readonly unit?: string; readonly integer: boolean }
  | { readonly form: "size"; readonly sizes: readonly number[] }
  | { readonly form: "ratio"; readonly above: number; readonly below: number };

export type NumberReason = FactsOf<"number-form">["why"];

export interface ReadNumber {
  readonly read: NumberForm;
  /** How the value is written, if not as it stands. */
  readonly written?: string;
  readonly slip?: "size-form" | "spaced-value" | "number-form" | "full-width-sign";
  /** For number-form: why it is no number, and whether `written` is certain. */
  readonly why?: NumberReason;
  readonly certain?: boolean;
}

const plain = (digits: string): number => Number(digits.replace(/_/g, ""));

const parts = /^(-?)[ \t]*((?:_?\d|\.\d)*)(\.?)((?:[eE][+-]?\d+)?)[ \t]*([%％]|[\p{L}_][\p{L}\p{M}\p{N}_]*)?$/u;

/** What a number that `matchNumber` found says. */
export function readNumber(text: string): ReadNumber {
  if (/^\d+(?:[ \t]*[xX×✕*][ \t]*\d+)+$/.test(text)) {
    const sizes = text.split(/[ \t]*[xX×✕*][ \t]*/);
    const written = sizes.join("x");
    const read: NumberForm = { form: "size", sizes: sizes.map(Number) };
    if (written === text) return { read };
    return { read, written, slip: text.replace(/[ \t]/g, "") === written ? "spaced-value" : "size-form" };
  }
  const slash = /^([\d_.]+)[ \t]*[/／][ \t]*([\d_.]+)$/.exec(text);
  if (slash !== null) {
    const above = plain(slash[1] as string);
    const below = plain(slash[2] as string);
    const read: NumberForm = { form: "ratio", above, below };
    if (below === 0) return { read, slip: "number-form", why: "infinite" };
    const written = `${slash[1]}/${slash[2]}`;
    return written === text ? { read } : { read, written, slip: "spaced-value" };
  }
  const match = parts.exec(text);
  if (match === null)
    return { read: { form: "number", value: Number.NaN, integer: false }, slip: "number-form", why: { unit: text } };
  const [, sign, body, lastDot, exponent, unit] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string | undefined,
  ];
  const points = body.split(".").length - 1;
  const value = Number(sign + (body === "" ? "0" : body.replace(/_/g, "")) + exponent);
  const integer = points === 0 && lastDot === "" && exponent === "";
  const bare = sign + body + exponent;
  const name = unit === "％" ? "%" : (LONG_UNITS.get(unit ?? "") ?? unit);
  const known = name === undefined ? undefined : findUnit(name);
  const read: NumberForm = {
    form: "number",
    value: Number.isNaN(value) ? 0 : value,
    integer,
    ...(known ? { unit: known.unit } : {}),
  };

  if (points > 1) return { read, slip: "number-form", why: "point" };
  if (!Number.isFinite(value)) return { read, slip: "number-form", why: "infinite" };
  if (body.startsWith(".")) return bad(read, "point", `${sign}0${body}${exponent}${unit ?? ""}`, true);
  if (lastDot !== "") return bad(read, "point", `${sign}${body}.0${exponent}${unit ?? ""}`, true);
  if (name !== undefined && known === undefined) return unknownUnit(read, bare, name);
  const written = bare + (name ?? "");
  if (written === text) return { read };
  if (text === bare + unit && unit === "％") return { read, written, slip: "full-width-sign" };
  return { read, written, slip: "spaced-value" };
}

function bad(read: NumberForm, why: NumberReason, written: string, certain: boolean): ReadNumber {
  return { read, written, slip: "number-form", why, certain };
}

function unknownUnit(read: NumberForm, bare: string, unit: string): ReadNumber {
  if (/^[xX×]/u.test(unit)) {
    const second = /^[xX×](\d+)/u.exec(unit)?.[1] ?? bare;
    return bad(read, "size", `${bare}x${second}`, false);
  }
  if (/^_+$/.test(unit)) return bad(read, "thousands", bare, false);
  const sameLetters = UNITS.filter((u) => u.unit.toLowerCase() === unit.toLowerCase());
  if (unit === "m") return bad(read, { unit }, `${bare}min`, false);
  const why = { unit };
  if (sameLetters.length === 1) return bad(read, why, bare + (sameLetters[0]?.unit ?? ""), true);
  const plainWords: Record<string, string> = {
    sec: "s",
    secs: "s",
    second: "s",
    seconds: "s",
    mins: "min",
    minute: "min",
    minutes: "min",
    hour: "h",
    hours: "h",
    hr: "h",
    hrs: "h",
    day: "d",
    days: "d",
    week: "w",
    weeks: "w",
    degrees: "deg",
    degree: "deg",
    秒: "s",
    分钟: "min",
    小时: "h",
    天: "d",
    周: "w",
  };
  const meant = plainWords[unit.toLowerCase()];
  return bad(read, why, bare + (meant ?? ""), false);
}
