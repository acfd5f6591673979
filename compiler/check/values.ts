/**
 * From a written value to plain data of the kind a parameter takes, or the message why not. Durations become seconds,
 * rates hertz, shares 0..1. A bare name is a choice, a constant or a value of the model: the parameter decides.
 */
import { foreignWord } from "../../diagnostics/foreign.ts";
import { near, oneNear } from "../../diagnostics/near.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Flow, NumberLiteral, Value } from "../../grammar/ast.ts";
import { printValue } from "../../grammar/print.ts";
import { findUnit } from "../../grammar/words.ts";
import type { ArgValue, ParamKind } from "../registry/define.ts";
import { wordsOf } from "../registry/index.ts";
import { checkArguments } from "./arguments.ts";
import { lookUp, type Scope, type Session } from "./context.ts";

/** What values are converted with. */
export interface ValueContext {
  readonly session: Session;
  readonly scope: Scope;
  /** Looks a name of the model up; says what it found is not. */
  resolveName(name: string, of: readonly string[], span: Span): boolean;
  /** Checks `risk.f1` or `loss`. */
  resolveMonitor?(text: string, span: Span): boolean;
  /** Whether a word that is missing in this version only gives a warning. */
  readonly mild: boolean;
}

export interface Converted {
  readonly value?: ArgValue;
  readonly flow?: { readonly flow: Flow; readonly scope: Scope };
  /** Something was wrong and has been said (or will be by `say`). */
  readonly wrong?: { readonly closeness: number; say(): void };
}

const ok = (value: ArgValue): Converted => ({ value });

/** Something about this text has been said already. */
const silent: Converted = { wrong: { closeness: 5, say: () => undefined } };

/** A string in other quotes: the lexer has said so. */
const slipped = (value: Value): boolean => value.kind === "string" && !value.text.startsWith('"');

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
        .filter((k) => k.is !== "planned")
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

const rangeText = (kind: Extract<ParamKind, { is: "int" | "number" | "share" }>): string => {
  const { min, above, max, below } = limits(kind);
  const low = min !== undefined ? `${min} or more` : above !== undefined ? `above ${above}` : "";
  const high = max !== undefined ? `${max} or less` : below !== undefined ? `below ${below}` : "";
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  return [low, high].filter(Boolean).join(" and ");
};

const inRange = (n: number, kind: Extract<ParamKind, { is: "int" | "number" | "share" }>): boolean => {
  const { min, above, max, below } = limits(kind);
  return (
    (min === undefined || n >= min) &&
    (above === undefined || n > above) &&
    (max === undefined || n <= max) &&
    (below === undefined || n < below)
  );
};

/** A number with the unit a kind takes, in base units; undefined if the unit is another's. */
function measured(value: NumberLiteral, measures: readonly string[]): number | undefined {
  if (value.unit === undefined) return measures.includes("") ? value.value : undefined;
  const unit = findUnit(value.unit);
  // 30 ms is 0.03 exactly, not 30 * 1e-3 = 0.03 with a last digit off
  return unit && measures.includes(unit.measures) ? Number((value.value * unit.factor).toPrecision(15)) : undefined;
}

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
  const wrongKind = (write?: string, certain = false): Converted => ({
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
          { fix: { title: `write ${write}`, edits: [{ span: value.span, text: write }], certain: true } },
        ),
    },
  });

  const bare = bareName(value);
  const bound = bare ? lookUp(scope, bare.text) : undefined;
  const choices = kind.is === "choice" ? kind.of : [];
  if (bound && !(bare && choices.includes(bare.text))) {
    // A constant or a block's argument: what it stands for is checked where it is used.
    return tryConvert(bound.value, kind, name, { ...context, scope: bound.scope });
  }

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
        return value.sizes.every((n) => n >= 1) ? ok([...value.sizes]) : outOfRange("1 or more on each side");
      }
      if (value.kind === "number" && value.integer && value.unit === undefined) {
        if (value.value < 1) return outOfRange("1 or more on each side");
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
            say: () =>
              session.say(
                "size-form",
                value.span,
                { write },
                { fix: { title: `write ${write}`, edits: [{ span: value.span, text: write }], certain: true } },
              ),
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
      if (called !== undefined && kind.planned?.includes(called)) return notHere(called, value.span, context);
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
      if (value.kind === "string") return ok(value.value);
      if (bare) return quotes("in", "a path", JSON.stringify(bare.text));
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

/** Where several kinds are possible, a duration and a level keep saying what they are. */
function tagged(kind: ParamKind, result: Converted): Converted {
  if (kind.is === "duration") return ok({ word: "seconds", args: { value: result.value as number } });
  if (kind.is === "decibel") return ok({ from: result.value as number, to: result.value as number });
  return result;
}

/** Several items of a list that lack their quotes, or have them: one mistake, one message. */
function quotedAlike(items: readonly Value[], kind: ParamKind, context: ValueContext): Converted | undefined {
  const inner = kind.is === "either" ? kind.kinds : [kind];
  const what = inner
    .map((k) =>
      k.is === "column"
        ? "a column"
        : k.is === "path" || k.is === "template"
          ? "a path"
          : k.is === "string"
            ? k.what
            : undefined,
    )
    .find((w) => w !== undefined);
  if (what === undefined) return undefined;
  const bare = items.filter((i) => bareName(i) && !lookUp(context.scope, bareName(i)!.text));
  if (bare.length < 2) return undefined;
  const edits = bare.map((i) => ({ span: i.span, text: JSON.stringify(bareName(i)!.text) }));
  return {
    wrong: {
      closeness: 2,
      say: () =>
        context.session.say(
          "text-or-name",
          bare[0]!.span,
          { text: bareName(bare[0]!)!.text, kind: what, quotes: "in" },
          {
            marks: bare.slice(1).map((i) => ({ span: i.span, style: "^" as const })),
            fix: { title: "put them in quotes", edits, certain: true },
          },
        ),
    },
  };
}

function convertList(items: readonly Value[], kind: ParamKind, name: string, context: ValueContext): Converted {
  const alike = quotedAlike(items, kind, context);
  if (alike) return alike;
  const values: ArgValue[] = [];
  const wrongs: NonNullable<Converted["wrong"]>[] = [];
  const seen = new Map<string, Span>();
  for (const item of items) {
    const result = tryConvert(item, kind, name, context);
    if (result.wrong) wrongs.push(result.wrong);
    const text = printValue(item);
    const before = seen.get(text);
    if (before) {
      wrongs.push({
        closeness: 4,
        say: () =>
          context.session.say(
            "given-twice",
            item.span,
            { text, place: context.session.place(before, item.span) },
            { marks: [{ span: before, style: "-" }] },
          ),
      });
    } else seen.set(text, item.span);
    if (result.value !== undefined && !before) values.push(result.value);
  }
  if (wrongs.length === 0) return ok(values);
  return { value: values, wrong: { closeness: 4, say: () => wrongs.forEach((w) => w.say()) } };
}

function notHere(word: string, span: Span, context: ValueContext, use: readonly string[] = []): Converted {
  return {
    wrong: {
      closeness: 6,
      say: () =>
        context.session.say("not-here-yet", span, { version: context.session.version, word, use, mild: context.mild }),
    },
  };
}

/** A word that is none of the legal ones: another library's, or near one. */
function unknownWord(
  text: string,
  span: Span,
  legal: readonly string[],
  name: string,
  context: ValueContext,
): Converted {
  const foreign = foreignWord(text, legal);
  const found = near(text, legal);
  return {
    wrong: {
      closeness: 4,
      say: () => {
        if (foreign) {
          context.session.say(
            "foreign-word",
            span,
            { text, write: foreign },
            foreign.same
              ? { fix: { title: `write ${foreign.write}`, edits: [{ span, text: foreign.write }], certain: true } }
              : {},
          );
        } else {
          context.session.say(
            "unknown-choice",
            span,
            { name, choices: legal, text, near: found },
            oneNear(found)
              ? { fix: { title: `write ${found.word}`, edits: [{ span, text: found.word }], certain: true } }
              : {},
          );
        }
      },
    },
  };
}

function convertCall(
  value: Value,
  kind: Extract<ParamKind, { is: "call" }>,
  name: string,
  context: ValueContext,
  wrongKind: () => Converted,
): Converted {
  const words = wordsOf(kind.roles);
  const legal = [...words.values()].filter((e) => !e.later).map((e) => e.name);
  if (value.kind === "string") {
    const entry = words.get(value.value);
    if (entry && !entry.later) {
      return {
        wrong: {
          closeness: 2,
          say: () =>
            context.session.say(
              "text-or-name",
              value.span,
              { text: value.value, kind: "a word of the language", quotes: "without" },
              {
                fix: { title: `write ${value.value}`, edits: [{ span: value.span, text: value.value }], certain: true },
              },
            ),
        },
      };
    }
    return wrongKind();
  }
  if (value.kind !== "flow" || value.calls.length !== 1) return wrongKind();
  const call = value.calls[0]!;
  const word = call.ref.parts.map((p) => p.text).join(".");
  const entry = words.get(word);
  if (!entry) {
    const wrong = unknownWord(word, call.ref.span, legal, name, context);
    // A call, or a word near a legal one, is nearer to this kind than to a path or a column without its quotes.
    const close =
      call.args !== undefined || near(word, legal).kind !== "none" || foreignWord(word, legal) !== undefined;
    return { wrong: { closeness: close ? 4 : 1.5, say: wrong.wrong!.say } };
  }
  if (entry.later) return notHere(word, call.ref.span, context);
  // The arguments are checked once the word is known to be meant; messages wait until it is sure.
  const said: (() => void)[] = [];
  const quiet: Session = {
    ...context.session,
    say: (code, span, facts, extras) => said.push(() => context.session.say(code, span, facts, extras)),
  };
  const args = checkArguments(
    entry,
    (call.args ?? []).map((a) => ({ key: a.key, value: a.value, span: a.span })),
    { ...context, session: quiet },
    call.ref.span,
  );
  const result: ArgValue = { word, args: args.plain };
  if (said.length === 0) return ok(result);
  const worst = args.wrong;
  return {
    value: result,
    ...(worst || said.length > 0 ? { wrong: { closeness: 6, say: () => said.forEach((f) => f()) } } : {}),
  };
}
