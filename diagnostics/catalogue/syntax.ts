/** Messages about the text of a spec before it means anything: signs, brackets, numbers, statements. */
import { defineMessage, type NoFacts } from "../define.ts";
import { type Near, nearHelp } from "../near.ts";
import { agree, code, list, number, path, tick, ticks } from "../phrase.ts";

export const syntax = {
  /** `byte`: its place, from 1; `is`: what is there, `0xB0`; `from`: the encoding a table is probably in, as iconv calls it, or "". */
  "not-text": defineMessage<{ path: string; byte: number; is: string; from?: string }>({
    severity: "error",
    message: (f) => `${path(f.path)} is not UTF-8 text: byte ${number(f.byte)} is ${tick(f.is)}.`,
    help: (f) =>
      f.from === ""
        ? "save it as CSV in UTF-8, or as Parquet"
        : `save it as UTF-8 (\`iconv -f ${f.from ?? "GB18030"} -t UTF-8\`)`,
  }),
  /** `has` and `most` printed: "2.3 MB" and "1 MB", or "130 brackets in each other" and "100". */
  "spec-too-large": defineMessage<{ path: string; has: string; most: string }>({
    severity: "error",
    message: (f) => `${path(f.path)} has ${f.has}; a spec has at most ${f.most}.`,
    help: () => "split it and join the parts with `use`",
  }),
  /** The different signs of one line, in their order, and what to write for each. */
  "full-width-sign": defineMessage<{ signs: readonly string[]; write: readonly string[] }>({
    severity: "error",
    message: (f) => `${ticks(f.signs)} ${agree(f.signs.length, "is", "are")} full-width punctuation.`,
    help: (f) => `write ${list(f.write.map(code))}`,
    fix: "certain",
  }),
  /** `write`: the string as it is to stand, quotes included. */
  "quote-form": defineMessage<{ write: string }>({
    severity: "error",
    message: (f) => `A string stands in double quotes: ${code(f.write)}.`,
    fix: "certain",
  }),
  "arrow-form": defineMessage<NoFacts>({
    severity: "error",
    message: () => "The arrow is written `->`.",
    fix: "certain",
  }),
  "size-form": defineMessage<{ write: string }>({
    severity: "error",
    message: (f) => `A size is written ${code(f.write)}.`,
    fix: "certain",
  }),
  "comment-form": defineMessage<NoFacts>({
    severity: "error",
    message: () => "A comment starts with `//`.",
    fix: "certain",
  }),
  "spaced-value": defineMessage<{ text: string; write: string }>({
    severity: "error",
    message: (f) => `${tick(f.text)} is one value, written ${code(f.write)}.`,
    fix: "certain",
  }),
  /** `takes`, `not`: the signs, `:` and `=`. */
  "colon-or-equals": defineMessage<{ name: string; takes: string; not: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} takes ${tick(f.takes)}, not ${tick(f.not)}.`,
    fix: "certain",
  }),
  "missing-sign": defineMessage<{ sign: string; before: string; after: string }>({
    severity: "error",
    message: (f) => `${code(f.sign)} is missing between ${tick(f.before)} and ${tick(f.after)}.`,
    fix: "certain",
  }),
  "extra-bracket": defineMessage<{ text: string }>({
    severity: "error",
    message: (f) => `${tick(f.text)} closes nothing.`,
    help: () => "remove it",
    fix: "certain",
  }),
  /** Without `closedBy` it is not closed at all; `write`: the closing sign; `after`: the text it goes behind; `behindArguments`: its last argument, whichever that is. */
  "not-closed": defineMessage<{
    text: string;
    closedBy?: { text: string; place: string };
    write: string;
    after?: string;
    behindArguments?: true;
  }>({
    severity: "error",
    message: (f) =>
      `${tick(f.text)} opens here and ${f.closedBy ? `is closed by ${tick(f.closedBy.text)}, ${f.closedBy.place}` : "is not closed"}.`,
    help: (f) => {
      const after = f.after === undefined ? undefined : tick(f.after);
      const place = f.behindArguments === true ? "its last argument" : after;
      return `write ${code(f.write)}${place === undefined ? "" : ` after ${place}`}`;
    },
    fix: "certain",
  }),
  /** `why`: `150x`; `10,000`; a unit that is none (`unit`); `1e999`. */
  "number-form": defineMessage<{
    text: string;
    why: "size" | "thousands" | "infinite" | "point" | { unit: string };
    write?: string;
  }>({
    severity: "error",
    message: (f) => `${tick(f.text)} is not a number: ${numberReason(f.why)}.`,
    help: (f) => (f.write === undefined ? undefined : `write ${code(f.write)}`),
    fix: "certain",
  }),
  "escape-form": defineMessage<{ text: string }>({
    severity: "error",
    message: (f) => `${tick(f.text)} is not an escape.`,
    help: () => "write `\\\\`, or `/` in a path",
    fix: "offer",
  }),
  "stray-character": defineMessage<{ text: string }>({
    severity: "error",
    message: (f) => `${tick(f.text)} means nothing here.`,
    help: () => "remove it",
    fix: "certain",
  }),
  /** `why`: a reserved word, or signs that a name does not have; `write`: a name that would do. */
  "name-form": defineMessage<{ text: string; why: "reserved" | "signs"; write?: string }>({
    severity: "error",
    message: (f) =>
      `${tick(f.text)} cannot be a name: ${f.why === "reserved" ? "it starts a statement" : "a name has letters, digits and `_`, no digit first"}.`,
    help: (f) => (f.write === undefined ? undefined : `write ${code(f.write)}`),
    fix: "offer",
  }),
  /** `where`: left out where no statement at all starts so; `near`: among the statements legal there. */
  "statement-start": defineMessage<{ text: string; where?: "outside" | "inside"; near?: Near }>({
    severity: "error",
    message: (f) => `${tick(f.text)} starts no statement${f.where === undefined ? "" : ` ${f.where} a model`}.`,
    help: (f) => statementHelp(f.near),
    fix: "certain",
  }),
  /** `write`: the kind with its colon or the whole beginning, `fusion j: mid`. */
  "missing-kind": defineMessage<{ name: string; write?: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} does not say what it is.`,
    help: (f) => (f.write === undefined ? undefined : `write ${code(f.write)}`),
    fix: "certain",
  }),
  /** `text` undefined: the end of the file; `expected`: already printed items, "`,`", "a name". */
  "unexpected-text": defineMessage<{ text?: string; expected: readonly string[] }>({
    severity: "error",
    message: (f) =>
      `${f.text === undefined ? "The end of the file" : tick(f.text)} stands where ${list(f.expected, "or")} is expected.`,
  }),
  /** `near`: codes near the unknown one. */
  "ignore-comment": defineMessage<{
    why: { absent: string } | { unknown: string; near?: Near } | "error" | "no-reason" | "no-code";
  }>({
    severity: "warning",
    message: (f) => `This comment ignores nothing: ${ignoreReason(f.why)}.`,
    help: (f) => {
      const near = typeof f.why === "object" && "unknown" in f.why ? f.why.near : undefined;
      if (near !== undefined && near.kind !== "none") return nearHelp(near);
      return "remove it, or write `// mmfc-ignore CODE: reason`";
    },
    fix: "certain",
  }),
};

function numberReason(why: "size" | "thousands" | "infinite" | "point" | { unit: string }): string {
  if (why === "size") return "a size has two numbers";
  if (why === "thousands") return "`_` marks thousands";
  if (why === "infinite") return "it is infinite";
  if (why === "point") return "one point has digits on both sides";
  return `${tick(why.unit)} is no unit`;
}

function statementHelp(found: Near | undefined): string | undefined {
  if (found === undefined) return undefined;
  if (found.kind === "none")
    return found.legal.length === 0 ? undefined : `a statement starts with ${ticks(found.legal, "or")}`;
  return nearHelp(found);
}

function ignoreReason(why: { absent: string } | { unknown: string } | "error" | "no-reason" | "no-code"): string {
  if (why === "error") return "errors stay";
  if (why === "no-code") return "it names no message";
  if (why === "no-reason") return "it gives no reason";
  return "absent" in why ? `${tick(why.absent)} does not occur here` : `no message is called ${tick(why.unknown)}`;
}
