/**
 * Text to tokens. Every slip within a token (other quotes, `→`, `3×3`, `70 %`, `：`) is named here and read as meant:
 * what follows sees the tokens of the plain language. Knows nothing of statements.
 */
import type { IToken, TokenType } from "chevrotain";
import { lineStarts, type SourceFile } from "../diagnostics/span.ts";
import { readNumber } from "./numbers.ts";
import { type Problem, problem } from "./problem.ts";
import { printString, readEscapes } from "./strings.ts";
import {
  Arrow,
  BlockComment,
  Comma,
  DocComment,
  DotDot,
  ForeignComment,
  Identifier,
  LongText,
  lexer,
  NumberToken,
  OpenComment,
  OpenLongText,
  OpenText,
  QuotedText,
  RatioToken,
  SizeToken,
  signs,
  Text,
  type Token,
  wordTokens,
} from "./tokens.ts";

export interface LexedComment {
  readonly form: "line" | "block" | "doc";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Lexed {
  readonly tokens: Token[];
  readonly comments: readonly LexedComment[];
  /** Slips that belong to no statement: comments, full-width lines, stray characters. */
  readonly problems: readonly Problem[];
  /** More than `MOST_TOKENS`; then nothing of it is here. */
  readonly tooMany: boolean;
}

/** So many words and signs a spec may have: what people write has a tenth of it, and all later work is bounded. */
export const MOST_TOKENS = 50_000;

export function lex(file: SourceFile): Lexed {
  const { text } = file;
  const result = lexer.tokenize(text);
  const found = result.groups.comments ?? [];
  // nobody looks further into it
  if (result.tokens.length + result.errors.length + found.length > MOST_TOKENS)
    return { tokens: [], comments: [], problems: [], tooMany: true };
  const problems: Problem[] = [];
  const strays = readStrays(text, result.errors);
  const tokens = readTokens(file, result.tokens, strays, problems);
  const comments = readComments(found, problems);
  for (const stray of strayProblems(file, strays)) problems.push(stray);
  return { tokens, comments, problems, tooMany: false };
}

/** Changes the type of a token, e.g. of a word in a place where it is a name. */
export function retag(token: IToken, type: TokenType): void {
  token.tokenType = type;
  // Chevrotain keeps the index of the type beside it; it is always set after the lexer was built
  token.tokenTypeIdx = type.tokenTypeIdx as number;
}

function readTokens(file: SourceFile, found: IToken[], strays: Stray[], problems: Problem[]): Token[] {
  const starts = lineStarts(file);
  const fullWidth = collectFullWidth(problems);
  const strayAt = new Map(strays.map((s) => [s.start, s]));
  const tokens: Token[] = [];
  let line = 0;
  let lastLine = -1;
  for (const raw of found) {
    const token = raw as Token;
    token.endOffset = token.startOffset + token.image.length - 1;
    while (line + 1 < starts.length && (starts[line + 1] as number) <= token.startOffset) line++;
    token.first = line !== lastLine;
    token.startColumn = token.startOffset - (starts[line] as number);
    const previous = tokens[tokens.length - 1];
    if (previous !== undefined && joinsName(previous, token, strayAt)) {
      previous.image +=
        file.text.slice(previous.endOffset + 1, token.startOffset).replace(invisibleParts, "") + token.image;
      previous.endOffset = token.endOffset;
      continue;
    }
    readToken(token, line, fullWidth);
    tokens.push(token);
    lastLine = line;
    if (token.endOffset >= (starts[line + 1] ?? Number.POSITIVE_INFINITY)) {
      // a string over several lines
      while (line + 1 < starts.length && (starts[line + 1] as number) <= token.endOffset) line++;
      lastLine = line;
    }
  }
  fullWidth.close();
  for (const token of tokens) {
    if (token.tokenType !== Identifier) continue;
    if (token.image.includes("-")) readDashedName(token);
    const word = wordTokens.get(token.image);
    if (word !== undefined) retag(token, word);
  }
  return tokens;
}

/**
 * Whether a token goes on with the name before it: behind an invisible character (which makes no two names), or
 * behind a `-`, as in `my-words`, which is meant as one name.
 */
function joinsName(previous: Token, token: Token, strayAt: ReadonlyMap<number, Stray>): boolean {
  if (previous.tokenType !== Identifier) return false;
  if (token.startOffset === previous.endOffset + 1)
    return token.tokenType === NumberToken && /^-\d+$/.test(token.image);
  const stray = strayAt.get(previous.endOffset + 1);
  if (token.tokenType !== Identifier || stray?.end !== token.startOffset) return false;
  if (stray.dash) stray.dropped = true;
  return stray.invisible || stray.dash;
}

function readDashedName(token: Token): void {
  const text = token.image;
  token.image = text.replaceAll("-", "_");
  const [start, end] = [token.startOffset, token.endOffset + 1];
  token.problem = problem(
    "name-form",
    start,
    end,
    { text, why: "signs", write: token.image },
    { changes: [{ start, end, text: token.image }] },
  );
}

function readToken(token: Token, line: number, fullWidth: FullWidthLines): void {
  const type = token.tokenType;
  if (type === Identifier || type === Text || type === LongText) {
    if (type === Text) checkEscapes(token, token.image.slice(1, -1));
    return;
  }
  if (type === NumberToken) readNumberToken(token, line, fullWidth);
  else if (type === QuotedText) readQuoted(token);
  else if (type === OpenText || type === OpenLongText) readOpenText(token);
  else if (type === Arrow && token.image !== "->") {
    token.problem = problem("arrow-form", token.startOffset, token.endOffset + 1, {}, replace(token, "->"));
  } else if (type === DotDot && token.image === "…") fullWidth.add(line, token, "..");
  else if (signs.has(type) && type !== Arrow && type !== DotDot && token.image !== type.LABEL) {
    fullWidth.add(line, token, type.LABEL as string);
  }
  if (type === Comma) token.image = ",";
}

function replace(token: Token, text: string): { changes: Problem["changes"]; certain: true } {
  return { changes: [{ start: token.startOffset, end: token.endOffset + 1, text }], certain: true };
}

function readNumberToken(token: Token, line: number, fullWidth: FullWidthLines): void {
  const text = token.image;
  const { read, written, slip, why, certain } = readNumber(text);
  if (read.form === "size") retag(token, SizeToken);
  else if (read.form === "ratio") retag(token, RatioToken);
  token.payload = read;
  const [start, end] = [token.startOffset, token.endOffset + 1];
  if (slip === "size-form")
    token.problem = problem(slip, start, end, { write: written as string }, replace(token, written as string));
  else if (slip === "spaced-value") {
    token.problem = problem(slip, start, end, { text, write: written as string }, replace(token, written as string));
  } else if (slip === "full-width-sign") fullWidth.add(line, token, "%", token.endOffset);
  else if (slip === "number-form") {
    const fix = written === undefined ? {} : { changes: [{ start, end, text: written }], certain: certain === true };
    token.problem = problem(slip, start, end, { text, why: why ?? "infinite", write: written }, fix);
  }
  if (written !== undefined && slip !== "number-form") token.image = written;
}

/** A string with more is no path. */
const MOST_EDITS = 100;

function checkEscapes(token: Token, inner: string): string {
  const { value, badEscapes } = readEscapes(inner);
  const badEscape = badEscapes[0];
  if (badEscape !== undefined) {
    const start = token.startOffset + 1 + badEscape.at;
    token.problem = problem(
      "escape-form",
      start,
      start + badEscape.text.length,
      { text: badEscape.text },
      // every backslash of the string that starts no escape; a path has several
      {
        changes: badEscapes.slice(0, MOST_EDITS).map(({ at }) => ({
          start: token.startOffset + 1 + at,
          end: token.startOffset + 2 + at,
          text: "\\\\",
        })),
      },
    );
  }
  return value;
}

function readQuoted(token: Token): void {
  const single = /^['‘’＇]/.test(token.image);
  const inner = token.image.slice(1, -1);
  const value = single ? readEscapes(inner.replaceAll("\\'", "'")).value : inner;
  const write = printString(value);
  token.problem = problem("quote-form", token.startOffset, token.endOffset + 1, { write }, replace(token, write));
  retag(token, Text);
  token.image = write;
}

function readOpenText(token: Token): void {
  const long = token.tokenType === OpenLongText;
  const mark = long ? '"""' : (token.image[0] as string);
  const inner = token.image.slice(mark.length).trimEnd();
  const close = long ? '"""' : '"';
  const end = token.endOffset + 1;
  const changes = [{ start: end, end, text: close }];
  if (mark !== close) changes.unshift({ start: token.startOffset, end: token.startOffset + 1, text: close });
  token.problem = problem(
    "not-closed",
    token.startOffset,
    token.startOffset + mark.length,
    { text: mark, write: close, ...(inner === "" ? {} : { after: inner.trim().slice(-20) }) },
    { changes, structural: true },
  );
  retag(token, long ? LongText : Text);
  token.payload = long ? inner : readEscapes(inner).value;
}

/** The value of a string token. */
export function stringValue(token: IToken): string {
  if (typeof token.payload === "string") return token.payload;
  return token.tokenType === LongText ? token.image.slice(3, -3) : readEscapes(token.image.slice(1, -1)).value;
}

interface FullWidthLines {
  /** Takes a token of a line for full-width; `text` is what to write. */
  readonly add: (line: number, token: Token, text: string, start?: number) => void;
  readonly close: () => void;
}

/** One message for the full-width signs of a line, whose fix replaces all of them. */
function collectFullWidth(problems: Problem[]): FullWidthLines {
  let lineOfFound = -1;
  let found: { start: number; end: number; sign: string; text: string }[] = [];
  const close = () => {
    const first = found[0];
    if (first === undefined) return;
    const different = found.filter((f, i) => found.findIndex((g) => g.sign === f.sign) === i);
    const facts = { signs: different.map((f) => f.sign), write: different.map((f) => f.text) };
    const changes = found.map(({ start, end, text }) => ({ start, end, text }));
    problems.push(
      problem("full-width-sign", first.start, first.end, facts, { changes, certain: true, also: found.slice(1) }),
    );
    found = [];
  };
  const add: FullWidthLines["add"] = (line, token, text, start = token.startOffset) => {
    if (line !== lineOfFound) close();
    lineOfFound = line;
    found.push({ start, end: token.endOffset + 1, sign: token.image.slice(start - token.startOffset), text });
    if (token.tokenType !== NumberToken) token.image = text;
  };
  return { add, close };
}

function readComments(found: IToken[], problems: Problem[]): LexedComment[] {
  return found.map((token) => {
    const { image, startOffset: start } = token;
    const end = start + image.length;
    if (token.tokenType === ForeignComment) {
      const mark = image.startsWith("#") ? "#" : "--";
      problems.push(
        problem(
          "comment-form",
          start,
          start + mark.length,
          {},
          { changes: [{ start, end: start + mark.length, text: "//" }], certain: true },
        ),
      );
      return { form: "line", text: image.slice(mark.length).trim(), start, end };
    }
    if (token.tokenType === OpenComment) {
      problems.push(
        problem(
          "not-closed",
          start,
          start + 2,
          { text: "/*", write: "*/" },
          { changes: [{ start: end, end, text: " */" }] },
        ),
      );
      return { form: "block", text: image.slice(2).trim(), start, end };
    }
    if (token.tokenType === BlockComment) return { form: "block", text: image.slice(2, -2).trim(), start, end };
    if (token.tokenType === DocComment) return { form: "doc", text: image.slice(3).trim(), start, end };
    return { form: "line", text: image.slice(2).trim(), start, end };
  });
}

interface Stray {
  readonly start: number;
  readonly end: number;
  readonly invisible: boolean;
  readonly dash: boolean;
  /** Said otherwise. */
  dropped: boolean;
}

const invisibleParts = /[\p{Cf}\p{Cc}]+/gu;
const invisible = /^[\p{Cf}\p{Cc}\u2028\u2029]+$/u;

function readStrays(text: string, errors: readonly { offset: number; length: number }[]): Stray[] {
  return errors.map(({ offset: start, length }) => {
    const written = text.slice(start, start + length);
    return { start, end: start + length, invisible: invisible.test(written), dash: written === "-", dropped: false };
  });
}

/** One message a line: what is wrong with a line of garbage is said once. */
function strayProblems(file: SourceFile, strays: readonly Stray[]): Problem[] {
  const starts = lineStarts(file);
  const problems: Problem[] = [];
  let line = 0;
  let lineOfLast = -1;
  let same: Stray[] = [];
  const say = () => {
    const first = same[0];
    if (first === undefined) return;
    const alike = same.filter(
      (s) =>
        s.invisible === first.invisible && file.text.slice(s.start, s.end) === file.text.slice(first.start, first.end),
    );
    const written = file.text.slice(first.start, first.end);
    const certain = first.invisible || /^[;；]+$/.test(written);
    problems.push(
      problem(
        "stray-character",
        first.start,
        first.end,
        { text: written },
        {
          // without a sign that means something elsewhere, like `+`, the rest is not right yet
          ...(certain || !/[-+*<>&|/~^%!]/.test(written)
            ? { changes: (certain ? alike : [first]).map((s) => ({ start: s.start, end: s.end, text: "" })) }
            : {}),
          certain,
          also: certain ? alike.slice(1) : [],
        },
      ),
    );
  };
  for (const stray of strays) {
    if (stray.dropped) continue;
    while (line + 1 < starts.length && (starts[line + 1] as number) <= stray.start) line++;
    if (line !== lineOfLast) {
      say();
      same = [];
    }
    lineOfLast = line;
    same.push(stray);
  }
  say();
  return problems;
}
