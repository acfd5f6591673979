/**
 * Tokens to statements: where each begins and ends, which models they belong to, and brackets put in order. A
 * statement word that is followed as a statement needs begins a statement whatever is still open, so what is half
 * typed never swallows its neighbours. Knows nothing of what stands inside a statement.
 */
import { createTokenInstance, type TokenType } from "chevrotain";
import type { FactsOf } from "../diagnostics/catalogue.ts";
import { type Problem, problem } from "./problem.ts";
import {
  Arrow,
  CloseBrace,
  CloseBracket,
  CloseParen,
  Colon,
  closerOf,
  closers,
  Equals,
  isName,
  isScalar,
  isStatementWord,
  OpenBrace,
  OpenBracket,
  OpenParen,
  Question,
  Text,
  type Token,
  wordToken,
} from "./tokens.ts";

export const MOST_BRACKETS = 100;

/** The tokens of one statement, brackets balanced. */
export interface StatementText {
  tokens: Token[];
  readonly problems: Problem[];
  /** What stands behind it in the file. */
  readonly after: Token | undefined;
}

export interface ModelText {
  /** Up to `{`, included if it is there. */
  readonly head: StatementText;
  readonly statements: StatementText[];
  readonly problems: Problem[];
  readonly end: number;
}

export interface Outline {
  readonly statements: readonly StatementText[];
  readonly models: readonly ModelText[];
  /** Brackets that close nothing between the statements of the file. */
  readonly problems: readonly Problem[];
  /** More brackets in each other than the parser goes along with. */
  readonly tooDeep: boolean;
}

const model = wordToken("model");
const shared = wordToken("shared");
const block = wordToken("block");
const use = wordToken("use");
const from = wordToken("from");
const over = wordToken("over");
const sections: ReadonlySet<TokenType> = new Set(["data", "train", "evaluate", "budget"].map(wordToken));
const onlyInModels: ReadonlySet<TokenType> = new Set([
  ...sections,
  ...["let", "modality", "target", "encoder", "fusion", "head"].map(wordToken),
]);

/** Whether the word at `i` is followed by what its statement needs next. */
function isFollowedWell(tokens: readonly Token[], i: number): boolean {
  const type = tokens[i]?.tokenType as TokenType;
  const next = tokens[i + 1];
  if (sections.has(type)) return next?.tokenType === OpenBrace;
  if (type === use) return next?.tokenType === Text;
  if (type === shared) return next?.tokenType === block;
  if (type === model && next?.tokenType === OpenBrace) return true;
  return isName(next);
}

/** Whether a value can end with this token. */
export function endsValue(token: Token | undefined): boolean {
  if (token === undefined) return false;
  const type = token.tokenType;
  return isName(token) || isScalar(token) || type === CloseParen || type === CloseBracket || type === CloseBrace || type === Question || type.name === "true" || type.name === "false";
}

export function outline(tokens: readonly Token[], placeOf: (offset: number) => string): Outline {
  return new Scanner(tokens, placeOf).file();
}

interface Open {
  readonly token: Token;
  readonly closer: TokenType;
}

class Scanner {
  private readonly tokens: readonly Token[];
  private readonly placeOf: (offset: number) => string;
  private tooDeep = false;

  constructor(tokens: readonly Token[], placeOf: (offset: number) => string) {
    this.tokens = tokens;
    this.placeOf = placeOf;
  }

  file(): Outline {
    const statements: StatementText[] = [];
    const models: ModelText[] = [];
    const problems: Problem[] = [];
    let i = 0;
    while (i < this.tokens.length && !this.tooDeep) {
      if (closers.has(this.type(i) as TokenType)) problems.push(extraBracket(this.tokens[i++] as Token));
      else if (this.isModelHead(i)) {
        const { model, next } = this.model(i);
        models.push(model);
        i = next;
      } else {
        const { statement, next } = this.statement(i, undefined, false);
        statements.push(statement);
        i = next;
      }
    }
    return { statements, models, problems, tooDeep: this.tooDeep };
  }

  private type(i: number): TokenType | undefined {
    return this.tokens[i]?.tokenType;
  }

  /** `model`, or another word where only `model` fits: `modle A {`, `A from B {`. */
  private isModelHead(i: number): boolean {
    if (this.type(i) === model) return true;
    if (!isName(this.tokens[i])) return false;
    let j = i + 1;
    if (isName(this.tokens[j]) && this.type(j) !== from) j++;
    const based = this.type(j) === from && isName(this.tokens[j + 1]);
    if (based) j += 2;
    if (this.type(j) !== OpenBrace) return false;
    const inside = j + 1;
    return based || this.type(inside) === CloseBrace || (isStatementWord(this.tokens[inside]) && this.type(inside + 1) !== Colon);
  }

  private model(i: number): { model: ModelText; next: number } {
    const first = this.modelBody(i, false);
    // not closed: the last statement may have taken the model's bracket; what the layout says is then better
    if (!first.closed && !this.tooDeep) {
      const second = this.modelBody(i, true);
      if (second.closed) return second;
    }
    return first;
  }

  private modelBody(start: number, byLayout: boolean): { model: ModelText; next: number; closed: boolean } {
    const { head, next } = this.modelHead(start);
    const problems: Problem[] = [];
    const statements: StatementText[] = [];
    let i = next;
    let closed = false;
    while (i < this.tokens.length && !this.tooDeep) {
      const token = this.tokens[i] as Token;
      if (token.tokenType === model) break;
      if (closers.has(token.tokenType)) {
        i++;
        if (token.tokenType === CloseBrace && this.closesModel(i - 1)) {
          closed = true;
          break;
        }
        problems.push(extraBracket(token));
        continue;
      }
      const scanned = this.statement(i, head.tokens[0], byLayout);
      statements.push(scanned.statement);
      i = scanned.next;
    }
    const last = this.tokens[i - 1] as Token;
    const open = head.tokens[head.tokens.length - 1];
    if (!closed && open?.tokenType === OpenBrace) {
      const end = last.endOffset + 1;
      problems.push(
        problem("not-closed", open.startOffset, open.endOffset + 1, { text: "{", write: "}", after: last.image }, {
          changes: [{ start: end, end, text: "\n}" }],
          structural: true,
        }),
      );
    }
    return { model: { head, statements, problems, end: last.endOffset + 1 }, next: i, closed };
  }

  private modelHead(start: number): { head: StatementText; next: number } {
    const tokens = [this.tokens[start] as Token];
    let i = start + 1;
    for (; i < this.tokens.length; i++) {
      const token = this.tokens[i] as Token;
      if (closers.has(token.tokenType) || (isStatementWord(token) && (i > start + 1 || isFollowedWell(this.tokens, i)))) break;
      tokens.push(token);
      if (token.tokenType === OpenBrace) {
        i++;
        break;
      }
    }
    return { head: { tokens, problems: [], after: this.tokens[i] }, next: i };
  }

  /**
   * Whether the `}` at `i` ends the model. It does not where statements of a model, or one more `}`, still come
   * before the next model: then it is one too many.
   */
  private closesModel(i: number): boolean {
    let depth = 0;
    for (let j = i + 1; j < this.tokens.length; j++) {
      const type = this.type(j) as TokenType;
      if (type === OpenBrace) depth++;
      else if (type === CloseBrace && depth-- === 0) return false;
      if (depth > 0) continue;
      if (type === model || (type === use && isFollowedWell(this.tokens, j))) return true;
      if (isName(this.tokens[j]) && !isName(this.tokens[j - 1]) && this.isModelHead(j)) return true;
      if (onlyInModels.has(type) && isFollowedWell(this.tokens, j)) return false;
    }
    return true;
  }

  /** Whether a new statement begins at `i`, inside the one that began at `start` with so much still open. */
  private beginsStatement(i: number, start: number, open: number): boolean {
    const token = this.tokens[i] as Token;
    if (!isStatementWord(token)) return false;
    if (token.tokenType === block && this.type(i - 1) === shared) return false;
    const next = this.type(i + 1);
    const asName = i === start + 1;
    if (next === Colon || next === Equals) return open === 0 && !asName;
    if (isFollowedWell(this.tokens, i)) return true;
    if (open > 0) return token.first && endsValue(this.tokens[i - 1]);
    return !asName || token.first;
  }

  /** Whether an unknown word at `i` looks like the start of a statement: `trian { … }`, `input a: text`. */
  private beginsUnknown(i: number, start: number, done: boolean, inModel: boolean): boolean {
    const token = this.tokens[i] as Token;
    if (!isName(token)) return false;
    if (done) return true;
    if (i <= start + 1 || !endsValue(this.tokens[i - 1]) || this.type(i) === from || this.type(i) === over || token.tokenType.name === "in") return false;
    const next = this.tokens[i + 1];
    if (isName(next)) {
      const then = this.type(i + 2);
      return then === Colon || then === Equals || then === OpenBrace || then === from || then === over || this.type(i + 1) === from;
    }
    return token.first && (next?.tokenType === OpenBrace || (!inModel && next?.tokenType === Text));
  }

  private statement(start: number, head: Token | undefined, byLayout: boolean): { statement: StatementText; next: number } {
    const out: Token[] = [];
    const problems: Problem[] = [];
    const open: Open[] = [];
    let done = false;
    let i = start;
    for (; i < this.tokens.length; i++) {
      const token = this.tokens[i] as Token;
      const type = token.tokenType;
      if (i > start) {
        if (this.beginsStatement(i, start, open.length)) break;
        if (open.length === 0 && this.beginsUnknown(i, start, done, head !== undefined)) break;
      }
      if (type === OpenBrace) this.closeBeforeBrace(open, out, problems);
      if (type === Colon) this.closeBeforeKey(open, out, problems, i);
      const closer = closerOf.get(type);
      if (closer !== undefined) {
        open.push({ token, closer });
        if (open.length > MOST_BRACKETS) {
          this.tooDeep = true;
          break;
        }
        out.push(token);
        continue;
      }
      if (!closers.has(type)) {
        out.push(token);
        continue;
      }
      if (byLayout && head !== undefined && this.isLaidOutAsEnd(token, head, this.tokens[start] as Token)) break;
      if (open[open.length - 1]?.closer === type) {
        open.pop();
        out.push(token);
        done ||= open.length === 0 && type === CloseBrace;
        continue;
      }
      if (type === CloseBrace && !open.some((o) => o.closer === type)) {
        // the model's own bracket, or one too many
        if (head === undefined || !this.closesModel(i)) problems.push(extraBracket(token));
        else break;
        continue;
      }
      i += this.mismatch(open, out, problems, i) - 1;
      if (open.length === 0 && type === CloseBrace) done = true;
    }
    this.closeAll(open, out, problems);
    return { statement: { tokens: out, problems, after: this.tokens[i] }, next: Math.max(i, start + 1) };
  }

  /** `}` alone on its line, no deeper than the model's word, ends the model and not a statement that is set deeper. */
  private isLaidOutAsEnd(token: Token, head: Token, statement: Token): boolean {
    return token.tokenType === CloseBrace && token.first && statement.first && column(token) <= column(head) && column(statement) > column(head);
  }

  /** `{` never stands in `( )` or `[ ]`: what is open there is closed before it. */
  private closeBeforeBrace(open: Open[], out: Token[], problems: Problem[]): void {
    if (open.length > 0 && open.every((o) => o.closer !== CloseBrace)) this.closeAll(open, out, problems);
  }

  /** `key :` never stands in `[ ]`, and a line that begins with one behind a finished argument leaves the `( )` of a property. */
  private closeBeforeKey(open: Open[], out: Token[], problems: Problem[], colon: number): void {
    const key = out[out.length - 1];
    const before = out[out.length - 2];
    const top = open[open.length - 1];
    if (top === undefined || key === undefined || !(isName(key) || isStatementWord(key))) return;
    if (!open.some((o) => o.closer === CloseBrace) && top.closer !== CloseBracket) return;
    const inList = top.closer === CloseBracket && open.length > 1;
    const leaves = top.closer === CloseParen && key.first && endsValue(before) && !this.isClosedLater(colon, CloseParen);
    if (!inList && !leaves) return;
    out.pop();
    const unclosed: Open[] = [];
    while (open.length > 0) {
      const last = open[open.length - 1] as Open;
      if (last.closer === CloseBrace || (inList && last.closer === CloseParen)) break;
      unclosed.push(open.pop() as Open);
    }
    this.insertClosers(unclosed, out, problems);
    out.push(key);
  }

  /** Whether what is open at `i` is closed by `closer` before the next statement. */
  private isClosedLater(i: number, closer: TokenType): boolean {
    let depth = 0;
    for (let j = i + 1; j < Math.min(this.tokens.length, i + 300); j++) {
      const type = this.type(j) as TokenType;
      if (isStatementWord(this.tokens[j]) && isFollowedWell(this.tokens, j)) return false;
      if (closerOf.has(type)) depth++;
      else if (closers.has(type) && depth-- === 0) return type === closer;
    }
    return false;
  }

  /** A closer that does not fit what is open; returns how many tokens it took. */
  private mismatch(open: Open[], out: Token[], problems: Problem[], i: number): number {
    const token = this.tokens[i] as Token;
    const top = open[open.length - 1];
    if (top === undefined) {
      problems.push(extraBracket(token));
      return 1;
    }
    const deeper = open.some((o) => o.closer === token.tokenType);
    if (!deeper) {
      if (this.isClosedLater(i, top.closer)) problems.push(extraBracket(token));
      else {
        open.pop();
        problems.push(this.closedBy(top, token, [{ start: token.startOffset, end: token.endOffset + 1, text: label(top.closer) }]));
        out.push(virtual(top.closer, token.startOffset, token.endOffset));
      }
      return 1;
    }
    if (open[open.length - 2]?.closer === token.tokenType && this.type(i + 1) === top.closer) {
      // `f(a, [b)]`: the two closers changed places
      const next = this.tokens[i + 1] as Token;
      const changes = [
        { start: token.startOffset, end: token.endOffset + 1, text: label(top.closer) },
        { start: next.startOffset, end: next.endOffset + 1, text: label(token.tokenType) },
      ];
      problems.push(this.closedBy(top, token, changes));
      open.length -= 2;
      out.push(virtual(top.closer, token.startOffset, token.endOffset), virtual(token.tokenType, next.startOffset, next.endOffset));
      return 2;
    }
    const unclosed: Open[] = [];
    while (open.length > 0 && open[open.length - 1]?.closer !== token.tokenType) unclosed.push(open.pop() as Open);
    this.insertClosers(unclosed, out, problems, token);
    open.pop();
    out.push(token);
    return 1;
  }

  private closedBy(opened: Open, by: Token, changes: Problem["changes"]): Problem {
    const facts: FactsOf<"not-closed"> = {
      text: opened.token.image,
      closedBy: { text: by.image, place: this.placeOf(by.startOffset) },
      write: label(opened.closer),
    };
    return problem("not-closed", opened.token.startOffset, opened.token.endOffset + 1, facts, { changes, structural: true });
  }

  /** Closes what is open behind the last token; one message, at the innermost. */
  private insertClosers(unclosed: readonly Open[], out: Token[], problems: Problem[], by?: Token): void {
    const inner = unclosed[0];
    const last = out[out.length - 1];
    if (inner === undefined || last === undefined) return;
    const end = last.endOffset + 1;
    const write = unclosed.map((o) => label(o.closer)).join("");
    const facts: FactsOf<"not-closed"> = {
      text: inner.token.image,
      ...(by === undefined ? {} : { closedBy: { text: by.image, place: this.placeOf(by.startOffset) } }),
      write,
      after: last.image,
    };
    const certain = by === undefined && !unclosed.some((o) => o.closer === CloseBrace);
    const changes = [{ start: end, end, text: write }];
    problems.push(problem("not-closed", inner.token.startOffset, inner.token.endOffset + 1, facts, { changes, certain, structural: true }));
    for (const o of unclosed) out.push(virtual(o.closer, end, end - 1));
  }

  private closeAll(open: Open[], out: Token[], problems: Problem[]): void {
    if (open.length > 0) this.insertClosers(open.splice(0).reverse(), out, problems);
  }
}

function column(token: Token): number {
  return token.startColumn ?? 0;
}

function label(type: TokenType): string {
  return type.LABEL as string;
}

/** A sign that is not written; `end` is its last offset, one before `start` where it has no width. */
export function virtual(type: TokenType, start: number, end: number): Token {
  const token = createTokenInstance(type, label(type), start, end, Number.NaN, Number.NaN, Number.NaN, Number.NaN) as Token;
  token.virtual = true;
  token.first = false;
  return token;
}

function extraBracket(token: Token): Problem {
  const [start, end] = [token.startOffset, token.endOffset + 1];
  return problem("extra-bracket", start, end, { text: token.image }, {
    changes: [{ start, end, text: "" }],
    certain: true,
    structural: true,
  });
}

/** Opening signs that a value may follow directly. */
export const openers: ReadonlySet<TokenType> = new Set([OpenParen, OpenBracket, OpenBrace, Arrow, Equals, Colon]);
