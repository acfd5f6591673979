/**
 * The one table of words of the surface language: statement words, words with a meaning only in their place,
 * units and punctuation. Lexer, TextMate grammar and documentation read it. Ops, kinds and properties are not
 * here: they belong to the registry.
 */

export type StatementForm = "use" | "model" | "section" | "declaration" | "definition" | "let" | "compare" | "block";

export interface StatementWord {
  readonly word: string;
  readonly form: StatementForm;
  /** Where the statement may stand. */
  readonly places: readonly ("file" | "model")[];
  readonly doc: string;
}

/** The fifteen reserved words, in the order in which a spec is usually read. They stay free as property and argument names. */
export const STATEMENT_WORDS = [
  { word: "use", form: "use", places: ["file"], doc: "Brings in what another file itself declares." },
  {
    word: "model",
    form: "model",
    places: ["file"],
    doc: "A model: its data, modalities, encoders, fusions and heads.",
  },
  {
    word: "data",
    form: "section",
    places: ["model"],
    doc: "Where the rows are, what orders and groups them, and how they are split.",
  },
  { word: "let", form: "let", places: ["model"], doc: "A constant, with the candidates that tuning may try." },
  {
    word: "modality",
    form: "declaration",
    places: ["model"],
    doc: "An input: what happens once per row, without weights.",
  },
  { word: "target", form: "declaration", places: ["model"], doc: "What is predicted." },
  { word: "encoder", form: "definition", places: ["model"], doc: "A flow with weights from one value to another." },
  { word: "fusion", form: "definition", places: ["model"], doc: "Where values are joined: early, mid or late." },
  { word: "head", form: "definition", places: ["model"], doc: "Predicts a target from a value." },
  {
    word: "train",
    form: "section",
    places: ["model"],
    doc: "Optimizer, schedule, epochs, batch size, stopping and seed.",
  },
  {
    word: "evaluate",
    form: "section",
    places: ["model"],
    doc: "Baselines, ablations and other checks of the trained model.",
  },
  {
    word: "compare",
    form: "compare",
    places: ["file", "model"],
    doc: "A table of alternatives: same rows, splits and seeds.",
  },
  {
    word: "budget",
    form: "section",
    places: ["model"],
    doc: "Upper limits for weights, memory and the time of a step.",
  },
  { word: "block", form: "block", places: ["file", "model"], doc: "Reusable ops; each use has weights of its own." },
  {
    word: "shared",
    form: "block",
    places: ["file", "model"],
    doc: "Before `block`: one set of weights wherever it is used.",
  },
] as const satisfies readonly StatementWord[];

export type ReservedWord = (typeof STATEMENT_WORDS)[number]["word"];

/** The words that open a section. */
export const SECTION_WORDS = ["data", "train", "evaluate", "budget"] as const;

/** Words with a meaning in one place only; `from`, `over` and `in` are ordinary names elsewhere. */
export const CONTEXT_WORDS = [
  { word: "from", doc: "`model B from A`: B is A with changes." },
  { word: "over", doc: "`compare name over [ … ]`: the alternatives." },
  { word: "in", doc: "`let name = value in candidates`: what tuning may try." },
] as const;

export const BOOLEAN_WORDS = ["true", "false"] as const;

export type Measure = "duration" | "frequency" | "angle" | "level" | "count" | "bytes" | "share";

export interface Unit {
  readonly unit: string;
  readonly measures: Measure;
  /** How many of the measure's base: seconds, hertz, degrees, decibels, ones, bytes, one. */
  readonly factor: number;
  readonly doc: string;
}

/** Written without a space behind the number. `m` is refused: it could be metres, minutes or months. */
export const UNITS: readonly Unit[] = [
  { unit: "ms", measures: "duration", factor: 1e-3, doc: "milliseconds" },
  { unit: "s", measures: "duration", factor: 1, doc: "seconds" },
  { unit: "min", measures: "duration", factor: 60, doc: "minutes" },
  { unit: "h", measures: "duration", factor: 3600, doc: "hours" },
  { unit: "d", measures: "duration", factor: 86_400, doc: "days" },
  { unit: "w", measures: "duration", factor: 604_800, doc: "weeks" },
  { unit: "Hz", measures: "frequency", factor: 1, doc: "hertz" },
  { unit: "kHz", measures: "frequency", factor: 1e3, doc: "kilohertz" },
  { unit: "MHz", measures: "frequency", factor: 1e6, doc: "megahertz" },
  { unit: "deg", measures: "angle", factor: 1, doc: "degrees" },
  { unit: "dB", measures: "level", factor: 1, doc: "decibels" },
  { unit: "k", measures: "count", factor: 1e3, doc: "thousand" },
  { unit: "M", measures: "count", factor: 1e6, doc: "million" },
  { unit: "G", measures: "count", factor: 1e9, doc: "thousand million" },
  { unit: "B", measures: "bytes", factor: 1, doc: "bytes" },
  { unit: "kB", measures: "bytes", factor: 1e3, doc: "kilobytes" },
  { unit: "MB", measures: "bytes", factor: 1e6, doc: "megabytes" },
  { unit: "GB", measures: "bytes", factor: 1e9, doc: "gigabytes" },
  { unit: "TB", measures: "bytes", factor: 1e12, doc: "terabytes" },
  { unit: "%", measures: "share", factor: 0.01, doc: "per cent" },
];

/** What people write for a unit, and the unit: `7 days` is read as `7d`, with a fix. */
export const LONG_UNITS: ReadonlyMap<string, string> = new Map([
  ...["millisecond", "milliseconds"].map((w) => [w, "ms"] as const),
  ...["sec", "secs", "second", "seconds"].map((w) => [w, "s"] as const),
  ...["mins", "minute", "minutes"].map((w) => [w, "min"] as const),
  ...["hr", "hrs", "hour", "hours"].map((w) => [w, "h"] as const),
  ...["day", "days"].map((w) => [w, "d"] as const),
  ...["week", "weeks"].map((w) => [w, "w"] as const),
  ...["degree", "degrees"].map((w) => [w, "deg"] as const),
  ["hertz", "Hz"],
  ["percent", "%"],
]);

const unitsByName = new Map(UNITS.map((u) => [u.unit, u]));

export function findUnit(unit: string): Unit | undefined {
  return unitsByName.get(unit);
}

/** The signs of the language and how they are read aloud. */
export const PUNCTUATION = [
  { sign: ":", doc: "is a" },
  { sign: "=", doc: "comes from" },
  { sign: "->", doc: "then" },
  { sign: "{", doc: "with" },
  { sign: "}", doc: "closes `{`" },
  { sign: "(", doc: "arguments" },
  { sign: ")", doc: "closes `(`" },
  { sign: "[", doc: "a list, or the axes of a type" },
  { sign: "]", doc: "closes `[`" },
  { sign: ",", doc: "and" },
  { sign: ".", doc: "of: a model's value, a head's metric" },
  { sign: "..", doc: "to: a range" },
  { sign: "?", doc: "may be absent" },
] as const;

const reserved: ReadonlySet<string> = new Set([...STATEMENT_WORDS.map((w) => w.word), ...BOOLEAN_WORDS]);

/** Whether a word can be no name: the fifteen statement words, `true` and `false`. */
export function isReserved(word: string): boolean {
  return reserved.has(word);
}
