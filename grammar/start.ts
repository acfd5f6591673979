/**
 * The first word of a statement and its name: words that start no statement, words in the wrong place, and what cannot
 * be a name. Repairs the tokens so that the rest can still be read.
 */
import type { Code, FactsOf } from "../diagnostics/catalogue.ts";
import { foreignWord } from "../diagnostics/foreign.ts";
import { type Near, near, oneNear } from "../diagnostics/near.ts";
import { retag, stringValue } from "./lex.ts";
import type { StatementText } from "./outline.ts";
import { type Change, problem } from "./problem.ts";
import { virtual } from "./repair.ts";
import { sections } from "./scan.ts";
import {
  Colon,
  Dot,
  Equals,
  Identifier,
  isName,
  isScalar,
  isStatementWord,
  NumberToken,
  OpenBrace,
  SizeToken,
  Text,
  type Token,
  wordToken,
} from "./tokens.ts";
import { STATEMENT_WORDS, type StatementWord } from "./words.ts";

export type Place = "file" | "model";

const words: readonly StatementWord[] = STATEMENT_WORDS;

/** Repairs the beginning of a statement; false if nothing of it can be read, then its problem is already noted. */
export function repairStart(part: StatementText, place: Place): boolean {
  const first = part.tokens[0] as Token;
  if (changedPlaces(part, first, place)) {
    repairName(part);
    return true;
  }
  if (isStatementWord(first)) {
    if (!isLegalAt(first, place)) {
      const where = place === "file" ? "outside" : "inside";
      note(part, "statement-start", first, first, { text: first.image, where });
      if (place === "file") return false;
    }
  } else if (!isName(first)) {
    note(part, "unexpected-text", first, first, { text: first.image, expected: ["a statement"] });
    return false;
  } else if (!repairWord(part, first, place)) return false;
  repairName(part);
  return true;
}

/** As `repairStart`, for the head of a model. */
export function repairModelHead(part: StatementText): void {
  const first = part.tokens[0] as Token;
  if (first.tokenType !== wordToken("model")) {
    const found = nearWord(first.image, "file");
    const meant = found.kind === "one" && found.word === "model";
    const next = part.tokens[1];
    note(part, "statement-start", first, first, { text: first.image, near: found }, certainFix(first, found));
    if (meant || isName(next)) retag(first, wordToken("model"));
    else part.tokens.unshift(virtual(wordToken("model"), first.startOffset, first.startOffset - 1));
  }
  repairName(part);
  const [, , from, base] = part.tokens;
  if (from?.tokenType !== wordToken("from") || base?.tokenType !== Text) return;
  const text = stringValue(base);
  const change = { start: base.startOffset, end: base.endOffset + 1, text };
  note(
    part,
    "text-or-name",
    base,
    base,
    { text, kind: "a model", quotes: "without" },
    { changes: [change], certain: true },
  );
  retag(base, Identifier);
  base.image = text;
}

/** `risk head: fell = …`, `{ data source: …`: the statement's word stands second. */
function changedPlaces(part: StatementText, first: Token, place: Place): boolean {
  const [, word, sign] = part.tokens;
  if (word === undefined || !isStatementWord(word) || !isLegalAt(word, place)) return false;
  const opens = first.tokenType === OpenBrace && sections.has(word.tokenType);
  const isNamed = named.has(word.tokenType.name) && (sign?.tokenType === Colon || sign?.tokenType === Equals);
  if (!opens && !(isName(first) && isNamed)) return false;
  const text = `${word.image} ${first.image}`;
  const start = first.startOffset;
  const end = word.endOffset + 1;
  note(
    part,
    "statement-start",
    first,
    first,
    { text: first.image, near: { kind: "one", word: text, distance: 1 } },
    { changes: [{ start, end, text }], certain: true },
  );
  part.tokens.splice(0, 2, word, first);
  return true;
}

function isLegalAt(token: Token, place: Place): boolean {
  return words.find((w) => w.word === token.tokenType.name)?.places.includes(place) === true;
}

function nearWord(text: string, place: Place): Near {
  const legal = words.filter((w) => w.places.includes(place)).map((w) => w.word);
  const foreign = foreignWord(text, legal);
  const word = foreign?.words.find((w) => legal.includes(w as never));
  if (word !== undefined) return { kind: "one", word, distance: foreign?.same === true ? 1 : 2 };
  return near(text, legal);
}

function certainFix(token: Token, found: Near): { changes?: Change[]; certain?: boolean } {
  if (found.kind !== "one") return {};
  const change = { start: token.startOffset, end: token.endOffset + 1, text: found.word };
  return { changes: [change], certain: oneNear(found) };
}

/** An unknown first word: read as the nearest one, else by the form of what follows, so that its name is declared. */
function repairWord(part: StatementText, first: Token, place: Place): boolean {
  const missing = place === "model" ? missingWord(part.tokens) : undefined;
  const found = nearWord(first.image, place);
  // `output: yes` may be a name without its word, or the word without a name
  const isWord = missing === "modality" && found.kind === "one";
  if (missing !== undefined && !isWord) {
    const write = `${missing} ${first.image}`;
    const start = first.startOffset;
    const facts = { text: first.image, near: { kind: "one", word: write, distance: 2 } } as const;
    note(part, "statement-start", first, first, facts, { changes: [{ start, end: start, text: `${missing} ` }] });
    part.tokens.unshift(virtual(wordToken(missing), start, start - 1));
    return true;
  }
  const fix = isWord ? {} : certainFix(first, found);
  note(part, "statement-start", first, first, { text: first.image, near: found }, fix);
  const meant = found.kind === "one" ? found.word : byForm(part.tokens);
  if (meant !== undefined) {
    retag(first, wordToken(meant));
    return true;
  }
  return false;
}

/** The word that is missing before a name: `report: text { … }`, `words = report -> …`, `risk: fell = joint`. */
function missingWord(tokens: readonly Token[]): "modality" | "encoder" | "fusion" | "head" | undefined {
  const [, sign, kind, then] = tokens;
  if (!isName(kind)) return undefined;
  if (sign?.tokenType === Equals) return "encoder";
  if (sign?.tokenType !== Colon) return undefined;
  if (then?.tokenType !== Equals) return tokens.some((t) => t.tokenType === Equals) ? "encoder" : "modality";
  return stages.has(kind?.image ?? "") ? "fusion" : "head";
}

const stages: ReadonlySet<string> = new Set(["early", "mid", "late"]);

function byForm(tokens: readonly Token[]): string | undefined {
  if (!isName(tokens[1])) return undefined;
  if (tokens[2]?.tokenType === Colon) return tokens.some((t) => t.tokenType === Equals) ? "encoder" : "modality";
  return tokens[2]?.tokenType === Equals ? "encoder" : undefined;
}

const named: ReadonlySet<string> = new Set(
  words.filter((w) => w.form !== "use" && w.form !== "section").map((w) => w.word),
);

function repairName(part: StatementText): void {
  const { tokens } = part;
  const word = tokens[0]?.tokenType.name ?? "";
  if (!named.has(word)) return;
  const at = word === "shared" ? 2 : 1;
  const name = tokens[at];
  if (name === undefined) return;
  if (isStatementWord(name)) {
    noteName(part, name, name, "reserved", `my_${name.image}`);
    retag(name, Identifier);
  } else if ((name.tokenType === NumberToken || name.tokenType === SizeToken) && /[\p{L}_]/u.test(name.image)) {
    name.problem = undefined;
    noteName(part, name, name, "signs", `_${name.image}`);
    retag(name, Identifier);
  } else if (name.tokenType === Text && isScalar(name)) {
    const value = stringValue(name);
    const plain = value.replace(/[^\p{L}\p{M}\p{N}_]+/gu, "_").replace(/^(?=\p{N})/u, "_");
    name.problem = undefined;
    noteName(part, name, name, "signs", plain === "" ? undefined : plain);
    retag(name, Identifier);
    name.image = plain === "" ? "_" : plain;
  } else if (isName(name)) joinName(part, at, word);
}

/** `encoder my words = …`, `encoder my.words = …`. */
function joinName(part: StatementText, at: number, word: string): void {
  const { tokens } = part;
  const name = tokens[at] as Token;
  const dotted = tokens[at + 1]?.tokenType === Dot;
  const second = tokens[at + (dotted ? 2 : 1)];
  const then = tokens[at + (dotted ? 3 : 2)]?.tokenType;
  if (!isName(second) || second === undefined) return;
  if (!dotted) {
    const signed =
      then === Colon ||
      (then === Equals && word !== "head" && word !== "fusion") ||
      (then === OpenBrace && word === "model");
    if (!signed || ["from", "over", "in"].includes(second.tokenType.name)) return;
  }
  const write = `${name.image}_${second.image}`;
  noteName(part, name, second, "signs", write, `${name.image}${dotted ? "." : " "}${second.image}`);
  name.image = write;
  name.endOffset = second.endOffset;
  tokens.splice(at + 1, dotted ? 2 : 1);
}

function noteName(
  part: StatementText,
  from: Token,
  to: Token,
  why: "reserved" | "signs",
  write: string | undefined,
  text = from.image,
): void {
  const changes =
    write === undefined ? {} : { changes: [{ start: from.startOffset, end: to.endOffset + 1, text: write }] };
  note(part, "name-form", from, to, { text, why, write }, changes);
}

function note<C extends Code>(
  part: StatementText,
  code: C,
  from: Token,
  to: Token,
  facts: FactsOf<C>,
  extras?: { changes?: Change[]; certain?: boolean },
): void {
  part.problems.push(problem(code, from.startOffset, to.endOffset + 1, facts, extras));
}
