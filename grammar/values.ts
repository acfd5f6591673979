/**
 * Signs within brackets: properties, arguments, lists and the axes of a type. Goes through the tokens once, keeping
 * for each open bracket what it holds and what comes next.
 */
import { createTokenInstance, type TokenType } from "chevrotain";
import { retag } from "./lex.ts";
import { type Problem, problem } from "./problem.ts";
import { missingSign, saidTwice, wrongSign } from "./repair.ts";
import { isLiteral, startsValue } from "./scan.ts";
import {
  Arrow,
  CloseParen,
  Colon,
  Comma,
  closerOf,
  closers,
  Dot,
  DotDot,
  Equals,
  Identifier,
  isName,
  isStatementWord,
  NumberToken,
  OpenBrace,
  OpenBracket,
  OpenParen,
  Question,
  SizeToken,
  type Token,
} from "./tokens.ts";

interface Frame {
  readonly holds: "properties" | "arguments" | "list" | "axes";
  next: "key" | "value" | "after";
}

const joins: ReadonlySet<TokenType> = new Set([Arrow, Dot, DotDot, Colon, Comma]);

const kindWords: ReadonlySet<string> = new Set(["modality", "target", "encoder", "fusion", "head"]);

/** The tokens with the signs inside brackets put right. */
export function repairValues(tokens: readonly Token[], problems: Problem[]): Token[] {
  const out: Token[] = [];
  const frames: Frame[] = [];
  // a type stands behind the `:` of a declaration or definition
  let mayBeKind = tokens[2]?.tokenType === Colon && kindWords.has(tokens[0]?.tokenType.name ?? "");
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as Token;
    const frame = frames[frames.length - 1];
    if (frame === undefined) mayBeKind &&= token.tokenType !== Equals;
    else {
      const joined = joinThousands(tokens, i, frame, problems) ?? joinSize(tokens, i, frame, problems);
      if (joined !== undefined) {
        out.push(joined.token);
        i = joined.last;
        frame.next = "after";
        continue;
      }
      const taken = readInside(frame, tokens, i, out, problems);
      if (taken === skip) continue;
      if (taken > 0) {
        i += taken - 1;
        continue;
      }
    }
    out.push(token);
    if (closerOf.has(token.tokenType))
      frames.push(openFrame(token, out[out.length - 2], frames.length === 0 && mayBeKind));
    else if (closers.has(token.tokenType)) {
      frames.pop();
      const outer = frames[frames.length - 1];
      if (outer !== undefined) outer.next = "after";
    }
  }
  return out;
}

function openFrame(token: Token, before: Token | undefined, mayBeKind: boolean): Frame {
  if (token.tokenType === OpenBrace) return { holds: "properties", next: "key" };
  if (token.tokenType === OpenParen) return { holds: "arguments", next: "value" };
  return { holds: mayBeKind && isName(before) ? "axes" : "list", next: "value" };
}

/** What `readInside` returns for a token that is left out. */
const skip = -1;

/** Reads what begins at `i`; how many tokens it put out itself, 0 if the token is still to be put out. */
function readInside(frame: Frame, tokens: readonly Token[], i: number, out: Token[], problems: Problem[]): number {
  const token = tokens[i] as Token;
  const type = token.tokenType;
  if (closerOf.has(type) || closers.has(type)) {
    if (type === OpenBracket && frame.next === "after" && frame.holds !== "properties")
      insertComma(token, out, problems);
    return 0;
  }
  if (frame.next === "after") {
    if (joins.has(type) || type === Equals) {
      frame.next = type === Comma && frame.holds === "properties" ? "key" : "value";
      return frame.holds === "axes" && type === Colon ? replaceColon(out, token, tokens[i + 1], problems) : 0;
    }
    const named = isName(token) || isStatementWord(token);
    const before = out[out.length - 1];
    if (frame.holds === "properties") {
      if (!named) return 0;
      if (!isSign(tokens[i + 1]) && saidTwice(before, token, tokens[i + 1], problems)) return skip;
      frame.next = "key";
    } else {
      const begins = startsValue(token) || (isStatementWord(token) && isSign(tokens[i + 1]));
      if (!begins || type === Question) return 0;
      if (saidTwice(before, token, tokens[i + 1], problems)) return skip;
      if (!closesEarly(token, out, problems)) insertComma(token, out, problems);
      frame.next = "value";
    }
  }
  if (frame.next === "key") return readKey(frame, tokens, i, out, problems);
  return frame.holds === "arguments" ? readArgument(frame, tokens, i, out, problems) : readPlain(frame, token);
}

function readPlain(frame: Frame, token: Token): number {
  frame.next = joins.has(token.tokenType) ? "value" : "after";
  return 0;
}

function isSign(token: Token | undefined): boolean {
  return token?.tokenType === Colon || token?.tokenType === Equals;
}

/** `only()sheet`: the bracket closes before its argument. */
function closesEarly(token: Token, out: Token[], problems: Problem[]): boolean {
  const close = out[out.length - 1];
  if (close?.tokenType !== CloseParen || out[out.length - 2]?.tokenType !== OpenParen) return false;
  if (close.virtual === true || token.startOffset !== close.endOffset + 1) return false;
  const [start, end] = [token.startOffset, token.endOffset + 1];
  problems.push(
    problem(
      "unexpected-text",
      start,
      end,
      { text: token.image, expected: ["`,`", "`)`"] },
      {
        changes: [
          { start: close.startOffset, end: close.endOffset + 1, text: "" },
          { start: end, end, text: ")" },
        ],
      },
    ),
  );
  // the comma only keeps the rest readable
  insertComma(token, out, []);
  return true;
}

function insertComma(token: Token, out: Token[], problems: Problem[]): void {
  const before = out[out.length - 1];
  if (before !== undefined) out.push(missingSign(before, token, Comma, problems));
}

/** `[time:626]`: an axis takes `=`. */
function replaceColon(out: Token[], colon: Token, after: Token | undefined, problems: Problem[]): number {
  const axis = out[out.length - 1] as Token;
  out.push(wrongSign(axis, axis, colon, after, Equals, problems, true));
  return 1;
}

/** `key: value`, `key = value`, `key value`. */
function readKey(frame: Frame, tokens: readonly Token[], i: number, out: Token[], problems: Problem[]): number {
  const key = tokens[i] as Token;
  const next = tokens[i + 1];
  if (!isName(key) && !isStatementWord(key)) return 0;
  frame.next = "value";
  if (isSign(tokens[i + 2]) && next !== undefined && saidTwice(key, next, tokens[i + 2], problems)) {
    frame.next = "key";
    // read from the second on
    return skip;
  }
  if (next?.tokenType === Equals) {
    out.push(key, wrongSign(key, key, next, tokens[i + 2], Colon, problems));
    return 2;
  }
  if (next?.tokenType === Colon) {
    out.push(key, next);
    return 2;
  }
  if (startsValue(next) && !isSign(tokens[i + 2])) {
    out.push(key, missingSign(key, next as Token, Colon, problems));
    return 1;
  }
  frame.next = "after";
  return 0;
}

/** `value`, `key: value`, `key = value`, `key 8`. */
function readArgument(frame: Frame, tokens: readonly Token[], i: number, out: Token[], problems: Problem[]): number {
  const token = tokens[i] as Token;
  const next = tokens[i + 1];
  const before = out[out.length - 1]?.tokenType;
  const first = before === OpenParen || before === Comma;
  const word = isStatementWord(token);
  if (!first || !(isName(token) || word)) return readPlain(frame, token);
  if (next?.tokenType === Equals) {
    out.push(token, wrongSign(token, token, next, tokens[i + 2], Colon, problems));
    frame.next = "value";
    return 2;
  }
  if (isLiteral(next) || (word && startsValue(next) && !isSign(tokens[i + 2]))) {
    out.push(token, missingSign(token, next as Token, Colon, problems));
    frame.next = "value";
    return 1;
  }
  frame.next = "after";
  return 0;
}

interface Joined {
  readonly token: Token;
  /** Of the tokens it stands for. */
  readonly last: number;
}

/**
 * `10,000` where a comma cannot separate two values: in a property, and in brackets where the second number begins
 * with 0. There it is one number with a sign for thousands.
 */
function joinThousands(tokens: readonly Token[], i: number, frame: Frame, problems: Problem[]): Joined | undefined {
  const first = tokens[i] as Token;
  if (first.tokenType !== NumberToken || frame.next === "key" || !/^-?\d{1,3}$/.test(first.image)) return undefined;
  let last = i;
  let text = first.image;
  for (;;) {
    const comma = tokens[last + 1];
    const group = tokens[last + 2];
    const end = tokens[last]?.endOffset as number;
    if (comma?.tokenType !== Comma || group?.tokenType !== NumberToken) break;
    if (comma.startOffset !== end + 1 || group.startOffset !== end + 2 || !/^\d{3}(?!\d)/.test(group.image)) break;
    if (frame.holds !== "properties" && !group.image.startsWith("0")) break;
    text += `_${group.image}`;
    last += 2;
  }
  if (last === i) return undefined;
  const end = (tokens[last]?.endOffset as number) + 1;
  const written = text.replaceAll("_", ",");
  problems.push(
    problem(
      "number-form",
      first.startOffset,
      end,
      { text: written, why: "thousands", write: text },
      {
        changes: [{ start: first.startOffset, end, text }],
      },
    ),
  );
  return { token: made(NumberToken, text, first, end), last };
}

/** `(3, 3)` where a value is meant: a size. (`[3, 3]` is a list; whether a size is meant there, the checker knows.) */
function joinSize(tokens: readonly Token[], i: number, frame: Frame, problems: Problem[]): Joined | undefined {
  const first = tokens[i] as Token;
  if (first.tokenType !== OpenParen || frame.next !== "value") return undefined;
  const numbers: string[] = [];
  let last = i;
  do {
    const number = tokens[last + 1];
    if (number?.tokenType !== NumberToken || !/^\d+$/.test(number.image)) return undefined;
    numbers.push(number.image);
    last += 2;
  } while (tokens[last]?.tokenType === Comma);
  const close = tokens[last];
  if (numbers.length < 2 || close?.tokenType !== CloseParen || close.virtual === true) return undefined;
  const write = numbers.join("x");
  const end = close.endOffset + 1;
  problems.push(
    problem(
      "size-form",
      first.startOffset,
      end,
      { write },
      { changes: [{ start: first.startOffset, end, text: write }], certain: true },
    ),
  );
  return { token: made(SizeToken, write, first, end), last };
}

function made(type: TokenType, image: string, first: Token, end: number): Token {
  const token = createTokenInstance(
    Identifier,
    image,
    first.startOffset,
    end - 1,
    Number.NaN,
    Number.NaN,
    Number.NaN,
    Number.NaN,
  );
  retag(token, type);
  (token as Token).first = first.first;
  return token as Token;
}
