/**
 * What the formatter lays out: the tokens of a spec as statements, flows and bracketed groups, each with the comments and
 * line breaks around it. Unlike the syntax tree it holds every token and every comment, and knows nothing of meaning.
 */

/** A comment, where it stands. */
export interface Note {
  readonly text: string;
  readonly width: number;
  /** First on its line. */
  readonly own: boolean;
  /** A line break follows, or the end of the text. */
  readonly ends: boolean;
  /** A blank line stands before it. */
  readonly blank: boolean;
  /** Cells between it and what stands before it on its line. */
  readonly gap: number;
}

/** How wide a thing is. */
export interface Size {
  /** Cells on one line; absent where the author or a comment broke it. A text over several lines counts up to its first break. */
  readonly flat: number | undefined;
  /** Cells up to the first line break. */
  readonly first: number;
  /** Has a text over several lines, which no layout makes shorter. */
  readonly rigid: boolean;
}

/** A thing that is measured once: what may stand in it a thousand times over is asked for its width at every level. */
interface Measured {
  size?: Size | undefined;
}

/** A token and the comments between it and the token before. */
export interface Word extends Measured {
  readonly text: string;
  /** Cells; of a text over several lines, those of its first line. */
  readonly width: number;
  /** Cells of the last line of a text over several lines. */
  readonly lastWidth: number | undefined;
  notes: readonly Note[];
  /** A line break stands before it. */
  first: boolean;
  /** A blank line stands before it, behind its comments. */
  blank: boolean;
}

export type Piece = Word | Group;

/** What stands between two arrows: `conv2d(32, 3x3)`, `Align.seen`, `0.1..0.5`, `[f1, mcc]`. */
export interface Link extends Measured {
  /** Before it; absent in the first link. */
  readonly arrow?: Word;
  readonly pieces: readonly Piece[];
}

export interface Chain extends Measured {
  /** At least one. */
  readonly links: readonly Link[];
}

/** An argument, a property or an item of a list. */
export interface Item extends Measured {
  /** Comments on lines of their own before it. */
  lead: readonly Note[];
  key?: Word;
  colon?: Word;
  readonly chain: Chain;
  /** Comments behind its value, before its comma. */
  after: readonly Note[];
  /** Comments that end its line. */
  trail: readonly Note[];
  /** A line break stands before it. */
  readonly starts: boolean;
  /** A blank line stands before it or its comments. */
  readonly blank: boolean;
  /** A blank line stands between its comments and itself. */
  readonly blankInside: boolean;
}

export interface Group extends Measured {
  readonly form: "(" | "[" | "{";
  readonly open: Word;
  readonly items: readonly Item[];
  readonly close: Word;
  /** Comments that end the line of the opening bracket. */
  readonly openTrail: readonly Note[];
  /** Comments on lines of their own before the closing bracket. */
  readonly closeLead: readonly Note[];
  /** How the author broke it, once that was looked at. */
  layout?: Form;
}

/** `block`: a line for the brackets each; `hang`: broken lines stand behind the opening bracket; `flat`: not broken. */
export type Form = "flat" | "hang" | "block";

/**
 * A statement: `head` is all up to its flow (`encoder words =`, `let rate =`, `modality report: text`), in parts between
 * which a space stands; each part is a run of words and groups without spaces.
 */
export interface Statement {
  readonly word: string;
  readonly lead: readonly Note[];
  readonly blank: boolean;
  /** A blank line stands between its comments and itself. */
  readonly blankInside: boolean;
  readonly head: readonly (readonly Piece[])[];
  /** The kind of a declaration or definition is the third part of `head`. */
  readonly hasKind: boolean;
  readonly equals?: Word;
  readonly chain?: Chain;
  /** Comments behind the `=` where its flow begins on the next line, and those on lines of their own before the flow. */
  readonly flowTrail?: readonly Note[];
  readonly flowLead?: readonly Note[];
  /** The flow begins on a line of its own. */
  readonly flowStarts?: boolean;
  /** `in [ … ]` of a `let`, `over [ … ]` of a `compare`. */
  readonly more?: { readonly word: Word; readonly chain: Chain };
  readonly props?: Group;
  /** Of a model. */
  readonly body?: Body;
  trail: readonly Note[];
}

export interface Body {
  readonly open?: Word;
  readonly openTrail: readonly Note[];
  readonly statements: readonly Statement[];
  /** Comments on lines of their own at its end. */
  readonly closeLead: readonly Note[];
  readonly close?: Word;
}

export const isGroup = (piece: Piece): piece is Group => "items" in piece;

/** The first word of a piece. */
export const firstWord = (piece: Piece): Word => (isGroup(piece) ? piece.open : piece);
