/**
 * Predictions as a table and as a file: CSV, JSON lines or Parquet, by ending. Columns: id, HEAD (the class, or the value),
 * HEAD_CLASS (its probability). Knows no network; written aside and renamed.
 */

import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Part } from "../data/batch.ts";
import type { PartOutputs } from "../train/forward.ts";
import type { HeadContext } from "../train/head-outputs.ts";
import { ownValues, predictedRows, probabilitiesOf } from "../train/head-outputs.ts";

/** A cell: null where a head has no prediction; several labels are a list. */
export type Cell = string | number | null | readonly string[];

export interface PredictionColumn {
  readonly name: string;
  readonly type: "text" | "number" | "labels";
  cell(row: number): Cell;
}

export interface Predictions {
  readonly rows: number;
  readonly columns: readonly PredictionColumn[];
}

/** The table of all heads that are outputs, rows in the order of the part. */
export function predictionsOf(context: HeadContext, part: Part, outputs: PartOutputs["outputs"]): Predictions {
  const columns: PredictionColumn[] = [{ name: "id", type: "text", cell: (row) => part.ids[row] as string }];
  for (const [head, plan] of Object.entries(context.training.heads)) {
    const raw = outputs[head];
    if (!plan.output || raw === undefined) continue;
    const predicted = predictedRows(context, head, part);
    const absent = (row: number): boolean => predicted?.[row] === 0;
    for (const column of headColumns(context, head, raw)) {
      columns.push({ ...column, cell: (row) => (absent(row) ? null : column.cell(row)) });
    }
  }
  return { rows: part.rows, columns };
}

function headColumns(context: HeadContext, head: string, raw: PartOutputs["outputs"][string]): PredictionColumn[] {
  const target = context.training.heads[head]?.target as string;
  const type = context.data.targets[target]?.type as "binary" | "multiclass" | "multilabel" | "regression";
  const fitted = context.fitted.targets[target];
  if (type === "regression") {
    const values = ownValues(fitted, raw.data, raw.width);
    const names =
      raw.width === 1
        ? [head]
        : Array.from({ length: raw.width }, (_, j) => `${head}_${fitted?.columns?.[j] ?? j + 1}`);
    return names.map((name, j) => ({ name, type: "number", cell: (row) => values[row * raw.width + j] as number }));
  }
  const classes = fitted?.classes ?? Array.from({ length: type === "binary" ? 2 : raw.width }, (_, j) => String(j));
  const given = probabilitiesOf(type, raw);
  const k = classes.length;
  const p =
    type === "binary"
      ? (row: number, j: number) => (j === 1 ? given[row] : 1 - (given[row] as number)) as number
      : (row: number, j: number) => given[row * k + j] as number;
  const columns: PredictionColumn[] = classes.map((name, j) => ({
    name: `${head}_${name}`,
    type: "number",
    cell: (row) => p(row, j),
  }));
  if (type === "multilabel") {
    columns.unshift({ name: head, type: "labels", cell: (row) => classes.filter((_, j) => p(row, j) > 0.5) });
    return columns;
  }
  const guess = (row: number): number => {
    let best = 0;
    for (let j = 1; j < k; j++) if (p(row, j) > p(row, best)) best = j;
    return best;
  };
  columns.unshift({ name: head, type: "text", cell: (row) => classes[guess(row)] as string });
  return columns;
}

/** RFC 4180, a header first; several labels are joined by `;`, no prediction is an empty cell. */
export function* csvLines({ columns, rows }: Predictions): Generator<string> {
  yield `${columns.map((column) => quoted(column.name)).join(",")}\n`;
  for (let row = 0; row < rows; row++) {
    yield `${columns.map((column) => csvCell(column.cell(row))).join(",")}\n`;
  }
}

/** One object a line. */
export function* jsonLines({ columns, rows }: Predictions): Generator<string> {
  for (let row = 0; row < rows; row++) {
    yield `${JSON.stringify(Object.fromEntries(columns.map((column) => [column.name, column.cell(row)])))}\n`;
  }
}

/** `csv`, `jsonl` or `parquet`. @throws RangeError for another ending */
export function predictionFormat(file: string): "csv" | "jsonl" | "parquet" {
  const ending = path.extname(file).slice(1).toLowerCase();
  if (ending === "csv" || ending === "jsonl" || ending === "parquet") return ending;
  if (ending === "ndjson") return "jsonl";
  throw new RangeError(`${file} ends in none of .csv, .jsonl and .parquet.`);
}

/** Writes a file of the format that its ending says. */
export async function writePredictions(predictions: Predictions, file: string): Promise<void> {
  const format = predictionFormat(file);
  const aside = `${file}.${process.pid}.part`;
  const table = `${file}.${process.pid}.csv.part`;
  try {
    const lines = format === "jsonl" ? jsonLines(predictions) : csvLines(predictions);
    await pipeline(Readable.from(chunks(lines)), createWriteStream(format === "parquet" ? table : aside));
    if (format === "parquet") await toParquet(table, aside, predictions.columns);
    await rename(aside, file);
  } finally {
    await rm(aside, { force: true });
    await rm(table, { force: true });
  }
}

/**
 * The names of the columns of a file, if it is one that {@link writePredictions} could have written: its header, the keys
 * of its first line, or its schema. Undefined where it is anything else.
 */
export async function columnsOfFile(file: string): Promise<readonly string[] | undefined> {
  try {
    const format = predictionFormat(file);
    if (format === "parquet") return await columnsOfParquet(file);
    const [line = ""] = (await startOf(file)).split(/\r?\n/);
    if (format === "jsonl") return Object.keys(JSON.parse(line) as object);
    return line.match(/"(?:[^"]|"")*"|[^,]+/g)?.map((cell) => cell.replace(/^"(.*)"$/s, "$1").replaceAll('""', '"'));
  } catch {
    return undefined;
  }
}

/** A header of thousands of classes fits, too. */
async function startOf(file: string): Promise<string> {
  let text = "";
  for await (const piece of createReadStream(file, { encoding: "utf8", end: 4_194_303 })) {
    text += piece as string;
    if (text.includes("\n")) break;
  }
  return text;
}

async function columnsOfParquet(file: string): Promise<readonly string[]> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    const read = await connection.runAndReadAll(`SELECT * FROM read_parquet('${file.replaceAll("'", "''")}') LIMIT 0`);
    return read.columnNames();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Through DuckDB, with the types we know rather than those that a reader would guess. */
async function toParquet(csv: string, file: string, columns: readonly PredictionColumn[]): Promise<void> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  const types = columns
    .map(({ name, type }) => `${text(name)}: ${type === "number" ? "'DOUBLE'" : "'VARCHAR'"}`)
    .join(", ");
  const lists = columns
    .filter(({ type }) => type === "labels")
    .map(({ name }) => {
      const column = `"${name.replaceAll('"', '""')}"`;
      return `string_split(${column}, ';') AS ${column}`;
    });
  const select = lists.length === 0 ? "*" : `* REPLACE (${lists.join(", ")})`;
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (SELECT ${select} FROM read_csv(${text(csv)}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {${types}})) TO ${text(file)} (FORMAT parquet)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell === "number") return Number.isFinite(cell) ? String(Number(cell.toPrecision(9))) : "";
  return quoted(typeof cell === "string" ? cell : cell.join(";"));
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lines in pieces of some size: a write a row is slow. */
function* chunks(lines: Iterable<string>): Generator<string> {
  let piece = "";
  for (const line of lines) {
    piece += line;
    if (piece.length > 65536) {
      yield piece;
      piece = "";
    }
  }
  if (piece !== "") yield piece;
}
