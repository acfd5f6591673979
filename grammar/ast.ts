/**
 * The syntax tree of a .mmf file: what was written, nothing concluded. Every node has its span; names are in
 * Unicode NFC. A statement that recovery had to repair is `broken`: what was found of it is there, the rest is
 * undefined, and later stages declare its name but say nothing about it.
 */
import type { Span } from "../diagnostics/span.ts";

export interface Name {
  /** In NFC, as compared. */
  readonly text: string;
  readonly span: Span;
}

export interface File {
  readonly kind: "file";
  readonly path: string;
  readonly span: Span;
  readonly uses: readonly Use[];
  readonly models: readonly Model[];
  readonly compares: readonly Compare[];
  readonly blocks: readonly Block[];
  readonly comments: readonly Comment[];
}

/** `text` is the comment without its marks, trimmed. */
export interface Comment {
  readonly form: "line" | "block" | "doc";
  readonly text: string;
  readonly span: Span;
}

export interface Use {
  readonly kind: "use";
  readonly path?: StringLiteral;
  readonly span: Span;
  readonly broken: boolean;
}

export interface Model {
  readonly kind: "model";
  readonly name?: Name;
  readonly base?: Name;
  readonly doc?: string;
  readonly statements: readonly Statement[];
  readonly span: Span;
  readonly broken: boolean;
  /** False where the text ends, or another model begins, before its `}`: statements may be missing. */
  readonly closed: boolean;
}

export type Statement = Section | Declaration | Definition | Let | Compare | Block;

interface StatementBase {
  readonly span: Span;
  /** Of the statement's first word. */
  readonly wordSpan: Span;
  readonly broken: boolean;
  /** The `///` lines above, joined with a space. */
  readonly doc?: string;
}

export type SectionWord = "data" | "train" | "evaluate" | "budget";
export interface Section extends StatementBase {
  readonly kind: "section";
  readonly word: SectionWord;
  readonly props?: Props;
}

export interface Declaration extends StatementBase {
  readonly kind: "declaration";
  readonly word: "modality" | "target";
  readonly name?: Name;
  readonly type?: Kind;
  readonly props?: Props;
}

export interface Definition extends StatementBase {
  readonly kind: "definition";
  readonly word: "encoder" | "fusion" | "head";
  readonly name?: Name;
  /** encoder: its annotated type; fusion: early, mid or late; head: its target. */
  readonly type?: Kind;
  readonly flow?: Flow;
  readonly props?: Props;
}

export interface Let extends StatementBase {
  readonly kind: "let";
  readonly name?: Name;
  readonly value?: Value;
  readonly candidates?: Value;
}

export interface Compare extends StatementBase {
  readonly kind: "compare";
  readonly name?: Name;
  readonly alternatives?: List;
}

export interface Block extends StatementBase {
  readonly kind: "block";
  readonly shared: boolean;
  readonly name?: Name;
  /** A bare argument is a required parameter, a named one has a default. */
  readonly params: readonly BlockParam[];
  readonly flow?: Flow;
}

export interface BlockParam {
  readonly name: Name;
  readonly default?: Value;
  readonly span: Span;
}

/** `audio?`, `f32[B, time=626, bands=128]?`, `early`. */
export interface Kind {
  readonly name: Name;
  readonly dims?: readonly Dim[];
  readonly optional: boolean;
  readonly span: Span;
}

/** `100`, `B`, `sheet.features`, `time=626`, `features=sheet.features`. */
export interface Dim {
  readonly size?: number;
  readonly ref?: Ref;
  readonly equals?: number | Ref;
  readonly span: Span;
}

export interface Props {
  readonly entries: readonly Property[];
  readonly span: Span;
}

export interface Property {
  readonly key: Name;
  /** Undefined where the text stops after the key. */
  readonly value?: Value;
  readonly span: Span;
}

/** A source (or, inside an argument, a first stage) and stages. A bare name is a flow of one call without arguments. */
export interface Flow {
  readonly kind: "flow";
  readonly calls: readonly Call[];
  readonly span: Span;
}

export interface Call {
  readonly kind: "call";
  readonly ref: Ref;
  /** Undefined without parentheses. */
  readonly args?: readonly Arg[];
  /** Of the parentheses, both included. */
  readonly argsSpan?: Span;
  readonly span: Span;
}

export interface Ref {
  readonly parts: readonly Name[];
  readonly span: Span;
}

export interface Arg {
  readonly key?: Name;
  readonly value: Value;
  readonly span: Span;
}

export type Value =
  | Flow
  | NumberLiteral
  | SizeLiteral
  | RatioLiteral
  | StringLiteral
  | BooleanLiteral
  | RangeLiteral
  | List;
export type Scalar = NumberLiteral | SizeLiteral | RatioLiteral | StringLiteral | BooleanLiteral;

/** `10_000` is 10000; `70%` is 70 with unit `%`; `200k` is 200 with unit `k`; `16kHz` is 16 with unit `kHz`. */
export interface NumberLiteral {
  readonly kind: "number";
  readonly value: number;
  readonly unit?: string;
  /** Written without point and exponent. */
  readonly integer: boolean;
  readonly text: string;
  readonly span: Span;
}

/** `150x150`: height x width. */
export interface SizeLiteral {
  readonly kind: "size";
  readonly sizes: readonly number[];
  readonly text: string;
  readonly span: Span;
}

export interface RatioLiteral {
  readonly kind: "ratio";
  readonly above: number;
  readonly below: number;
  readonly text: string;
  readonly span: Span;
}

export interface StringLiteral {
  readonly kind: "string";
  /** Escapes resolved. */
  readonly value: string;
  readonly text: string;
  readonly span: Span;
}

export interface BooleanLiteral {
  readonly kind: "boolean";
  readonly value: boolean;
  readonly span: Span;
}

export interface RangeLiteral {
  readonly kind: "range";
  readonly from: Scalar;
  readonly to: Scalar;
  readonly span: Span;
}

export interface List {
  readonly kind: "list";
  readonly items: readonly Value[];
  readonly span: Span;
}
