/**
 * From tokens and comments to the formatter's tree. Expects a text without errors of syntax; decides which comment belongs
 * to what, by the line it stands on, and lays out nothing.
 */
import type { TokenType } from "chevrotain";
import type { SourceFile } from "../../diagnostics/span.ts";
import { displayWidth } from "../../diagnostics/width.ts";
import { type LexedComment, lex } from "../lex.ts";
import {
  Arrow,
  CloseBrace,
  CloseBracket,
  CloseParen,
  Colon,
  Comma,
  Dot,
  DotDot,
  Equals,
  OpenBrace,
  OpenBracket,
  OpenParen,
  Question,
  type Token,
} from "../tokens.ts";
import type { Body, Chain, Group, Item, Link, Note, Piece, Statement, Word } from "./tree.ts";

/** Most words have no comments before them. */
const none: Note[] = [];

/** The statements of a file. @throws Error if the tokens are no spec, which the parser would have said. */
export function readTree(file: SourceFile): Body {
  const { tokens, comments } = lex(file);
  return createReader(file.text, tokens, comments).file();
}

// ---------------------------------------------------------------- tokens with their comments

/** Takes the words of a text one by one; behind the last stands an empty one that has the comments at the end. */
function createWords(text: string, tokens: readonly Token[], comments: readonly LexedComment[]): () => Word {
  let end = 0;
  let at = 0;
  let next = 0;
  return () => {
    const token = tokens[at++];
    const start = token?.startOffset ?? text.length;
    let notes = none;
    for (let comment = comments[next]; comment !== undefined && comment.start < start; comment = comments[++next]) {
      const space = text.slice(end, comment.start);
      const own = end === 0 || hasBreak(space);
      const until = Math.min(comments[next + 1]?.start ?? start, start);
      const body = text.slice(comment.start, comment.end).trimEnd();
      if (notes === none) notes = [];
      notes.push({
        text: body,
        width: displayWidth(firstLine(body)),
        own,
        ends: comment.form !== "block" || until === text.length || hasBreak(text.slice(comment.end, until)),
        blank: end > 0 && hasBlank(space),
        gap: own ? 0 : displayWidth(space),
      });
      end = comment.end;
    }
    const space = text.slice(end, start);
    const first = end === 0 || hasBreak(space) || notes.some((note) => note.own || note.ends);
    const blank = end > 0 && hasBlank(space);
    if (token !== undefined) end = token.endOffset + 1;
    const written = token === undefined ? "" : writtenOf(token, text);
    const isPlain = !first && notes === none;
    return (isPlain ? plainSigns.get(written) : undefined) ?? newWord(written, notes, first, blank);
  };
}

function newWord(written: string, notes: readonly Note[], first: boolean, blank: boolean): Word {
  if (!/[\r\n]/.test(written)) {
    return { text: written, width: displayWidth(written), lastWidth: undefined, notes, first, blank, size: undefined };
  }
  const width = displayWidth(firstLine(written));
  const lastWidth = displayWidth(written.slice(Math.max(written.lastIndexOf("\n"), written.lastIndexOf("\r")) + 1));
  return { text: written, width, lastWidth, notes, first, blank, size: undefined };
}

/** Half of a spec are signs, most of them in the middle of a line and all alike. */
const plainSigns: ReadonlyMap<string, Word> = new Map(
  [":", ",", "->", ".", "..", "?", "=", "(", ")", "[", "]", "{", "}"].map((sign) => [
    sign,
    newWord(sign, none, false, false),
  ]),
);

/** As it stands in the text: the same as what the lexer read, but for slips. */
function writtenOf({ image, startOffset, endOffset }: Token, text: string): string {
  return image.length === endOffset + 1 - startOffset ? image : text.slice(startOffset, endOffset + 1);
}

const firstLine = (text: string): string => text.split(/[\r\n]/, 1)[0] as string;
const hasBreak = (space: string): boolean => space !== "" && space !== " " && /[\r\n]/.test(space);
const hasBlank = (space: string): boolean => space.length > 1 && /(?:\r\n|\r(?!\n)|\n)[^\S\r\n]*(?:\r|\n)/.test(space);

// ---------------------------------------------------------------- comments between two things

interface Between {
  /** They end the line of what stands before. */
  readonly trail: readonly Note[];
  /** They have lines of their own. */
  readonly lead: readonly Note[];
  /** They stand on the line of what follows. */
  readonly inline: readonly Note[];
}

const nothingBetween: Between = { trail: none, lead: none, inline: none };

/** Whose the comments before a word are: of what stands before it, of nobody, or its own. */
function share(notes: readonly Note[]): Between {
  if (notes.length === 0) return nothingBetween;
  const ends = notes.findIndex((note) => note.ends);
  const own = notes.findIndex((note) => note.own);
  const trails = ends < 0 || (own >= 0 && own <= ends) ? 0 : ends + 1;
  const last = notes[notes.length - 1];
  // `/* of what follows */ encoder a = …`, also behind comments with lines of their own
  const inline = last === undefined || last.ends ? notes.length : notes.length - tailOf(notes);
  const from = Math.max(trails, inline);
  // the word knows that a line begins with it
  const inlined = notes.slice(from).map((note) => ({ ...note, own: false }));
  return { trail: notes.slice(0, trails), lead: notes.slice(trails, from), inline: inlined };
}

/** How many of the last comments stand on the line of what follows. */
function tailOf(notes: readonly Note[]): number {
  let count = 0;
  for (let i = notes.length - 1; i >= 0 && !(notes[i] as Note).ends; i--) count++;
  return count;
}

/** Takes the comments before a word away from it, but for those on its own line. */
function takeNotes(word: Word): Between {
  if (word.notes.length === 0) return nothingBetween;
  const between = share(word.notes);
  word.notes = between.inline;
  return between;
}

// ---------------------------------------------------------------- statements

const closerOf = { "(": CloseParen, "[": CloseBracket, "{": CloseBrace } as const;
const formOf = new Map<TokenType | undefined, "(" | "[" | "{">([
  [OpenParen, "("],
  [OpenBracket, "["],
  [OpenBrace, "{"],
]);

function createReader(text: string, tokens: readonly Token[], comments: readonly LexedComment[]) {
  const take = createWords(text, tokens, comments);
  let at = 0;
  let current = take();
  const peek = (ahead = 0): TokenType | undefined => tokens[at + ahead]?.tokenType;
  const word = (): Word => current;
  const next = (): Word => {
    if (at >= tokens.length) throw new Error("a statement stops before its end");
    const taken = current;
    at++;
    current = take();
    return taken;
  };
  const expect = (type: TokenType): Word => {
    if (peek() !== type) throw new Error(`${peek()?.name ?? "the end"} stands where ${type.name} is expected`);
    return next();
  };

  const file = (): Body => {
    const statements: Statement[] = [];
    while (peek() !== undefined) statements.push(statement(statements[statements.length - 1], []));
    const { trail, lead, inline } = takeNotes(word());
    return { statements, ...end(statements, trail, []), closeLead: [...lead, ...inline] };
  };

  /** Comments behind the last statement of a body are its own; without one, those of the opening bracket. */
  const end = (statements: readonly Statement[], trail: readonly Note[], openTrail: readonly Note[]) => {
    const last = statements[statements.length - 1];
    if (last === undefined) return { openTrail: [...openTrail, ...trail] };
    last.trail = trail;
    return { openTrail };
  };

  const statement = (before: Statement | undefined, openTrail: Note[]): Statement => {
    const first = word();
    const { trail, lead, inline } = takeNotes(first);
    if (before !== undefined) before.trail = trail;
    else openTrail.push(...trail);
    const blankInside = inline[0]?.blank ?? first.blank;
    const blank = lead[0]?.blank ?? blankInside;
    const name = word().text;
    const base = { word: name, lead, blank, blankInside, trail: [] as readonly Note[], hasKind: false };
    const head: Piece[][] = [[next()]];
    switch (name) {
      case "use":
        return { ...base, head: [...head, [next()]] };
      case "model":
        return model(base, head);
      case "data":
      case "train":
      case "evaluate":
      case "budget":
        return { ...base, head, props: group() };
      case "shared":
        head.push([next()]);
        return block(base, head);
      case "block":
        return block(base, head);
      case "compare": {
        head.push([next()]);
        const over = next();
        return { ...base, head, more: { word: over, chain: chain() } };
      }
      case "let": {
        head.push([next()]);
        const definition = { ...base, head, ...flow() };
        return isIn() ? { ...definition, more: { word: next(), chain: chain() } } : definition;
      }
      default:
        return named(base, head);
    }
  };

  const isIn = (): boolean => peek() !== undefined && word().text === "in";

  /** modality, target, encoder, fusion, head */
  const named = (base: Omit<Statement, "head">, head: Piece[][]): Statement => {
    const name: Piece[] = [next()];
    head.push(name);
    const hasKind = peek() === Colon;
    if (hasKind) {
      name.push(next());
      head.push(kind());
    }
    if (peek() !== Equals) return { ...base, hasKind, head, ...props() };
    return { ...base, hasKind, head, ...flow(), ...props() };
  };

  /** `= report -> lstm(8)` */
  const flow = () => {
    const equals = expect(Equals);
    const first = word();
    const flowStarts = first.first;
    const { trail: flowTrail, lead: flowLead } = flowStarts ? takeNotes(first) : nothingBetween;
    return { equals, flowStarts, flowTrail, flowLead, chain: chain() };
  };

  const props = (): { props?: Group } => (peek() === OpenBrace ? { props: group() } : {});

  const block = (base: Omit<Statement, "head">, head: Piece[][]): Statement => {
    const name: Piece[] = [next()];
    head.push(name);
    if (peek() === OpenParen) name.push(group());
    return { ...base, head, ...flow() };
  };

  const model = (base: Omit<Statement, "head">, head: Piece[][]): Statement => {
    head.push([next()]);
    if (peek() !== OpenBrace) head.push([next()], [next()]);
    const open = expect(OpenBrace);
    const statements: Statement[] = [];
    const openTrail: Note[] = [];
    while (peek() !== CloseBrace) statements.push(statement(statements[statements.length - 1], openTrail));
    const { trail, lead, inline } = takeNotes(word());
    const ended = end(statements, trail, openTrail);
    // `/* nothing yet */ }`
    if (inline.length > 0) word().notes = none;
    const close = expect(CloseBrace);
    return { ...base, head, body: { open, statements, closeLead: [...lead, ...inline], close, ...ended } };
  };

  /** `f32[B, time=626]?` as words; the brackets of a kind are never broken. */
  const kind = (): Piece[] => {
    const pieces: Piece[] = [next()];
    if (peek() === OpenBracket) {
      while (peek() !== CloseBracket) pieces.push(next());
      pieces.push(next());
    }
    if (peek() === Question) pieces.push(next());
    return pieces;
  };

  const chain = (): Chain => {
    const links: Link[] = [{ pieces: value() }];
    while (peek() === Arrow) {
      const arrow = next();
      const first = word();
      // `a ->` at the end of a line: the arrow goes with what follows, and so do the comments behind it
      if (first.first) {
        const { trail, lead } = takeNotes(first);
        links.push({ arrow: { ...arrow, first: true, notes: [...arrow.notes, ...trail, ...lead] }, pieces: value() });
      } else links.push({ arrow, pieces: value() });
    }
    return { links };
  };

  const value = (): Piece[] => {
    if (peek() === OpenBracket) return [group()];
    const pieces: Piece[] = [next()];
    if (peek() === DotDot) {
      pieces.push(next(), next());
      return pieces;
    }
    while (peek() === Dot) pieces.push(next(), next());
    if (peek() === OpenParen) pieces.push(group());
    return pieces;
  };

  const group = (): Group => {
    const form = formOf.get(peek());
    if (form === undefined) throw new Error("no bracket where one is expected");
    const open = next();
    const items: Item[] = [];
    let openTrail: readonly Note[] = [];
    let broken = false;
    while (peek() !== closerOf[form]) {
      const first = word();
      const starts = first.first || broken;
      const { trail, lead, inline } = takeNotes(first);
      const blankInside = inline[0]?.blank ?? first.blank;
      const blank = lead[0]?.blank ?? blankInside;
      const before = items[items.length - 1];
      if (before === undefined) openTrail = trail;
      else if (trail.length > 0) before.trail = [...before.trail, ...trail];
      const key = peek(1) === Colon ? { key: next(), colon: next() } : {};
      const item: Item = { lead, ...key, chain: chain(), after: none, trail: none, starts, blank, blankInside };
      items.push(item);
      broken = false;
      if (peek() === Comma) {
        // a comma on a line of its own breaks the line behind it
        broken = word().first;
        const behind = share(next().notes);
        // without its comma at the end of a line, a property has nothing between it and these
        const ends = form === "{" && word().first;
        item.after = ends ? none : behind.inline;
        if (behind !== nothingBetween) item.trail = [...(ends ? behind.inline : none), ...behind.trail, ...behind.lead];
      }
    }
    let close = next();
    const { trail, lead } = takeNotes(close);
    const last = items[items.length - 1];
    if (last === undefined) openTrail = trail;
    else {
      // without its comma, nothing is between it and these
      if (last.trail.length + trail.length + lead.length > 0) last.trail = [...last.after, ...last.trail, ...trail];
      else if (last.after.length > 0) close = { ...close, notes: [...last.after, ...close.notes], size: undefined };
      last.after = none;
    }
    return { form, open, items, close, openTrail, closeLead: lead };
  };

  return { file };
}
