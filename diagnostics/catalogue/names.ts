/** Messages about names and words: what is not known, hidden, given twice or never used. */
import { defineMessage } from "../define.ts";
import type { ForeignWord } from "../foreign.ts";
import { type Near, nearHelp } from "../near.ts";
import { agree, code, codes, tick, ticks } from "../phrase.ts";

export const names = {
  /** `use`: words of this version that do something like it; `mild`: in `evaluate`, `compare` or `budget`. */
  "not-here-yet": defineMessage<{ version: string; word: string; use: readonly string[]; mild: boolean }>({
    severity: { usually: "error", of: (f) => (f.mild ? "warning" : "error") },
    message: (f) => `mmfc ${f.version} does not have ${tick(f.word)} yet.`,
    help: (f) => `${f.use.length === 0 ? "" : `use ${codes(f.use)}; `}\`mmfc words\` lists all`,
  }),
  /** `write`: a word, or what foreign.ts says; `call`: the whole call in our words, where the arguments change. */
  "foreign-word": defineMessage<{ text: string; write: string | ForeignWord; call?: string }>({
    severity: "error",
    message: (f) => `${tick(f.text)} is written ${typeof f.write === "string" ? code(f.write) : f.write.says} here.`,
    help: (f) => (f.call === undefined ? undefined : `write ${code(f.call)}`),
    fix: "certain",
  }),
  /** `kind`: "a column", "a value of this file"; `quotes`: how it is to stand. */
  "text-or-name": defineMessage<{ text: string; kind: string; quotes: "in" | "without" }>({
    severity: "error",
    message: (f) => `${tick(f.text)} is ${f.kind}, so it stands ${f.quotes} quotes.`,
    fix: "certain",
  }),
  /** `cycle`: the way round, `a = b, b = a`. */
  "name-cycle": defineMessage<{ names: readonly string[]; cycle: string }>({
    severity: "error",
    message: (f) =>
      `${ticks(f.names)} ${agree(f.names.length, "is made from itself", "are made from each other")}: ${code(f.cycle)}.`,
    help: () => "let one of them start elsewhere",
  }),
  /** `kind`: "an encoder"; `place`: "line 12". */
  "duplicate-name": defineMessage<{ name: string; kind: string; place: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} is already ${f.kind} (${f.place}).`,
    help: () => "choose another name",
    fix: "offer",
  }),
  /** `owner`: the model or file; `kind`: "value", "modality"; `instead`: the text is something else, from which `write` follows. */
  "unknown-name": defineMessage<{
    owner: string;
    kind: string;
    text: string;
    near: Near;
    instead?: { kind: string; write: string };
  }>({
    severity: "error",
    message: (f) => `${tick(f.owner)} has no ${f.kind} called ${tick(f.text)}.`,
    help: (f) =>
      f.instead === undefined
        ? nearHelp(f.near)
        : `${tick(f.text)} is ${f.instead.kind}: write ${code(f.instead.write)}`,
    fix: "certain",
  }),
  "unknown-op": defineMessage<{ text: string; near: Near }>({
    severity: "error",
    message: (f) => `${tick(f.text)} is neither an op nor a block.`,
    help: (f) => (f.near.kind === "none" ? opHelp(f.near) : `${nearHelp(f.near)}; or add the \`use\` that brings it`),
    fix: "certain",
  }),
  /** `word`: what it would be a kind of, `modality`. */
  "unknown-kind": defineMessage<{ text: string; word: string; near: Near }>({
    severity: "error",
    message: (f) => `${tick(f.text)} is not a kind of ${tick(f.word)}.`,
    help: (f) => nearHelp(f.near),
    fix: "certain",
  }),
  /** `word`: the op, kind or section. */
  "unknown-parameter": defineMessage<{ word: string; text: string; near: Near }>({
    severity: "error",
    message: (f) => `${tick(f.word)} has no ${tick(f.text)}.`,
    help: (f) => nearHelp(f.near),
    fix: "certain",
  }),
  /** Up to eight choices are in the sentence; of more, help says where they stand. `role`: what `mmfc words --role ROLE` lists. */
  "unknown-choice": defineMessage<{
    name: string;
    choices: readonly string[];
    text: string;
    near: Near;
    role?: string;
  }>({
    severity: "error",
    message: (f) =>
      `${tick(f.name)} is ${f.choices.length > 8 ? `one of ${f.choices.length} words` : ticks(f.choices, "or")}, not ${tick(f.text)}.`,
    help: (f) => {
      const written = f.near.kind === "none" ? undefined : nearHelp(f.near);
      if (f.choices.length <= 8) return written;
      const lists = `${code(f.role === undefined ? `mmfc explain ${f.name}` : `mmfc words --role ${f.role}`)} lists them`;
      return written === undefined ? lists : `${written}${written.endsWith("?") ? "" : ";"} ${lists}`;
    },
    fix: "certain",
  }),
  /** Without `kind`: the flow starts with the op `text`; with it: `text`, after an arrow, is `kind` ("a modality"). */
  "flow-order": defineMessage<{ text: string; kind?: string; write?: string }>({
    severity: "error",
    message: (f) =>
      f.kind === undefined
        ? `A flow starts with a value; ${tick(f.text)} is an op.`
        : `After \`->\` comes an op or a block; ${tick(f.text)} is ${f.kind}.`,
    help: (f) => (f.write === undefined ? undefined : `write ${code(f.write)}`),
    fix: "offer",
  }),
  /** `write`: the fusion of its own; `use`: an op that may stand there. */
  "fusion-place": defineMessage<{ word: string; write?: string; use?: string }>({
    severity: "error",
    message: (f) => `${tick(f.word)} joins values, so it stands first in a \`fusion\` of its own.`,
    help: (f) => either(f.write && `write ${code(f.write)}`, f.use && `use ${code(f.use)}`),
    fix: "offer",
  }),
  /** `write`: a head that would do. */
  "no-head": defineMessage<{ name: string; write: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} has no head, so it predicts nothing.`,
    help: (f) => `add ${code(f.write)}`,
    fix: "offer",
  }),
  "hidden-op": defineMessage<{ name: string }>({
    severity: "warning",
    message: (f) => `Block ${tick(f.name)} hides the op of that name.`,
    help: () => "choose another name",
    fix: "offer",
  }),
  /** `kind`: "an encoder". */
  "unused-value": defineMessage<{ name: string; kind: string }>({
    severity: "warning",
    message: (f) => `${tick(f.name)} is ${f.kind} that nothing uses.`,
    help: () => "use it, or remove it",
    fix: "offer",
    tags: ["unused"],
  }),
};

function opHelp(found: Near & { kind: "none" }): string {
  return found.role === undefined
    ? "`mmfc words` lists all ops; or add the `use` that brings it"
    : `\`mmfc words --role ${found.role}\` lists all; or add the \`use\` that brings it`;
}

/** Two ways at most, joined by "or". */
function either(first: string | undefined, second: string | undefined): string | undefined {
  if (first === undefined) return second;
  return second === undefined ? first : `${first}, or ${second}`;
}
