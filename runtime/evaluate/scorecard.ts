/**
 * scorecard.json and its picture in the terminal: a table a head, its verdict, and what the run took. Prints what is in
 * the scorecard and computes nothing.
 */
import type { Interval } from "./bootstrap.ts";
import { metricOfKey } from "./metrics/table.ts";
import { cells, countText, fill, metricText, pad, secondsText, wrap } from "./numbers.ts";
import { floorsByValue, type Verdict } from "./verdict.ts";

/** Numbers by `callKey`. What is not defined is NaN, in JSON null. */
export interface Metrics {
  readonly [key: string]: number;
}

export interface HeadScorecard {
  readonly target: string;
  readonly validation?: Metrics;
  readonly test?: Metrics;
  /** On the judged part. */
  readonly floors: { readonly [name: string]: Metrics };
  /** Rows of it that each floor was judged on: fewer than `rows` where its modality may be absent. Runs of 0.1.0 lack it. */
  readonly floorRows?: { readonly [name: string]: number };
  /** The part that floors, intervals, verdict and confusion are about. Without it nothing could be judged. */
  readonly judged?: "test" | "validation";
  /** Rows of it that have a label and a prediction. */
  readonly rows: number;
  /** 95 % intervals of the judged part. */
  readonly intervals: { readonly [metric: string]: Interval };
  /** Draws made for them. */
  readonly resamples: number;
  /** The metric that the verdict speaks of. */
  readonly watched?: string;
  readonly verdict?: Verdict;
  /** Rows are labels, columns are guesses. */
  readonly confusion?: readonly (readonly number[])[];
  readonly classes?: readonly string[];
}

export interface Scorecard {
  readonly model: string;
  readonly spec: string;
  /** `tensorflow 2.21, CPU` */
  readonly engine: string;
  readonly seed: number;
  /** Epochs trained, those after the best included. */
  readonly epochs: number;
  /** Resamples asked for. */
  readonly bootstrap: number;
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number };
  readonly heads: { readonly [name: string]: HeadScorecard };
  /** Weights of the model. */
  readonly parameters: number;
  readonly seconds: {
    readonly prepare: number;
    readonly train: number;
    readonly floors?: number;
    readonly evaluate: number;
  };
}

export interface RenderOptions {
  /** Cells of a line. */
  readonly width: number;
  readonly color: boolean;
  readonly ascii: boolean;
  /** The run's folder as the user would type it, with `/` at its end, and the files in it worth naming. */
  readonly folder?: string;
  readonly files?: readonly string[];
  /** In place of `test`: the table that `eval --data` judged. */
  readonly title?: string;
  /** A last column `test then`, by head: what the run itself had. */
  readonly before?: { readonly [head: string]: Metrics | undefined };
}

/** A scorecard as text; every line ends with a newline. */
export function renderScorecard(scorecard: Scorecard, options: RenderOptions): string {
  return [...headline(scorecard, options), "", ...headLines(scorecard, options), ...closing(scorecard, options)]
    .map((line) => `${line}\n`)
    .join("");
}

/** The tables and verdicts alone, for `eval`, which has a first line of its own. */
export function renderHeads(scorecard: Judged, options: RenderOptions): string {
  const lines = headLines(scorecard, options);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => `${line}\n`).join("");
}

// ---------------------------------------------------------------- lines around the tables

function signs(ascii: boolean) {
  return ascii ? { dot: "|", arrow: "->", dots: "...", times: "x" } : { dot: "·", arrow: "→", dots: "…", times: "×" };
}

const bold = (text: string, { color }: RenderOptions) => (color ? `\u001b[1m${text}\u001b[22m` : text);
const dim = (text: string, { color }: RenderOptions) => (color ? `\u001b[2m${text}\u001b[22m` : text);

function headline({ model, rows, seed, engine }: Scorecard, options: RenderOptions): string[] {
  const parts = (["train", "validation", "test"] as const).filter((part) => part === "train" || rows[part] > 0);
  const counted = parts.map((part) => `${countText(rows[part])} ${part}`).join(", ");
  const noun = rows[parts.at(-1) as "train"] === 1 ? "row" : "rows";
  const pieces = [model, `${counted} ${noun}`, `seed ${seed}`, engine];
  const [first, ...rest] = fill(pieces, ` ${signs(options.ascii).dot} `, options.width);
  return [bold(first as string, options), ...rest];
}

function closing({ parameters, seconds, epochs }: Scorecard, options: RenderOptions): string[] {
  const { dot } = signs(options.ascii);
  const floors = seconds.floors === undefined ? "" : `, floors ${secondsText(seconds.floors)}`;
  const pieces = [
    `${countText(parameters)} ${parameters === 1 ? "weight" : "weights"}`,
    `prepared ${secondsText(seconds.prepare)}`,
    `trained ${countText(epochs)} ${epochs === 1 ? "epoch" : "epochs"} in ${secondsText(seconds.train)}${floors}`,
    `evaluated ${secondsText(seconds.evaluate)}`,
  ];
  const lines = fill(pieces, ` ${dot} `, options.width - 2);
  if (options.folder !== undefined) {
    const files = options.files?.length ? [options.files.join(` ${dot} `)] : [];
    lines.push(...fill([options.folder, ...files], "   ", options.width - 2));
  }
  return lines.map((line) => `  ${dim(line, options)}`);
}

// ---------------------------------------------------------------- heads

/** What the tables are drawn from; without `rows` only floors can be seen to have fewer. */
type Judged = Pick<Scorecard, "heads" | "bootstrap"> & Partial<Pick<Scorecard, "rows">>;

function headLines({ heads, bootstrap, rows }: Judged, options: RenderOptions): string[] {
  const lines: string[] = [];
  for (const [name, head] of Object.entries(heads)) {
    lines.push(...table(name, head, head.judged && rows?.[head.judged], options));
    if (head.judged && head.resamples < bootstrap) {
      lines.push(
        `    ${dim(`intervals from ${countText(head.resamples)} of ${countText(bootstrap)} resamples`, options)}`,
      );
    }
    if (head.confusion) lines.push(...matrix(name, head, head.confusion, options));
    lines.push("");
    if (head.verdict) {
      const sentence = options.ascii ? head.verdict.sentence.replaceAll("…", "...") : head.verdict.sentence;
      lines.push(...wrap(sentence, options.width - 2).map((line) => `  ${line}`), "");
    }
  }
  return lines;
}

interface Column {
  readonly title: string;
  /** How many rows it is about, where that is known. */
  readonly rows?: number | undefined;
  readonly texts: readonly string[];
  readonly style?: typeof bold;
}

function table(name: string, head: HeadScorecard, partRows: number | undefined, options: RenderOptions): string[] {
  const { arrow } = signs(options.ascii);
  const numbers = (head.judged && head[head.judged]) ?? head.test ?? head.validation ?? {};
  const keys = Object.keys(numbers);
  const corner = `${name} ${arrow} ${head.target}`;
  const first = Math.max(cells(corner), ...keys.map((key) => cells(key) + 2));
  const all = columnsOf(name, head, keys, options);
  const rowsText = ({ rows }: Column) => (rows === undefined ? "" : countText(rows));
  const widths = all.map((column) => Math.max(...[column.title, rowsText(column), ...column.texts].map(cells)));
  // The metric's own column always stays; the others go from the right.
  let shown = 1;
  let used = 2 + first + 4 + (widths[0] as number);
  while (shown < all.length && used + 4 + (widths[shown] as number) <= options.width) {
    used += 4 + (widths[shown] as number);
    shown++;
  }
  const line = (start: string, textOf: (column: Column) => string, styled: boolean) =>
    `  ${pad(start, first, "left")}${all
      .slice(0, shown)
      .map((column, j) => {
        const text = `    ${pad(textOf(column), widths[j] as number, "right")}`;
        return styled && column.style ? column.style(text, options) : text;
      })
      .join("")}`;
  const lines = [line(corner, (column) => column.title, false)];
  keys.forEach((key, i) => {
    lines.push(line(`  ${key}`, (column) => column.texts[i] as string, true));
  });
  // Numbers of other rows cannot be compared at a glance: then every column says how many it is about.
  const counts = all.slice(0, shown).flatMap(({ rows }) => (rows === undefined ? [] : [rows]));
  if (new Set([...counts, ...(partRows === undefined ? [] : [partRows])]).size > 1 && counts.length > 0) {
    lines.push(dim(line("  rows", rowsText, false), options));
  }
  if (shown < all.length) lines.push(`    ${dim(`${all.length - shown} more in scorecard.json`, options)}`);
  return lines;
}

function columnsOf(name: string, head: HeadScorecard, keys: readonly string[], options: RenderOptions): Column[] {
  const part = head.judged ?? (head.test ? "test" : "validation");
  const numbers = head[part] ?? {};
  const column = (title: string, of: Metrics) => ({ title, texts: keys.map((key) => metricText(of[key])) });
  const columns: Column[] = [{ ...column(options.title ?? part, numbers), rows: head.rows, style: bold }];
  const intervals = keys.map((key) => intervalText(head.intervals[key], options));
  if (intervals.some((text) => text !== "-")) columns.push({ title: "95 % interval", texts: intervals, style: dim });
  for (const floor of floorOrder(head)) {
    columns.push({ ...column(floor, head.floors[floor] as Metrics), rows: head.floorRows?.[floor] });
  }
  const before = options.before?.[name];
  if (before) columns.push(column("test then", before));
  return columns;
}

function intervalText(interval: Interval | undefined, options: RenderOptions): string {
  const [low, high] = interval ?? [Number.NaN, Number.NaN];
  const texts = [metricText(low), metricText(high)];
  return texts.includes("-") ? "-" : texts.join(` ${signs(options.ascii).dots} `);
}

/** `majority` or `mean` first, then the floors from the best to the worst by the metric that is watched. */
function floorOrder({ floors, watched }: HeadScorecard): string[] {
  const names = Object.keys(floors);
  const isConstant = (name: string) => name === "majority" || name === "mean";
  const constant = names.filter(isConstant);
  const others = names.filter((name) => !isConstant(name));
  const call = watched === undefined ? undefined : metricOfKey(watched);
  return [...constant, ...(call ? floorsByValue(others, (name) => floors[name]?.[watched as string], call) : others)];
}

/** A matrix that does not fit the width is only named. */
function matrix(
  name: string,
  { target, classes }: HeadScorecard,
  confusion: NonNullable<HeadScorecard["confusion"]>,
  options: RenderOptions,
): string[] {
  const { dots, times } = signs(options.ascii);
  const short = (text: string) => (cells(text) <= 14 ? text : `${[...text].slice(0, 13).join("")}${dots}`);
  const titles = confusion.map((_, i) => short(classes?.[i] ?? String(i)));
  const texts = confusion.map((row) => row.map(countText));
  const first = Math.max(...titles.map(cells));
  const widths = titles.map((title, j) => Math.max(cells(title), ...texts.map((row) => cells(row[j] as string))));
  const used = 6 + first + widths.reduce((sum, width) => sum + 3 + width, 0);
  if (used > options.width) {
    return [`    ${dim(`confusion: ${confusion.length} ${times} ${confusion.length}, in scorecard.json`, options)}`];
  }
  const line = (start: string, row: readonly string[]) =>
    `      ${pad(start, first, "left")}${row.map((text, j) => `   ${pad(text, widths[j] as number, "right")}`).join("")}`;
  return [
    "",
    ...wrap(`confusion: a row for each ${target}, a column for each ${name}`, options.width - 4).map(
      (text) => `    ${text}`,
    ),
    dim(line("", titles), options),
    ...texts.map((row, i) => line(titles[i] as string, row)),
  ];
}
