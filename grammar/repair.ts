/**
 * Repairs of single signs: each says its problem, with the fix, and gives the token that is meant.
 */
import { createTokenInstance, type TokenType } from "chevrotain";
import { type Problem, problem } from "./problem.ts";
import { Arrow, Equals, type Token } from "./tokens.ts";

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

export function extraBracket(token: Token): Problem {
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
