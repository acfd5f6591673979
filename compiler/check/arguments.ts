/**
 * Checks properties and arguments against the parameters of an entry: one function for the whole language. Every message
 * about a missing, misplaced, doubled or excluded parameter comes from here.
 */

import { foreignWord } from "../../diagnostics/foreign.ts";
import { near } from "../../diagnostics/near.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Flow, Name, Value } from "../../grammar/ast.ts";
import { printValue } from "../../grammar/print.ts";
import type { Arguments, ArgValue, Param, Params } from "../registry/define.ts";
import type { Scope } from "./context.ts";
import { nearFix, writing } from "./fixes.ts";
import { bareName } from "./kinds.ts";
import { allPercents, lateFix, sizeInParts, swappedArguments } from "./misplaced.ts";
import { convert, tryOut, type ValueContext } from "./values.ts";

/** A property or argument as written. */
export interface Given {
  readonly key?: Name;
  readonly value: Value;
  readonly span: Span;
}

/** What is checked against: an op, a kind, a section, a block. */
export interface Parameters {
  readonly name: string;
  readonly params: Params;
  readonly positional?: number;
  readonly rest?: string;
  readonly openParams?: Param;
  readonly words?: "axes" | "renames";
  readonly role?: string;
}

export interface CheckedArguments extends Arguments {
  /** Something was said that makes the values unreliable. */
  readonly wrong: boolean;
  /** With the scope in which a flow's own names live. */
  scopedFlows(name: string): readonly { readonly flow: Flow; readonly scope: Scope }[];
  /** The text of a written argument. */
  text(name: string): string | undefined;
}

/** What to add where a parameter is missing: `tokens: 100`. */
const examples: { readonly [name: string]: string } = {
  tokens: "tokens: 100",
  size: "size: 64x64",
  length: "length: 10s",
  features: "features: mel(bands: 64)",
  dim: "dim: 64",
  heads: "heads: 4",
  layers: "layers: 2",
  source: 'source: "table.csv"',
  patience: "patience: 3",
  units: "64",
  filters: "32",
  kernel_size: "3x3",
  rate: "0.2",
  column: '"split"',
  train: 'train: "train"',
};

/** A value of this kind, where no better one is known. */
function exampleOf(kind: Param["kind"]): string {
  const values: { readonly [is: string]: string } = {
    int: "64",
    number: "1",
    share: "10%",
    size: "3x3",
    duration: "1s",
    frequency: "16kHz",
    angle: "10deg",
    decibel: "20dB",
    boolean: "true",
    column: '"…"',
    path: '"…"',
    template: '"…"',
    string: '"…"',
    list: '["…"]',
    stages: "dense(64)",
  };
  if (kind.is === "choice") return kind.of[0] ?? "…";
  if (kind.is === "either") return exampleOf(kind.kinds[0]!);
  if (kind.is === "range") return `${exampleOf(kind.of)}..${exampleOf(kind.of)}`;
  return values[kind.is] ?? "…";
}

function write(entry: Parameters, names: readonly string[]): string {
  const params = Object.keys(entry.params);
  const parts = names.map((name) => {
    const positional = params.indexOf(name) < (entry.positional ?? 0);
    const kind = entry.params[name]?.kind;
    const fallback = kind ? exampleOf(kind) : "…";
    const example =
      name === "kernel_size" && kind?.is === "int"
        ? "3"
        : (examples[name] ?? (positional ? fallback : `${name}: ${fallback}`));
    return positional && example.startsWith(`${name}: `) ? example.slice(name.length + 2) : example;
  });
  return parts.join(", ");
}

export function checkArguments(
  entry: Parameters,
  given: readonly Given[],
  context: ValueContext,
  at: Span,
): CheckedArguments {
  const { session } = context;
  const names = Object.keys(entry.params);
  const leading = names.slice(0, entry.positional ?? 0);
  const values = new Map<string, ArgValue>();
  const flows = new Map<string, { flow: Flow; scope: Scope }[]>();
  const spans = new Map<string, Span>();
  const keys = new Map<string, Span>();
  const texts = new Map<string, string>();
  let wrong = false;
  let position = 0;
  let named: Span | undefined;

  /** A value that fits the parameter before or after its own has been moved by what is wrong before it. */
  const moved = (name: string, value: Value): boolean =>
    wrong &&
    [-1, 1].some((step) => {
      const beside = leading[leading.indexOf(name) + step];
      return beside !== undefined && !tryOut(value, entry.params[beside]!.kind, beside, context).wrong;
    });
  const namedLater = (name: string): boolean => given.some((g) => g.key?.text === name);

  const take = (name: string, param: Param, value: Value, keySpan?: Span, whole?: Given): void => {
    const before = keys.get(name);
    if (before) {
      wrong = true;
      session.say(
        "given-twice",
        keySpan ?? value.span,
        { text: name, place: session.place(before, value.span) },
        {
          marks: [{ span: before, style: "-" }],
          // the same value once more: it may go
          ...(whole && texts.get(name) === printValue(value)
            ? { fix: { title: "remove it", edits: [{ span: withComma(whole, given), text: "" }], certain: true } }
            : {}),
        },
      );
      return;
    }
    keys.set(name, keySpan ?? value.span);
    spans.set(name, value.span);
    texts.set(name, printValue(value));
    if (param.later) {
      wrong = wrong || !context.mild;
      session.say("not-here-yet", keySpan ?? value.span, {
        version: session.version,
        word: name,
        use: [],
        mild: context.mild,
      });
      return;
    }
    const result = tryOut(value, param.kind, name, context);
    if (result.wrong) {
      const silent = keySpan === undefined && moved(name, value);
      wrong = true;
      // the named one is meant
      if (keySpan === undefined && namedLater(name)) keys.delete(name);
      if (silent) return;
      if (result.wrong.percent) percents.push({ span: value.span, write: result.wrong.percent, say: result.wrong.say });
      else result.wrong.say();
    }
    if (result.value !== undefined) values.set(name, result.value);
    if (result.flow) flows.set(name, [result.flow]);
  };

  const swapped = swappedArguments(entry, leading, given, context) || sizeInParts(entry, leading, given, context);
  if (swapped) wrong = true;
  let lateSaid = false;
  const tooMany: { value: Value; write?: string; has?: readonly string[] }[] = [];
  const percents: { span: Span; write: string; say(): void }[] = [];
  for (const argument of swapped ? [] : given) {
    const { key, value } = argument;
    if (entry.words) continue;
    if (!key) {
      const bare = bareName(value);
      if (entry.rest && value.kind === "flow") {
        const result = convert(value, entry.params[entry.rest]!.kind, entry.rest, context);
        if (result.flow) flows.set(entry.rest, [...(flows.get(entry.rest) ?? []), result.flow]);
        if (!spans.has(entry.rest)) spans.set(entry.rest, value.span);
        continue;
      }
      const text = printValue(value);
      const next = leading.find((n, i) => i >= position && !keys.has(n) && !namedLater(n));
      if (named && position < leading.length) {
        // all that follow a named one are one mistake
        wrong = true;
        if (!lateSaid && next === undefined) {
          const taken = leading[position]!;
          const first = keys.get(taken) ?? given.find((g) => g.key?.text === taken)?.key?.span ?? value.span;
          session.say(
            "given-twice",
            value.span,
            { text: taken, place: session.place(first, value.span) },
            { marks: [{ span: first, style: "-" }] },
          );
        } else if (!lateSaid)
          session.say(
            "argument-name",
            value.span,
            { text, write: `${next}: ${text}` },
            lateFix(given, argument, leading, keys),
          );
        lateSaid = true;
        if (next !== undefined) keys.set(next, value.span);
        position++;
        continue;
      }
      if (position >= leading.length) {
        // an argument before it was wrong: what it should be may have moved this one out of its place
        if (wrong && tooMany.length === 0) continue;
        // `dense(8, relu, 0.2)`: which parameter could it be? The only one that takes such a value.
        wrong = true;
        const left = names.filter((n) => !keys.has(n) && !entry.params[n]!.later && n !== entry.rest);
        const choice = bare ? left.filter((n) => accepts(entry.params[n]!, bare.text)) : [];
        const word = choice.length === 1 ? choice[0] : undefined;
        tooMany.push({
          value,
          ...(word ? { write: `${word}: ${text}` } : left.length > 0 ? { has: left } : {}),
        });
        continue;
      }
      const name = leading[position]!;
      position++;
      take(name, entry.params[name]!, value);
      continue;
    }
    const param = entry.params[key.text] ?? entry.openParams;
    if (!param) {
      wrong = true;
      const free = names.filter((n) => !given.some((g) => g.key?.text === n));
      unknownParameter(entry, key, free, context, value);
      continue;
    }
    named = key.span;
    take(key.text, param, value, key.span, argument);
  }

  if (tooMany.length > 0) {
    // several arguments without their names are one mistake
    const [first, ...others] = tooMany as [(typeof tooMany)[0], ...typeof tooMany];
    const { value, ...help } = first;
    session.say(
      "argument-name",
      value.span,
      { text: printValue(value), most: { word: entry.name, takes: leading.length }, ...help },
      { marks: others.map((o) => ({ span: o.value.span, style: "^" as const })) },
    );
  }
  if (percents.length === 1) percents[0]!.say();
  else if (percents.length > 1) allPercents(percents, given, entry, context);

  for (const [name, param] of Object.entries(entry.params)) {
    if (!keys.has(name)) continue;
    const other = param.excludes?.find((x) => keys.has(x));
    if (other && names.indexOf(other) > names.indexOf(name)) {
      wrong = true;
      const [first, second] = keys.get(name)!.start < keys.get(other)!.start ? [name, other] : [other, name];
      session.say(
        "parameter-excludes",
        keys.get(second)!,
        { text: first, other: second },
        { marks: [{ span: keys.get(first)!, style: "-" }] },
      );
    }
    if (param.needs && !param.needs.some((x) => keys.has(x))) {
      wrong = true;
      session.say("parameter-needs", keys.get(name)!, { name, needs: `${param.needs[0]}:` });
    }
  }

  const missing = names.filter((n) => entry.params[n]!.required && !keys.has(n) && !flows.has(n));
  if (missing.length > 0) {
    if (!wrong)
      session.say("missing-parameter", at, { word: entry.name, needs: missing, write: write(entry, missing) });
    wrong = true;
  }

  const plain: { [name: string]: ArgValue } = {};
  for (const name of entry.openParams ? [...names, ...values.keys()] : names) {
    const value = values.get(name) ?? (keys.has(name) ? undefined : entry.params[name]?.default);
    if (value !== undefined) plain[name] = value;
  }
  const read = <T>(name: string): T => plain[name] as T;
  return {
    wrong,
    plain,
    has: (name) => plain[name] !== undefined || flows.has(name),
    given: (name) => keys.has(name) || flows.has(name),
    number: (name) => read<number>(name),
    maybeNumber: (name) => (typeof plain[name] === "number" ? read<number>(name) : undefined),
    string: (name) => read<string>(name),
    maybeString: (name) => (typeof plain[name] === "string" ? read<string>(name) : undefined),
    boolean: (name) => plain[name] === true,
    size: (name) => read<readonly number[]>(name),
    value: (name) => plain[name],
    flow: (name) => flows.get(name)?.[0]?.flow,
    flows: (name) => (flows.get(name) ?? []).map((f) => f.flow),
    scopedFlows: (name) => flows.get(name) ?? [],
    span: (name) => spans.get(name) ?? at,
    text: (name) => texts.get(name),
  };
}

/** What goes with an argument that is taken out: all from the end of the one before it. */
const withComma = (argument: Given, given: readonly Given[]): Span => {
  const before = given[given.indexOf(argument) - 1]?.span;
  // what a model changes stands among what it derives from
  const follows = before?.file === argument.span.file && before.end <= argument.span.start;
  return follows ? { ...argument.span, start: before.end } : argument.span;
};

const accepts = (param: Param, word: string): boolean => {
  const kinds = param.kind.is === "either" ? param.kind.kinds : [param.kind];
  return kinds.some((k) => k.is === "choice" && k.of.includes(word));
};

function unknownParameter(
  entry: Parameters,
  key: Name,
  names: readonly string[],
  context: ValueContext,
  value: Value,
): void {
  const { session } = context;
  const legal = names.filter((n) => !entry.params[n]!.later && n !== entry.rest);
  const foreign = foreignWord(key.text, legal);
  if (foreign?.words.every((w) => legal.includes(w))) {
    session.say(
      "foreign-word",
      key.span,
      { text: key.text, write: foreign, ...rateCall(entry, key.text, value) },
      foreign.same && foreign.words.length > 0 ? writing(key.span, foreign.write) : {},
    );
    return;
  }
  const found = near(key.text, legal);
  session.say(
    "unknown-parameter",
    key.span,
    { word: entry.name, text: key.text, near: found },
    nearFix(key.span, found),
  );
}

/** Where a rate is to be written, as a whole: `adam(1e-3)`, `optimizer: adam(1e-3)`. */
function rateCall(entry: Parameters, key: string, value: Value): { call?: string } {
  if (value.kind !== "number" || !/^(?:lr|learning_?rate)$/i.test(key)) return {};
  if (entry.params.learning_rate !== undefined) return { call: `${entry.name}(${value.text})` };
  return entry.params.optimizer === undefined ? {} : { call: `optimizer: adam(${value.text})` };
}
