/**
 * Memory does not grow with a table, not even where every row is wrong: 400,000 rows beside 100,000. What may grow are a
 * few typed arrays, some 80 bytes a row.
 */
import { execFile } from "node:child_process";
import { readdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { beforeAll, expect, it } from "vitest";
import { openDatabase } from "../../../runtime/data/duckdb.ts";
import { mostKept } from "../../../runtime/data/rows.ts";
import { folder } from "./made.ts";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const few = 100_000;
const many = 400_000;
/** In MB: 24 for the arrays, up to 64 for DuckDB, the rest is when garbage is collected. With a row object for each wrong cell it is 1,200. */
const mostMore = 220;
let at = "";

beforeAll(async () => {
  at = folder();
  symlinkSync(path.join(root, "node_modules"), path.join(at, "node_modules"));
  await build({
    entryPoints: [path.join(root, "test/runtime/data/large-process.ts")],
    outfile: path.join(at, "process.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
  });
});

const note = "'a note on ' || (hash(i * 5) % 90000) || ' of ' || i";
const columns = {
  id: "'r' || i",
  day: "DATE '2000-01-01' + (i // 60)::INT",
  firm: "'f' || i",
  n1: "(hash(i) % 1000) / 7.0",
  n2: "hash(i * 3) % 1000",
  n3: "i",
  sector: "'s' || (hash(i * 7) % 12)",
  note,
  late: "CASE WHEN hash(i * 11) % 3 = 0 THEN 'yes' ELSE 'no' END",
  loss: "(hash(i * 13) % 100000) / 9.0",
};

interface Said {
  readonly rows: number;
  readonly peak: number;
  readonly problems: readonly [string, string, number, number][];
}

/** Looks at a table of `rows` rows with these columns in place of the good ones. */
async function look(name: string, rows: number, wrong: { readonly [column: string]: string } = {}): Promise<Said> {
  const database = await openDatabase(at);
  const select = Object.entries({ ...columns, ...wrong }).map(([column, sql]) => `${sql} AS ${column}`);
  const file = `${name}-${rows}.csv`;
  await database.run(`COPY (SELECT ${select.join(", ")} FROM range(${rows}) t(i)) TO '${path.join(at, file)}'`);
  database.close();
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(at, "process.mjs"), at, file]);
  return JSON.parse(stdout) as Said;
}

it("stays flat where all is well", async () => {
  const [small, large] = [await look("good", few), await look("good", many)];
  expect([large.rows, large.problems]).toEqual([many, []]);
  expect(large.peak - small.peak).toBeLessThan(mostMore);
  // Nothing of the table stays behind.
  expect(readdirSync(path.join(at, ".cache/features"))).toEqual([]);
}, 300_000);

it("stays flat where every row is wrong, and counts them all", async () => {
  const wrong = {
    id: "'same'",
    n1: "'x' || i",
    n2: "'n/a'",
    n3: "'1,' || i",
    note: "'...'",
    late: "NULL",
    loss: "'?'",
  };
  const [small, large] = [await look("wrong", few, wrong), await look("wrong", many, wrong)];
  for (const [{ problems }, rows] of [
    [small, few],
    [large, many],
  ] as const) {
    const kept = Math.min(rows, mostKept);
    expect(problems).toEqual([
      ["duplicate-id", "id", rows, kept],
      ["cell-kind", "n1", rows, kept],
      ["cell-kind", "n2", rows, kept],
      ["cell-kind", "n3", rows, kept],
      ["empty-cell", "note", rows, kept],
      ["cell-kind", "loss", rows, kept],
      ["empty-cell", "late", rows, kept],
    ]);
  }
  expect(large.peak - small.peak).toBeLessThan(mostMore);
}, 300_000);
