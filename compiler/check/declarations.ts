/** Checks modalities and targets: their kind, their properties, and what the properties say together. */
import { near } from "../../diagnostics/near.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Declaration, Kind } from "../../grammar/ast.ts";
import type { Entry } from "../registry/define.ts";
import { augments, modalities as modalityWords, standIns, targets as targetWords } from "../registry/index.ts";
import type { ModalityFacts } from "../registry/modality/index.ts";
import { type Dim, symbol } from "../types/dim.ts";
import { type CheckedArguments, checkArguments } from "./arguments.ts";
import { nearFix, sayForeign } from "./fixes.ts";
import { bareName } from "./kinds.ts";
import { type ModelState, propsGiven } from "./model.ts";

const augmentWords = new Map(augments.map((a) => [a.name, a]));

function entryOf<E extends Entry>(
  state: ModelState,
  statement: Declaration,
  words: ReadonlyMap<string, E>,
): E | undefined {
  const { session } = state;
  const kind = statement.type;
  if (!kind) return undefined;
  const entry = words.get(kind.name.text);
  if (entry && !entry.later) return entry;
  if (entry?.later) {
    session.say("not-here-yet", kind.name.span, {
      version: session.version,
      word: entry.name,
      use: standIns[entry.name] ?? [],
      mild: false,
    });
    return undefined;
  }
  const legal = [...words.values()].filter((e) => !e.later).map((e) => e.name);
  const text = kind.name.text;
  if (sayForeign(session, text, kind.name.span, legal)) return undefined;
  const found = near(text, legal);
  session.say(
    "unknown-kind",
    kind.name.span,
    { text, word: statement.word, near: found },
    nearFix(kind.name.span, found),
  );
  return undefined;
}

/** What stands behind a kind that has no axes, or no `?`, to write. Says so; false if there is something. */
export function nothingBehind(state: ModelState, kind: Kind, mayBeOptional: boolean): boolean {
  const { name, span } = kind;
  if (kind.dims === undefined && (mayBeOptional || !kind.optional)) return true;
  const text = kind.dims === undefined ? "?" : "[";
  state.session.say(
    "unexpected-text",
    { ...span, start: name.span.end },
    { text, expected: mayBeOptional ? ["`{`", "a statement"] : ["`=`"] },
  );
  return false;
}

export function checkModality(state: ModelState, statement: Declaration, changed: boolean): void {
  const { session } = state;
  const name = statement.name;
  if (!name) return;
  if (statement.broken) {
    state.unknown.add(name.text);
    return;
  }
  const entry = entryOf(state, statement, modalityWords);
  if (!entry) {
    state.unknown.add(name.text);
    return;
  }
  const optional = statement.type!.optional;
  const plain = nothingBehind(state, statement.type!, true);
  const args = checkArguments(entry, propsGiven(statement.props), state.values(), statement.type!.name.span);
  const propertySpan = (key: string): Span | undefined =>
    statement.props?.entries.find((p) => p.key.text === key)?.span;
  let wrong = args.wrong || !plain;
  if (optional && args.given("missing")) {
    wrong = true;
    session.say(
      "parameter-excludes",
      propertySpan("missing")!,
      { text: `${entry.name}?`, other: `missing: ${args.text("missing") ?? ""}` },
      { marks: [{ span: statement.type!.span, style: "-" }] },
    );
  }
  if (!optional && args.given("dropout")) {
    wrong = true;
    const at = statement.props!.entries.find((p) => p.key.text === "dropout")!.key.span;
    session.say("parameter-needs", at, { name: "dropout", needs: `${entry.name}?` });
  }
  if (entry.name === "text" && !args.wrong && args.string("output") === "ids" && !args.has("tokens")) {
    wrong = true;
    session.say("missing-parameter", statement.type!.name.span, {
      word: "text",
      needs: ["tokens"],
      write: "tokens: 100",
    });
  }
  if (entry.name === "tabular" && !args.wrong && !args.has("numeric") && !args.has("categorical")) {
    wrong = true;
    session.say("missing-parameter", statement.type!.name.span, {
      word: "tabular",
      needs: ["numeric"],
      write: 'numeric: ["…"]',
    });
  }
  if (
    entry.name === "vector" &&
    !args.wrong &&
    (args.has("file") || args.has("files") || args.has("index")) &&
    !args.has("dim")
  ) {
    wrong = true;
    session.say("missing-parameter", statement.type!.name.span, { word: "vector", needs: ["dim"], write: "dim: 128" });
  }
  if (entry.name === "text" && !args.wrong && !sharesText(state, name.text, args)) wrong = true;
  if (wrong || !augmentFits(state, statement, entry.name, args)) {
    state.unknown.add(name.text);
    return;
  }
  const facts: ModalityFacts = {
    name: name.text,
    optional,
    args,
    origin(property) {
      const written = args.text(property);
      const text = written === undefined ? entry.name : property === "features" ? written : `${property}: ${written}`;
      return { text, span: written === undefined ? statement.type!.span : args.span(property) };
    },
    vocabularyOf: (other) => sharedVocabulary(state, other),
  };
  const type = entry.infer(facts);
  state.modalities.set(name.text, {
    name: name.text,
    statement,
    span: name.span,
    entry,
    facts,
    args,
    type,
    optional,
    changed,
  });
}

/** `vocabulary: report`: another text, which shares with no text that shares with this one. */
function sharesText(state: ModelState, name: string, args: CheckedArguments): boolean {
  const first = args.maybeString("vocabulary");
  if (first === undefined) return true;
  const declared = new Map(
    state.linked.declarations.flatMap(({ statement: s }) => (s.name ? [[s.name.text, s] as const] : [])),
  );
  const next = (of: string): string | undefined => {
    const value = declared.get(of)?.props?.entries.find((p) => p.key.text === "vocabulary")?.value;
    return value && bareName(value)?.text;
  };
  const other = declared.get(first);
  if (other?.type && other.type.name.text !== "text" && modalityWords.has(other.type.name.text)) {
    state.session.say("value-kind", args.span("vocabulary"), {
      name: "vocabulary",
      takes: "a whole number or the name of a text",
      text: first,
      is: `an ${other.type.name.text} modality`.replace(/^an (?![aeiou])/, "a "),
    });
    return false;
  }
  const way = [name];
  for (let at: string | undefined = first; at !== undefined && !way.includes(at); at = next(at)) way.push(at);
  const last = next(way[way.length - 1]!) ?? first;
  if (last !== name) return true;
  // said once, at the first of the circle
  if (way.every((n) => n === name || !state.unknown.has(n)))
    state.session.say("name-cycle", args.span("vocabulary"), {
      names: way,
      cycle: way.map((n) => `${n} { vocabulary: ${next(n)} }`).join(", "),
    });
  return false;
}

/** The vocabulary of the text modality that another shares. */
function sharedVocabulary(state: ModelState, name: string): Dim {
  const found = state.modalities.get(name);
  return found?.type.vocabulary ?? symbol(`${name}.vocabulary`);
}

/** `flip` of a sound, `mask_bands` of a picture. */
function augmentFits(state: ModelState, statement: Declaration, kind: string, args: CheckedArguments): boolean {
  const list = args.value("augment") as readonly { word: string }[] | undefined;
  if (!list) return true;
  const value = statement.props?.entries.find((p) => p.key.text === "augment")?.value;
  let fits = true;
  for (const [i, { word }] of list.entries()) {
    const entry = augmentWords.get(word)!;
    if ((entry.of as readonly string[]).includes(kind)) continue;
    fits = false;
    const at = value?.kind === "list" ? (value.items[i]?.span ?? value.span) : statement.name!.span;
    const legal = [...augmentWords.values()]
      .filter((e) => (e.of as readonly string[]).includes(kind) && !e.later)
      .map((e) => e.name);
    state.session.say("unknown-choice", at, {
      name: "augment",
      choices: legal,
      text: word,
      near: { kind: "none", legal },
    });
  }
  return fits;
}

export function checkTarget(state: ModelState, statement: Declaration, changed: boolean): void {
  const name = statement.name;
  if (!name) return;
  if (statement.broken) {
    state.unknown.add(name.text);
    return;
  }
  const entry = entryOf(state, statement, targetWords);
  if (!entry) {
    state.unknown.add(name.text);
    return;
  }
  const args = checkArguments(entry, propsGiven(statement.props), state.values(), statement.type!.name.span);
  if (!nothingBehind(state, statement.type!, true) || args.wrong) {
    state.unknown.add(name.text);
    return;
  }
  const positive = args.value("positive");
  const labels = args.value("classes");
  if (positive !== undefined && Array.isArray(labels) && !labels.includes(String(positive))) {
    state.session.say("value-range", args.span("positive"), {
      name: "positive",
      range: "one of its `classes`",
      text: args.text("positive") ?? String(positive),
    });
    state.unknown.add(name.text);
    return;
  }
  const columns = args.has("columns")
    ? (args.value("columns") as readonly string[])
    : [args.maybeString("column") ?? name.text];
  const given = args.value("classes");
  const classes = typeof given === "number" ? given : Array.isArray(given) ? given.length : undefined;
  state.targets.set(name.text, {
    name: name.text,
    statement,
    span: name.span,
    entry,
    args,
    columns,
    ...(classes === undefined ? {} : { classes }),
    optional: statement.type!.optional,
    changed,
  });
}
