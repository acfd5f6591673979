/**
 * From a written value to plain data of the kind a parameter takes, or the message why not. Durations become seconds,
 * rates hertz, shares 0..1. A bare name is a choice, a constant or a value of the model: the parameter decides.
 */

import { near } from "../../diagnostics/near.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Flow, NumberLiteral, Value } from "../../grammar/ast.ts";
import { printValue } from "../../grammar/print.ts";
import type { ArgValue, ParamKind } from "../registry/define.ts";
import { convertCall, convertList, notHere, unknownWord } from "./calls.ts";
import { lookUp, namesIn, type Scope, type Session } from "./context.ts";
import { nearFix, writing } from "./fixes.ts";
import { bareName, inRange, isWhat, measured, rangeText, takes } from "./kinds.ts";

/** What values are converted with. */
export interface ValueContext {
  readonly session: Session;
  readonly scope: Scope;
  /** Looks a name of the model up; says what it found is not. */
  resolveName(name: string, of: readonly string[], span: Span): boolean;
  /** Whether what a name stands for is not known for something that has been said: two statements declare it, or a constant could not be read. */
  isUnclear?(name: string): boolean;
  /** Checks `risk.f1` or `loss`. */
  resolveMonitor?(text: string, span: Span): boolean;
  /** The model, for messages about its names. */
  readonly owner?: string;
  /** Whether a word that is missing in this version only gives a warning. */
  readonly mild: boolean;
}

export interface Converted {
  readonly value?: ArgValue;
  readonly flow?: { readonly flow: Flow; readonly scope: Scope };
  /** Something was wrong and has been said (or will be by `say`). */
  readonly wrong?: {
    readonly closeness: number;
    say(): void;
    /** A number that is a share without its `%`: what to write. */
    readonly percent?: string;
  };
}

/** Whole numbers are 32-bit in every engine; no picture or kernel has a longer side. */
const MOST_INT = 2_147_483_647;
const MOST_SIDE = 100_000;

const ok = (value: ArgValue): Converted => ({ value });

/** Something about this text has been said already. */
const silent: Converted = { wrong: { closeness: 5, say: () => undefined } };

/** A string in other quotes: the lexer has said so. */
const slipped = (value: Value): boolean => value.kind === "string" && !value.text.startsWith('"');

/** Converts `value` for parameter `name`; whatever is wrong is said unless `quiet`. */
export function convert(value: Value, kind: ParamKind, name: string, context: ValueContext): Converted {
  const result = tryConvert(value, kind, name, context);
  result.wrong?.say();
  return result;
}

/** As `convert`, without saying anything. */
export const tryOut = (value: Value, kind: ParamKind, name: string, context: ValueContext): Converted =>
  tryConvert(value, kind, name, context);

function tryConvert(value: Value, kind: ParamKind, name: string, context: ValueContext): Converted {
  const { session, scope } = context;
  const text = printValue(value);
  const wrongKind = (write?: string, certain = false): Converted =>
    unclear(value, context) ?? misspelt(bareName(value), name, context) ?? notThisKind(write, certain);
  const notThisKind = (write?: string, certain = false): Converted => ({
    wrong: {
      closeness: 1,
      say: () =>
        session.say(
          "value-kind",
          value.span,
          { name, takes: takes(kind), text, is: isWhat(value), ...(write ? { write } : {}) },
          write ? { fix: { title: `write ${write}`, edits: [{ span: value.span, text: write }], certain } } : {},
        ),
    },
  });
  const outOfRange = (range: string, write?: string): Converted => ({
    wrong: {
      closeness: 3,
      ...(write?.endsWith("%") ? { percent: write } : {}),
      say: () => session.say("value-range", value.span, { name, range, text, ...(write ? { write } : {}) }),
    },
  });
  const quotes = (how: "in" | "without", what: string, write: string): Converted => ({
    wrong: {
      closeness: 2,
      say: () =>
        session.say(
          "text-or-name",
          value.span,
          { text: write.replaceAll('"', ""), kind: what, quotes: how },
          writing(value.span, write),
        ),
    },
  });

  const bare = bareName(value);
  if (bare && kind.is === "name" && context.isUnclear?.(bare.text)) return silent;
  const bound = bare ? lookUp(scope, bare.text) : undefined;
  const choices = kind.is === "choice" ? kind.of : [];
  if (bound && !(bare && choices.includes(bare.text))) {
    // A constant or a block's argument: what it stands for is checked where it is used.
    return tryConvert(bound.value, kind, name, { ...context, scope: bound.scope });
  }

  const dotted = bareReference(value);

  switch (kind.is) {
    case "int":
    case "number":
    case "share": {
      if (value.kind === "string" && value.value.trim() !== "" && Number.isFinite(Number(value.value)))
        return wrongKind(value.value.trim(), true);
      if (value.kind === "ratio" && kind.is === "number") return ok(value.above / value.below);
      if (value.kind !== "number") return wrongKind();
      const n = measured(
        value,
        kind.is === "share" ? ["", "share"] : ["", "count", ...(kind.is === "number" ? ["share"] : [])],
      );
      if (n === undefined) return wrongKind();
      if (kind.is === "int" && !Number.isInteger(n)) return wrongKind();
      if (kind.is === "number" && kind.of) {
        if (kind.of.includes(n)) return ok(n);
        return outOfRange(
          kind.of
            .map(String)
            .reduce((a, b, i) => (i === 0 ? b : i === kind.of!.length - 1 ? `${a} or ${b}` : `${a}, ${b}`), ""),
        );
      }
      if (kind.is === "int" && n > MOST_INT) return outOfRange(rangeText({ ...kind, max: kind.max ?? MOST_INT }));
      if (!inRange(n, kind)) {
        const percent =
          kind.is === "share" && value.unit === undefined && n > 1 && n <= 100 && inRange(n / 100, kind)
            ? `${n}%`
            : undefined;
        return outOfRange(rangeText(kind), percent);
      }
      return ok(n);
    }
    case "size": {
      if (value.kind === "size") {
        if (value.sizes.length !== kind.rank) return wrongKind();
        if (value.sizes.some((n) => n > MOST_SIDE)) return outOfRange(`from 1 to ${MOST_SIDE} on each side`);
        return value.sizes.every((n) => n >= 1) ? ok([...value.sizes]) : outOfRange("1 or more on each side");
      }
      if (value.kind === "number" && value.integer && value.unit === undefined) {
        if (value.value < 1 || value.value > MOST_SIDE)
          return outOfRange(value.value < 1 ? "1 or more on each side" : `from 1 to ${MOST_SIDE} on each side`);
        if (kind.single) return ok(Array.from({ length: kind.rank }, () => value.value));
        return wrongKind(Array.from({ length: kind.rank }, () => value.text).join("x"), true);
      }
      if (
        value.kind === "list" &&
        value.items.length === kind.rank &&
        value.items.every((i) => i.kind === "number" && i.integer)
      ) {
        const write = value.items.map((i) => (i as NumberLiteral).text).join("x");
        return {
          value: value.items.map((i) => (i as NumberLiteral).value),
          wrong: {
            closeness: 4,
            say: () => session.say("size-form", value.span, { write }, writing(value.span, write)),
          },
        };
      }
      return wrongKind();
    }
    case "duration":
    case "frequency":
    case "angle":
    case "decibel": {
      if (value.kind !== "number") return wrongKind();
      const measures = { duration: "duration", frequency: "frequency", angle: "angle", decibel: "level" }[kind.is];
      const n = measured(value, [measures]);
      if (n === undefined) {
        const unit = { duration: "s", frequency: "Hz", angle: "deg", decibel: "dB" }[kind.is];
        return wrongKind(value.unit === undefined ? `${value.text}${unit}` : undefined);
      }
      if (kind.is !== "decibel" && (n < 0 || (n === 0 && kind.is === "duration")))
        return outOfRange(kind.is === "duration" ? "longer than 0" : "0 or more");
      return ok(n);
    }
    case "ratio": {
      if (value.kind === "ratio")
        return value.below === 0
          ? outOfRange("a ratio with a number below that is not 0")
          : ok(value.above / value.below);
      if (value.kind === "number" && (value.unit === undefined || value.unit === "%"))
        return ok(measured(value, ["", "share"])!);
      return wrongKind();
    }
    case "boolean":
      if (value.kind === "boolean") return ok(value.value);
      if (value.kind === "string" && /^(true|false)$/.test(value.value)) return wrongKind(value.value, true);
      return wrongKind();
    case "choice": {
      if (value.kind === "string") {
        if (kind.open) return ok(value.value);
        if (kind.of.includes(value.value))
          return slipped(value) ? silent : quotes("without", "a word of the language", value.value);
        return slipped(value) ? silent : wrongKind();
      }
      const called =
        value.kind === "flow" && value.calls.length === 1
          ? value.calls[0]!.ref.parts.map((p) => p.text).join(".")
          : undefined;
      if (called !== undefined && kind.planned?.includes(called))
        return notHere(called, (value as Flow).calls[0]!.ref.span, context);
      if (!bare) return wrongKind();
      if (kind.of.includes(bare.text)) return ok(bare.text);
      return unknownWord(bare.text, bare.span, kind.of, name, context);
    }
    case "string":
      if (value.kind === "string") return ok(value.value);
      if (bare) return quotes("in", kind.what, JSON.stringify(bare.text));
      return wrongKind();
    case "column":
      if (value.kind === "string") return ok(value.value);
      if (bare) return quotes("in", "a column", JSON.stringify(bare.text));
      return wrongKind();
    case "path":
    case "template":
      if (value.kind === "string") return kind.is === "template" ? template(value, context) : ok(value.value);
      if (dotted !== undefined) return quotes("in", "a path", JSON.stringify(dotted));
      return wrongKind();
    case "range": {
      if (value.kind !== "range") return wrongKind();
      const from = tryConvert(value.from, kind.of, name, context);
      const to = tryConvert(value.to, kind.of, name, context);
      if (from.wrong) return from;
      if (to.wrong) return to;
      return ok({ from: from.value as number, to: to.value as number });
    }
    case "list": {
      if (value.kind !== "list") {
        const item = tryConvert(value, kind.of, name, context);
        return item.wrong ? wrongKind() : wrongKind(`[${text}]`, true);
      }
      if (kind.min === kind.max && kind.min !== undefined && value.items.length !== kind.min)
        return outOfRange(`a list with ${kind.min} items`);
      if (kind.min !== undefined && value.items.length < kind.min)
        return outOfRange(kind.min === 1 ? "a list with 1 item or more" : `a list with ${kind.min} items or more`);
      return convertList(value.items, kind.of, name, context);
    }
    case "call":
      return convertCall(value, kind, name, context, wrongKind);
    case "name": {
      if (value.kind === "string") return quotes("without", `a value of this file`, value.value);
      if (!bare) return wrongKind();
      return context.resolveName(bare.text, kind.of, bare.span)
        ? ok(bare.text)
        : { wrong: { closeness: 5, say: () => undefined } };
    }
    case "monitor": {
      if (value.kind !== "flow" || value.calls.length !== 1) return wrongKind();
      const written = printValue(value);
      if (context.resolveMonitor && !context.resolveMonitor(written, value.span))
        return { wrong: { closeness: 5, say: () => undefined } };
      return ok(written);
    }
    case "stages":
      if (value.kind === "flow") return { flow: { flow: value, scope } };
      return wrongKind();
    case "planned": {
      const result = tryConvert(value, kind.kind, name, context);
      return result.wrong ? result : notHere(`${name}: ${text}`, value.span, context);
    }
    case "either": {
      const tries = kind.kinds.map((k) => ({ k, result: tryConvert(value, k, name, context) }));
      const fits = tries.find(({ result }) => !result.wrong);
      if (fits) return tagged(fits.k, fits.result);
      const closest = tries.reduce((a, b) => (b.result.wrong!.closeness > a.result.wrong!.closeness ? b : a));
      if (closest.result.wrong!.closeness > 1) return closest.result;
      return wrongKind();
    }
  }
}

/** `table.csv` without its quotes: a name, with dots. */
function bareReference(value: Value): string | undefined {
  if (value.kind !== "flow" || value.calls.length !== 1 || value.calls[0]!.args) return undefined;
  return value.calls[0]!.ref.parts.map((p) => p.text).join(".");
}

const unclear = (value: Value, context: ValueContext): Converted | undefined => {
  const bare = bareName(value);
  return bare && context.isUnclear?.(bare.text) ? silent : undefined;
};

/** A bare name where a number stands is a constant, if one is near. */
function misspelt(
  bare: { text: string; span: Span } | undefined,
  name: string,
  context: ValueContext,
): Converted | undefined {
  if (!bare) return undefined;
  const found = near(bare.text, namesIn(context.scope));
  if (found.kind === "none") return undefined;
  return {
    wrong: {
      closeness: 1,
      say: () =>
        context.session.say(
          "unknown-name",
          bare.span,
          { owner: context.owner ?? name, kind: "constant", text: bare.text, near: found },
          nearFix(bare.span, found),
        ),
    },
  };
}

/** Each `{` of a path is closed and names a column. */
function template(value: Value & { kind: "string" }, context: ValueContext): Converted {
  const open = value.value.replace(/\{[^{}]+\}/g, "");
  const sign = /[{}]/.exec(open)?.[0];
  if (sign === undefined) return ok(value.value);
  const after = sign === "{" ? value.value.slice(value.value.lastIndexOf("{") + 1) : "";
  return {
    wrong: {
      closeness: 5,
      say: () =>
        sign === "{"
          ? context.session.say("not-closed", value.span, {
              text: "{",
              write: "}",
              ...(after === "" ? {} : { after: after.slice(-20) }),
            })
          : context.session.say("extra-bracket", value.span, { text: "}" }),
    },
  };
}

/** Where several kinds are possible, a duration and a level keep saying what they are. */
function tagged(kind: ParamKind, result: Converted): Converted {
  if (kind.is === "duration") return ok({ word: "seconds", args: { value: result.value as number } });
  if (kind.is === "decibel") return ok({ from: result.value as number, to: result.value as number });
  return result;
}
