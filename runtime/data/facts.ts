/**
 * What `mmfc check` may know of a table without reading it whole: is it there, which columns has it, of what type. CSV and
 * JSON lines are looked at directly, so that checking does not load DuckDB; Parquet and queries need it.
 */
import { statSync } from "node:fs";
import type { Near } from "../../diagnostics/near.ts";
import type { SourcePlan } from "../../plan/plan.ts";
import { DataError, type DataProblem } from "./batch.ts";
import { listOf, momentOf, numberOf } from "./cells.ts";
import { dialectOf, notText, parseRecords, readHead } from "./csv.ts";
import { firstLine, openDatabase, quoteText } from "./duckdb.ts";
import { openTable } from "./source.ts";
import { formatOf, nearFile, type SourceFile, sourceFiles, sourceName } from "./source-files.ts";

export type ColumnType = "number" | "date" | "boolean" | "text" | "list" | "bytes";

/** A column and the type its first cells have; columns keep the writing of their cells, whatever their type. */
export interface ColumnFact {
  readonly name: string;
  readonly type: ColumnType;
}

export type TableFacts =
  | { readonly status: "ok"; readonly path: string; readonly columns: readonly ColumnFact[]; readonly rows?: number }
  | { readonly status: "missing"; readonly path: string; readonly near?: Near }
  | { readonly status: "unreadable"; readonly path: string; readonly why: string; readonly problem?: DataProblem };

const headBytes = 1 << 18;

/** Looks at a source. `base` is the folder that its paths start at. Never throws for what lies in the files. */
export async function tableFacts(source: SourcePlan, where: Where): Promise<TableFacts> {
  const facts = await factsOf(source, where);
  if (facts.status !== "unreadable") return facts;
  const problem = await problemOf(source, where);
  return problem === undefined ? facts : { ...facts, problem };
}

interface Where {
  readonly base: string;
  readonly where?: string;
  readonly header?: false;
}

/** What training would say of a table that it cannot read: its rows are read, none of its cells. */
async function problemOf(source: SourcePlan, { base, header }: Where): Promise<DataProblem | undefined> {
  try {
    const table = await openTable(source, { base, columns: () => [], ...(header === undefined ? {} : { header }) });
    await table.close();
  } catch (error) {
    if (error instanceof DataError) return error.problems[0];
  }
  return undefined;
}

async function factsOf(source: SourcePlan, where: Where): Promise<TableFacts> {
  const path = sourceName(source);
  try {
    if (typeof source === "object" && "query" in source) return await queryFacts(source.query, where.base, path);
    const files = sourceFiles(source, where.base);
    const columns = new Map<string, ColumnType>();
    let rows: number | undefined = 0;
    for (const file of files) {
      if (statSync(file.absolute, { throwIfNoEntry: false }) === undefined) {
        const found = nearFile(file.shown, file.absolute, typeof source === "object" && "folders" in source);
        return { status: "missing", path: file.shown, ...(found === undefined ? {} : { near: found }) };
      }
      if (typeof source === "object" && "folders" in source) {
        const text = (name: string): ColumnFact => ({ name, type: "text" });
        return { status: "ok", path, columns: [text("file"), text("id"), text("label")] };
      }
      const facts = await fileFacts(file, where.header !== false);
      if ("why" in facts) return { status: "unreadable", path: file.shown, why: facts.why };
      for (const column of facts.columns) if (!columns.has(column.name)) columns.set(column.name, column.type);
      rows = facts.rows === undefined || rows === undefined ? undefined : rows + facts.rows;
    }
    const listed = [...columns].map(([name, type]) => ({ name, type }));
    return { status: "ok", path, columns: listed, ...(rows === undefined ? {} : { rows }) };
  } catch (error) {
    if (error instanceof DataError) {
      const first = error.problems[0];
      const why = first?.facts.why;
      return { status: "unreadable", path, why: typeof why === "string" ? why : (first?.code ?? "unknown") };
    }
    return { status: "unreadable", path, why: firstLine(error) };
  }
}

type FileFacts = { readonly columns: readonly ColumnFact[]; readonly rows?: number } | { readonly why: string };

async function fileFacts(file: SourceFile, header: boolean): Promise<FileFacts> {
  const format = formatOf(file.absolute);
  if (typeof format === "object") return format;
  const stat = statSync(file.absolute);
  if (!stat.isFile()) return { why: stat.isDirectory() ? "it is a folder" : "it is no file" };
  if (format === "parquet") return parquetFacts(file);
  const head = await readHead(file.absolute, headBytes);
  const bad = notText(head.bytes, head.whole);
  if (bad !== undefined) return { why: `it is not UTF-8 text: byte ${bad.byte} is ${bad.is}` };
  const text = head.bytes.toString("utf8");
  return format === "delimited"
    ? delimitedFacts(text, head.whole, file.absolute, header)
    : jsonFacts(text, head.whole, file);
}

function delimitedFacts(text: string, whole: boolean, absolute: string, header: boolean): FileFacts {
  const { delimiter, columns } = dialectOf(text, absolute, header);
  if (columns.length === 0) return { why: "it is empty" };
  const records = [...parseRecords(text, delimiter)];
  if (!whole) records.pop();
  const rows = header ? records.slice(1) : records;
  const facts = columns.map((name, i) => ({ name, type: typeOf(rows.map((row) => row[i] ?? "")) }));
  return { columns: facts, ...(whole ? { rows: rows.length } : {}) };
}

async function jsonFacts(text: string, whole: boolean, file: SourceFile): Promise<FileFacts> {
  // A JSON array over many lines is for DuckDB.
  if (text.trimStart().startsWith("[")) {
    const table = await openTable(file.absolute, { base: ".", columns: () => [] });
    const facts = table.columns.map((name): ColumnFact => ({ name, type: "text" }));
    await table.close();
    return { columns: facts, rows: table.rows };
  }
  const lines = text.split("\n");
  if (!whole) lines.pop();
  const cells = new Map<string, unknown[]>();
  let rows = 0;
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    let record: unknown;
    try {
      record = JSON.parse(index === 0 ? line.replace(/^\uFEFF/, "") : line);
    } catch {
      return { why: `line ${(index + 1).toLocaleString("en-US")} is not JSON` };
    }
    if (typeof record !== "object" || record === null || Array.isArray(record)) {
      return { why: `line ${(index + 1).toLocaleString("en-US")} is not an object` };
    }
    rows++;
    for (const [name, value] of Object.entries(record)) {
      const column = cells.get(name);
      if (column === undefined) cells.set(name, [value]);
      else column.push(value);
    }
  }
  const columns = [...cells].map(([name, values]) => ({ name, type: jsonType(values) }));
  return { columns, ...(whole ? { rows } : {}) };
}

async function parquetFacts(file: SourceFile): Promise<FileFacts> {
  const database = await openDatabase(".");
  try {
    const from = `read_parquet(${quoteText(file.absolute)})`;
    const described = (await database.rows(`DESCRIBE SELECT * FROM ${from}`)) as [string, string][];
    const [[rows]] = (await database.rows(`SELECT count(*) FROM ${from}`)) as [[bigint]];
    return { columns: described.map(([name, type]) => ({ name, type: sqlType(type) })), rows: Number(rows) };
  } finally {
    database.close();
  }
}

async function queryFacts(query: string, base: string, path: string): Promise<TableFacts> {
  const database = await openDatabase(base);
  try {
    const sql = `SELECT * FROM (\n${query.trim().replace(/;+\s*$/, "")}\n)`;
    if ((await database.statements(sql)) !== 1)
      return { status: "unreadable", path, why: "it is more than one statement" };
    const described = (await database.rows(`DESCRIBE ${sql}`)) as [string, string][];
    return { status: "ok", path, columns: described.map(([name, type]) => ({ name, type: sqlType(type) })) };
  } catch (error) {
    const missing = /No files found that match the pattern "(.*?)"/.exec(
      error instanceof Error ? error.message : "",
    )?.[1];
    if (missing !== undefined) return { status: "missing", path: missing };
    return { status: "unreadable", path, why: firstLine(error) };
  } finally {
    database.close();
  }
}

function typeOf(cells: readonly string[]): ColumnType {
  const filled = cells.filter((cell) => cell.trim() !== "");
  if (filled.length === 0) return "text";
  if (filled.every((cell) => /^(true|false)$/i.test(cell.trim()))) return "boolean";
  if (filled.every((cell) => !Number.isNaN(numberOf(cell)))) return "number";
  if (filled.every((cell) => !Number.isNaN(momentOf(cell)))) return "date";
  if (filled.every((cell) => listOf(cell) !== undefined)) return "list";
  return "text";
}

function jsonType(values: readonly unknown[]): ColumnType {
  const filled = values.filter((value) => value !== null);
  if (filled.length > 0 && filled.every((value) => typeof value === "number")) return "number";
  if (filled.length > 0 && filled.every((value) => typeof value === "boolean")) return "boolean";
  if (filled.length > 0 && filled.every(Array.isArray)) return "list";
  if (filled.length > 0 && filled.every((value) => typeof value === "string" && !Number.isNaN(momentOf(value))))
    return "date";
  return "text";
}

function sqlType(type: string): ColumnType {
  if (/\[\d*\]$/.test(type)) return "list";
  if (/INT|DOUBLE|FLOAT|REAL|DECIMAL/.test(type) && !/^STRUCT|^MAP/.test(type)) return "number";
  if (/^(DATE|TIMESTAMP)/.test(type)) return "date";
  if (type === "BOOLEAN") return "boolean";
  if (type === "BLOB" || /^STRUCT\(.*bytes BLOB/.test(type)) return "bytes";
  return "text";
}
