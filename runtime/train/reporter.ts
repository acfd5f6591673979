/**
 * What a training says on its way, as events; and three listeners: a live line for terminals, plain lines for pipes, and
 * silence. Layouts are those of the command line's design. Listeners write text; they decide nothing.
 */
import { cells, countText, metricText, pad, secondsText } from "../evaluate/numbers.ts";
import { asciiText, barText, fitText, leftText, lossText, stepText } from "./report-text.ts";

export interface ModelRow {
  readonly name: string;
  /** `encoder`, `mid fusion`, `head`. */
  readonly kind: string;
  /** Shapes in and out, `28×28×1 → 64`. */
  readonly shapes: string;
  readonly weights: number;
  readonly multiplyAdds?: number;
}

export interface Reporter {
  /** A training begins. `out` as the user would type it; `from`: where it goes on, in words. */
  start(event: { readonly model: string; readonly seed: number; readonly out: string; readonly from?: string }): void;
  engine(line: string): void;
  rows(event: {
    readonly train: number;
    readonly validation: number;
    readonly test: number;
    readonly source: string;
    readonly split: string;
  }): void;
  /** While a modality is prepared. */
  preparing(event: { readonly modality: string; readonly done: number; readonly total: number }): void;
  /** A modality is ready; without seconds it came from the cache. */
  prepared(event: { readonly modality: string; readonly rows: number; readonly seconds?: number }): void;
  /** The parts of the model, maybe none, and the totals. */
  model(event: { readonly rows: readonly ModelRow[]; readonly weights: number; readonly multiplyAdds?: number }): void;
  /** Columns of the table of epochs beside the losses: metric keys, with the head's name if there are several. */
  epochs(event: { readonly validation: boolean; readonly metrics: readonly string[] }): void;
  step(event: {
    readonly epoch: number;
    readonly epochs: number;
    readonly step: number;
    readonly steps: number;
    readonly loss: number;
    readonly secondsPerStep: number;
    readonly secondsLeft: number;
    /** A floor that is trained beside the model: `only(sheet)`. */
    readonly floor?: string;
  }): void;
  epoch(event: {
    readonly epoch: number;
    readonly loss: number;
    readonly validationLoss?: number;
    /** In the order of `epochs`; NaN is printed as a dash. */
    readonly metrics: readonly number[];
    readonly seconds: number;
    readonly best: boolean;
  }): void;
  /** A floor is trained. */
  floor(event: { readonly floor: string; readonly epochs: number; readonly seconds: number }): void;
  note(line: string): void;
  warning(line: string): void;
  /** Nothing more comes; clears what is half drawn. */
  end(): void;
}

/** Where listeners write: stderr, or a test's array. */
export interface TextStream {
  write(text: string): unknown;
}

export interface ReporterOptions {
  readonly stream: TextStream;
  /** Cells of a line. */
  readonly width: number;
  readonly ascii: boolean;
  readonly color?: boolean;
  /** Milliseconds; tests bring their own clock. */
  readonly now?: () => number;
}

export const silentReporter: Reporter = {
  start() {},
  engine() {},
  rows() {},
  preparing() {},
  prepared() {},
  model() {},
  epochs() {},
  step() {},
  epoch() {},
  floor() {},
  note() {},
  warning() {},
  end() {},
};

type StepEvent = Parameters<Reporter["step"]>[0];

/** One line at the end is redrawn, at most ten times a second; finished things become rows above it. */
export function createBarReporter(options: ReporterOptions): Reporter {
  const { stream, width, ascii } = options;
  const now = options.now ?? (() => performance.now());
  let live = false;
  let drawn = Number.NEGATIVE_INFINITY;
  const clear = (): void => {
    if (live) stream.write("\r\u001b[2K");
    live = false;
  };
  const draw = (text: string): void => {
    if (now() - drawn < 100) return;
    drawn = now();
    // A line of the full width would wrap, and could then not be redrawn.
    stream.write(`\r\u001b[2K${fitText(text, width - 1, ascii)}`);
    live = true;
  };
  const print = (text: string): void => {
    clear();
    stream.write(`${text}\n`);
    drawn = Number.NEGATIVE_INFINITY;
  };
  const rows = createRows(options, print);
  return {
    ...rows.events,
    preparing: ({ modality, done, total }) =>
      draw(
        `${rows.prepareLabel()}${pad(modality, 7, "left")} ${barText(done / Math.max(1, total), 34, ascii)}  ${countText(done)}/${countText(total)}`,
      ),
    step: (event) => draw(stepLine(event, ` ${barText(event.step / event.steps, 34, ascii)}  `)),
    end: clear,
  };
}

/** Plain lines for pipes: one an epoch, and one every 30 seconds in between. */
export function createLineReporter(options: ReporterOptions): Reporter {
  const now = options.now ?? (() => performance.now());
  let last = now();
  const print = (text: string): void => {
    options.stream.write(`${text}\n`);
    last = now();
  };
  const printWhenDue = (text: () => string): void => {
    if (now() - last >= 30_000) print(text());
  };
  const rows = createRows(options, print);
  return {
    ...rows.events,
    preparing: ({ modality, done, total }) =>
      printWhenDue(() => `${rows.prepareLabel()}${pad(modality, 7, "left")} ${countText(done)}/${countText(total)}`),
    step: (event) => printWhenDue(() => stepLine(event, "   ")),
    end() {},
  };
}

/** `    3 ━━━───  23/38   loss 0.3388   17 ms a step   8 s left` */
function stepLine({ epoch, step, steps, loss, secondsPerStep, secondsLeft, floor }: StepEvent, bar: string): string {
  const name = floor === undefined ? String(epoch).padStart(5) : `${floor}, epoch ${epoch}`;
  const left = step * 2 >= steps && step < steps ? `   ${leftText(secondsLeft)} left` : "";
  return `${name}${bar}${step}/${steps}   loss ${lossText(loss)}   ${stepText(secondsPerStep)} a step${left}`;
}

/** The rows that both listeners print alike. */
function createRows(options: ReporterOptions, print: (text: string) => void) {
  const { width, ascii } = options;
  const paint = (code: number, text: string): string =>
    options.color === true ? `\u001b[${code}m${text}\u001b[0m` : text;
  let prepared = false;
  let columns: readonly number[] = [];
  const prepareLabel = (): string => (prepared ? "          " : "prepare   ");
  const events: Omit<Reporter, "preparing" | "step" | "end"> = {
    start({ model, seed, out, from }) {
      const title = [`${model}, seed ${seed}`, ...(from === undefined ? [] : [from])].join(", ");
      const gap = width - cells(title) - cells(out);
      print(gap > 1 ? `${paint(1, title)}${" ".repeat(gap)}${out}` : `${paint(1, title)}\n  ${out}`);
    },
    engine: (line) => print(fitText(`engine    ${line}`, width, ascii)),
    rows({ train, validation, test, source, split }) {
      const parts = [`${countText(train)} train`];
      if (validation > 0) parts.push(`${countText(validation)} validation`);
      if (test > 0) parts.push(`${countText(test)} test`);
      print(fitText(`rows      ${parts.join(", ")} of ${source}${split === "" ? "" : `, ${split}`}`, width, ascii));
    },
    prepared({ modality, rows, seconds }) {
      const label = prepareLabel();
      prepared = true;
      const how = seconds === undefined ? "from the cache" : secondsText(seconds);
      print(`${label}${pad(modality, 7, "left")} ${countText(rows)}   ${how}`);
    },
    model(event) {
      for (const line of modelLines(event)) print(fitText(asciiText(line, ascii), width, ascii));
    },
    epochs({ validation, metrics }) {
      columns = metrics.map((name) => Math.max(8, cells(name)));
      const heads = metrics.map((name, i) => `   ${pad(name, columns[i] as number, "right")}`).join("");
      print(paint(2, `epoch   train loss${validation ? "   validation loss" : ""}${heads}    time`));
    },
    epoch({ epoch, loss, validationLoss, metrics, seconds, best }) {
      const value = validationLoss === undefined ? "" : `   ${lossText(validationLoss).padStart(15)}`;
      const numbers = metrics.map((metric, i) => `   ${metricText(metric).padStart(columns[i] ?? 8)}`).join("");
      print(
        `${String(epoch).padStart(5)}   ${lossText(loss).padStart(10)}${value}${numbers}   ${secondsText(seconds)}${best ? "   best" : ""}`,
      );
    },
    floor: ({ floor, epochs, seconds }) =>
      print(`floor     ${floor}   ${epochs} ${epochs === 1 ? "epoch" : "epochs"}   ${secondsText(seconds)}`),
    note: (line) => print(line),
    warning: (line) => print(`${paint(33, "warning")} ${line}`),
  };
  return { events, prepareLabel };
}

/** The parts of the model as a table, its totals below; units stand in the first row. */
function modelLines({ rows, weights, multiplyAdds }: Parameters<Reporter["model"]>[0]): string[] {
  if (rows.length === 0) return [`model     ${countText(weights)} weights`];
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(cells));
  const cost = (count: number | undefined): string => (count === undefined ? "" : countText(count));
  const names = widest(rows.map((row) => row.name));
  const kinds = widest(rows.map((row) => row.kind));
  const shapes = widest(rows.map((row) => row.shapes));
  const counts = widest([...rows.map((row) => countText(row.weights)), countText(weights)]);
  const total = multiplyAdds === undefined ? "" : shortCount(multiplyAdds);
  const costs = widest([...rows.map((row) => cost(row.multiplyAdds)), total]);
  const line = (start: string, parts: string, count: string, unit: string, adds: string, addsUnit: string): string =>
    `${start}${parts}   ${pad(count, counts, "right")}${pad(unit, 8, "left")}${costs === 0 ? "" : `   ${pad(adds, costs, "right")}${addsUnit}`}`.trimEnd();
  const parts = (row: ModelRow): string =>
    `${pad(row.name, names, "left")}   ${pad(row.kind, kinds, "left")}   ${pad(row.shapes, shapes, "right")}`;
  return [
    ...rows.map((row, i) =>
      line(
        i === 0 ? "model     " : "          ",
        parts(row),
        countText(row.weights),
        i === 0 ? " weights" : "",
        cost(row.multiplyAdds),
        i === 0 && row.multiplyAdds !== undefined ? " multiply-adds a row" : "",
      ),
    ),
    line("          ", " ".repeat(names + 3 + kinds + 3 + shapes), countText(weights), "", total, ""),
  ];
}

/** `2.59 M`: three digits. */
function shortCount(count: number): string {
  if (count < 1000) return String(count);
  const power = Math.min(3, Math.floor(Math.log10(count) / 3));
  return `${(count / 1000 ** power).toPrecision(3)} ${["", "k", "M", "G"][power]}`;
}
