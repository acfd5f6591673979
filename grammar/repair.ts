/**
 * Repairs of single signs: each says its problem, with the fix, and gives the token that is meant.
 */
import { createTokenInstance, type TokenType } from "chevrotain";
import { type Problem, problem } from "./problem.ts";
import { Arrow, CloseBrace, Colon, closers, Equals, isName, OpenParen, type Token } from "./tokens.ts";

export function label(type: TokenType): string {
  return type.LABEL as string;
}

/** A sign that is not written; `end` is its last offset, one before `start` where it has no width. */
export function virtual(type: TokenType, start: number, end: number): Token {
  const token = createTokenInstance(
    type,
    label(type),
    start,
    end,
    Number.NaN,
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ) as Token;
  token.virtual = true;
  token.first = false;
  return token;
}

/** @param before the token before it: behind a closing bracket it is one too many, else an earlier one may be */
export function extraBracket(token: Token, before?: Token): Problem {
  const [start, end] = [token.startOffset, token.endOffset + 1];
  return problem(
    "extra-bracket",
    start,
    end,
    { text: token.image },
    {
      changes: [{ start, end, text: "" }],
      certain: true,
      structural: true,
      doubtful: before !== undefined && token.tokenType !== CloseBrace && !closers.has(before.tokenType),
    },
  );
}

/** Says that the sign between two tokens stands for another, and replaces it; `tight`: without spaces around it. */
export function wrongSign(
  name: Token,
  before: Token,
  sign: Token,
  after: Token | undefined,
  right: TokenType,
  problems: Problem[],
  tight = false,
): Token {
  const text = right.LABEL as string;
  const end = sign.endOffset + 1;
  // the space around it changes with the sign: `size = 3` becomes `size: 3`; a comment between is left alone
  const start = sign.startOffset - before.endOffset <= 3 && !sign.first ? before.endOffset + 1 : sign.startOffset;
  const written = tight ? text : `${right === Equals ? " " : ""}${text}${after?.startOffset === end ? " " : ""}`;
  problems.push(
    problem(
      "colon-or-equals",
      sign.startOffset,
      end,
      { name: name.image, takes: text, not: sign.image },
      {
        changes: [{ start, end, text: written }],
        certain: true,
        structural: true,
      },
    ),
  );
  return virtual(right, sign.startOffset, sign.endOffset);
}

/** Says that a sign is missing between two tokens, and makes it. */
export function missingSign(before: Token, after: Token, sign: TokenType, problems: Problem[]): Token {
  const start = before.endOffset + 1;
  const text = sign.LABEL as string;
  const spaced = sign === Equals || sign === Arrow ? ` ${text}` : text;
  const gap = after.first ? start : Math.max(start, after.startOffset);
  const change = { start, end: start, text: gap === start && !after.first ? `${spaced} ` : spaced };
  problems.push(
    problem(
      "missing-sign",
      start,
      gap,
      { sign: text, before: before.image, after: after.image },
      {
        changes: [change],
        certain: true,
        structural: true,
      },
    ),
  );
  return virtual(sign, start, start - 1);
}

/** `dense dense(64)`, `bands bands: 40`: a word twice, side by side. Says so and is true; the second is then left out. */
export function saidTwice(
  before: Token | undefined,
  token: Token,
  after: Token | undefined,
  problems: Problem[],
): boolean {
  if (before === undefined || before.virtual === true || !isName(before) || !isName(token)) return false;
  if (before.image !== token.image) return false;
  const type = after?.tokenType;
  problems.push(
    problem(
      "given-twice",
      token.startOffset,
      token.endOffset + 1,
      { text: token.image },
      {
        changes: [{ start: before.endOffset + 1, end: token.endOffset + 1, text: "" }],
        // elsewhere a sign between two equal values could be what is missing
        certain: type === OpenParen || type === Colon || type === Equals,
        also: [{ start: before.startOffset, end: before.endOffset + 1 }],
        structural: true,
      },
    ),
  );
  return true;
}
