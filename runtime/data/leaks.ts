/**
 * What makes a score too good: rows and files that training shares with another part, columns that give a target away,
 * tables that a run was trained on. Asks leaks-rows.ts, leaks-media.ts, leaks-copy.ts and leaks-trained.ts, and says what
 * they found: errors as problems, the rest as notes. The rules and their reasons: docs/decisions/007-leaks-in-data.md.
 */
import type { DataPlan } from "../../plan/plan.ts";
import { expandColumn, templateColumns } from "./cells.ts";
import { findCopies } from "./leaks-copy.ts";
import { type MediaContent, piecesOf } from "./leaks-inputs.ts";
import { contentOf, type SharedFiles, sharedFiles } from "./leaks-media.ts";
import { countRows, type Inputs, printRows, type RowPrints, rowKey } from "./leaks-prints.ts";
import { findTwins, type Twins } from "./leaks-rows.ts";
import { shareTrained, type TrainedRows, trainedRows } from "./leaks-trained.ts";
import type { Look } from "./look.ts";
import type { DataNote, Workplace } from "./modality.ts";
import { rowList } from "./rows.ts";

/** What leaks are looked for in. */
type Seen = Pick<Look, "table" | "modalities" | "parts" | "rows">;

/** Reports rows-on-both-sides, media-on-both-sides and target-copy; gives what a run keeps of its training rows. */
export async function reportLeaks(data: DataPlan, look: Seen, place: Workplace): Promise<TrainedRows | undefined> {
  const [train, ...others] = look.parts;
  if (train === undefined || train.rows.length === 0) return undefined;
  const inputs = await inputsOf(data, look, place);
  const { prints, sample } = await printRows(inputs, look.rows);
  const labelled = Object.entries(data.targets).map(([name, plan]) => ({
    name,
    plan,
    columns: columnsOf(plan.columns, look),
  }));
  for (const copy of await findCopies(inputs, sample, look.rows, labelled)) {
    const { piece, target, kind, part } = copy;
    const column = piece.column!;
    const about = { statement: piece.modality, property: piece.property, column };
    const facts = { column, modality: piece.modality, target, part, property: piece.property, how: kind };
    say("target-copy", about, facts, part === 1 && kind === "copy", place);
  }
  const inTrain = countRows((row) => rowKey(prints, row), train.rows);
  const twins = await findTwins(inputs, prints, sample, inTrain, train.rows, others);
  for (const one of twins) await reportTwins(data, inputs, place, prints, train.rows, one);
  reportFiles(look, place, inputs.media, twins);
  return trainedRows(prints, inTrain, train.rows, others);
}

/** Reports rows that the run was trained on. */
export async function reportTrained(data: DataPlan, look: Seen, place: Workplace, trained: TrainedRows): Promise<void> {
  const inputs = await inputsOf(data, look, place);
  const { prints } = await printRows(inputs, look.rows);
  const share = shareTrained(trained, prints, look.rows);
  if (share === undefined) return;
  const facts = { rows: 0, of: look.rows.length, part: look.table.path, share };
  say("rows-on-both-sides", { statement: "data", property: "source" }, facts, false, place);
}

async function inputsOf(data: DataPlan, look: Seen, place: Workplace): Promise<Inputs> {
  const media = new Map<string, MediaContent>();
  for (const { name } of look.modalities) {
    const cells = place.scanned.get(name);
    if (cells !== undefined) media.set(name, await contentOf(cells, look.parts));
  }
  const pieces = look.modalities.flatMap(({ name, plan }) => piecesOf(name, plan, look.table, media.get(name)));
  const targets = [...new Set(Object.values(data.targets).flatMap(({ columns }) => columnsOf(columns, look)))];
  const { table } = look;
  return { table, pieces, targets, media, ...(place.signal === undefined ? {} : { signal: place.signal }) };
}

function columnsOf(patterns: readonly string[], { table }: Seen): string[] {
  return patterns.flatMap((pattern) => expandColumn(pattern, table.columns));
}

function say(
  code: string,
  about: DataNote["about"],
  facts: DataNote["facts"],
  severe: boolean,
  place: Workplace,
  rows?: ReturnType<typeof rowList>,
): void {
  if (severe) place.problems.add(code, about, facts, rows);
  else {
    const listed = rows === undefined ? {} : { rows: rows.rows };
    place.notes.push({ code, about, facts, ...listed, ...(rows === undefined ? {} : { rowCount: rows.count }) });
  }
}

async function reportTwins(
  data: DataPlan,
  inputs: Inputs,
  place: Workplace,
  prints: RowPrints,
  train: Int32Array,
  twins: Twins,
): Promise<void> {
  const { part, rows, of } = twins;
  const firstOf = twinsIn(prints, train, rows);
  const column = await groupingColumn(data, inputs, [...firstOf].slice(0, 500));
  const listed = rowList();
  for (const row of rows) {
    const twin = place.table.row(firstOf.get(row)!);
    const here = place.table.row(row);
    listed.add(() => ({
      ...here,
      why: `equal to row ${twin.row}${here.table === twin.table ? "" : ` of ${twin.table}`}`,
    }));
  }
  const facts = { rows: rows.length, of, part, ...(column === undefined ? {} : { column }) };
  say(
    "rows-on-both-sides",
    { statement: "data", property: "split" },
    facts,
    rows.length >= Math.max(2, of * 0.01),
    place,
    listed,
  );
}

/** The first row of train that each row is equal to. */
function twinsIn(prints: RowPrints, train: Int32Array, rows: Int32Array): Map<number, number> {
  const key = (row: number): number => rowKey(prints, row);
  const first = new Map<number, number>(Array.from(rows, (row) => [key(row), -1]));
  for (const row of train) if (first.get(key(row)) === -1) first.set(key(row), row);
  return new Map(Array.from(rows, (row) => [row, first.get(key(row))!]));
}

/** The column to split by, so that equal rows stay together: the group of `data` if it is equal in each pair, or a text. */
async function groupingColumn(
  data: DataPlan,
  inputs: Inputs,
  pairs: readonly (readonly [number, number])[],
): Promise<string | undefined> {
  const { group } = data;
  const text = inputs.pieces.find(({ kind, column }) => kind === "text" && column !== undefined)?.column;
  if (group === undefined || data.split.by === "group" || !inputs.table.has(group)) return text;
  const wanted = new Set(pairs.flat());
  const cells = new Map<number, string>();
  await inputs.table.visit([group], ([column], start) => {
    column!.forEach((cell, i) => {
      if (wanted.has(start + i)) cells.set(start + i, cell?.trim() ?? "");
    });
  });
  return pairs.every(([row, twin]) => cells.get(row) === cells.get(twin)) ? group : text;
}

/** One message a modality, about the part that the scorecard speaks of, or about validation. */
function reportFiles(
  look: Seen,
  place: Workplace,
  media: ReadonlyMap<string, MediaContent>,
  twins: readonly Twins[],
): void {
  for (const { name, plan } of look.modalities) {
    const content = media.get(name);
    if (content === undefined) continue;
    const said = new Set(twins.flatMap(({ rows }) => [...rows]));
    // Where rows are equal their files are, too: that is said already.
    const found = sharedFiles(content, look.parts).filter(({ rows }) => rows.some(({ row }) => !said.has(row)));
    const shared = found.at(-1);
    if (shared === undefined) continue;
    const property = plan.file !== undefined ? "file" : plan.files !== undefined ? "files" : "column";
    const named = plan.file === undefined ? [plan.column ?? name] : templateColumns(plan.file);
    const several = plan.files !== undefined || plan.columns !== undefined || plan.count !== undefined;
    const column =
      several || named.length !== 1 || shared.equal.size > 0 || plan.index !== undefined ? undefined : named[0];
    const facts = { files: shared.files, part: shared.part, ...(column === undefined ? {} : { column }) };
    say("media-on-both-sides", { statement: name, property }, facts, false, place, filesListed(shared, content, place));
  }
}

function filesListed(shared: SharedFiles, { cells }: MediaContent, place: Workplace): ReturnType<typeof rowList> {
  const listed = rowList();
  for (const { row, item } of shared.rows) {
    const twin = shared.equal.get(item);
    const why = twin === undefined ? {} : { why: `equal to ${cells.items[twin]!.file.shown}` };
    listed.add(() => place.table.row(row, { path: cells.items[item]!.file.shown, ...why }));
  }
  return listed;
}
