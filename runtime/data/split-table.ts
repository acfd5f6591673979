/**
 * What a split needs to know of a table's rows (time, group, labels) read and checked; the splitting itself is splits.ts.
 */
import type { DataPlan, PartName, SplitPlan } from "../../plan/plan.ts";
import { isEmpty, momentOf, numberOf } from "./cells.ts";
import { columnsThere } from "./media-cells.ts";
import type { DataNote, Workplace } from "./modality.ts";
import { cellList, rowList } from "./rows.ts";
import { partNames, type SplitResult, type SplitRows, splitRows } from "./splits.ts";
import type { TargetCells } from "./targets.ts";

export type Split = SplitResult;

/** Reads what the split needs and splits. Undefined where a column is missing or a cell does not fit (reported). */
export async function readSplit(
  data: DataPlan,
  rows: Int32Array,
  targets: readonly TargetCells[],
  place: Workplace,
  notes: DataNote[],
): Promise<Split | undefined> {
  const { split } = data;
  const { problems, table } = place;
  const before = problems.found.length;
  const share =
    (split.by === "column" || split.by === "file") && typeof split.validation === "number" && split.validation > 0;
  const known: { -readonly [key in keyof SplitRows]: SplitRows[key] } = { rows };
  let moment: (day: string) => number = Number;
  if (data.time !== undefined && (split.by === "time" || share)) {
    const read = await readTime(data.time, place);
    if (read !== undefined) {
      known.time = read.time;
      known.timeIsRow = data.time === "row" && !table.has("row");
      moment = read.moment;
    }
  }
  if (data.group !== undefined && (split.by === "group" || (share && data.time === undefined)))
    known.group = await readCodes(data.group, "group", place, true);
  if (split.by === "random" && split.stratify !== undefined)
    known.stratum = await readCodes(split.stratify, "split", place, false);
  if (share && data.time === undefined && data.group === undefined) {
    const classes = targets.find((one) => one.label !== undefined);
    if (classes?.label !== undefined) known.stratum = classes.label;
  }
  if (split.by === "time" && split.apart !== undefined)
    known.apart = await readCodes(split.apart, "split", place, false);
  if (split.by === "column") known.part = await readParts(split, place);
  if (split.by === "file") {
    const parts = table.files.map((file) => (file.part === undefined ? -1 : partNames.indexOf(file.part)));
    known.part = Int8Array.from(table.fileOf, (file) => parts[file]!);
  }
  if (problems.found.length > before) return undefined;

  const result = splitRows(split, known, moment);
  if (result.embargoed > 0)
    notes.push({
      code: "rows-embargoed",
      about: { statement: "data", property: "split" },
      facts: { rows: result.embargoed },
    });
  if (result.apart > 0)
    notes.push({ code: "rows-apart", about: { statement: "data", property: "split" }, facts: { rows: result.apart } });
  if (data.group !== undefined && split.by !== "group" && !(split.by === "time" && split.apart !== undefined))
    await noteGroups(data.group, split.by, result, place, notes);
  if (problems.found.length > before) return undefined;
  reportEmptyParts(split, known, result, place);
  return result;
}

/** A split by something else may part groups: said of the part that the scorecard speaks of. */
async function noteGroups(
  column: string,
  by: SplitPlan["by"],
  split: Split,
  place: Workplace,
  notes: DataNote[],
): Promise<void> {
  const { table } = place;
  if (!columnsThere("data", undefined, [column], "group", place)) return;
  const { codes, values } = await table.codes(column);
  const part = split.test.length > 0 ? "test" : "validation";
  const learned = new Uint8Array(values);
  for (const row of split.train) if (codes[row]! >= 0) learned[codes[row]!] = 1;
  const again = split[part].reduce((sum, row) => sum + (codes[row]! >= 0 && learned[codes[row]!] === 1 ? 1 : 0), 0);
  if (again === 0) return;
  notes.push({
    code: "group-on-both-sides",
    about: { statement: "data", property: "group", column },
    facts: {
      share: again / split[part].length,
      part,
      column,
      by: by === "random" || by === "in_order" ? by : `by_${by}`,
    },
  });
}

/** Numbers that grow with time: the order of rows, dates, or numbers as they are. */
async function readTime(
  column: string,
  place: Workplace,
): Promise<{ time: Float64Array; moment: (day: string) => number } | undefined> {
  const { table, problems } = place;
  const time = new Float64Array(table.rows);
  if (column === "row" && !table.has("row")) return { time: time.map((_, row) => row), moment: Number };
  if (!columnsThere("data", undefined, [column], "time", place)) return undefined;
  let numbers = true;
  let compact = true;
  let years = true;
  const empty = rowList();
  await table.visit([column], ([cells], start) => {
    cells!.forEach((cell, i) => {
      if (isEmpty(cell)) {
        empty.add(() => table.row(start + i));
        return;
      }
      const text = cell!.trim();
      if (Number.isNaN(numberOf(text))) numbers = false;
      if (!/^(1[5-9]|2[0-4])\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/.test(text)) compact = false;
      if (!/^(1[5-9]|2[0-4])\d{2}$/.test(text)) years = false;
    });
  });
  const about = { statement: "data", property: "time", column };
  if (empty.count > 0) problems.add("empty-cell", about, { rows: empty.count, column, of: "data" }, empty);
  const dates = !numbers || compact || years;
  const read = (cell: string): number => {
    const text = cell.trim();
    if (!dates) return numberOf(text);
    if (/^\d{8}$/.test(text)) return momentOf(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`);
    if (/^\d{4}$/.test(text)) return momentOf(`${text}-01-01`);
    return momentOf(text);
  };
  const wrong = cellList();
  await table.visit([column], ([cells], start) => {
    cells!.forEach((cell, i) => {
      if (isEmpty(cell)) return;
      const value = read(cell!);
      if (Number.isNaN(value)) wrong.add(cell!, () => table.row(start + i, { value: cell! }));
      time[start + i] = value;
    });
  });
  if (wrong.count > 0) problems.add("cell-kind", about, { cells: wrong.count, column, kind: "date" }, wrong);
  return { time, moment: read };
}

/** The part of each row by the label in the split's column. */
async function readParts(split: Extract<SplitPlan, { by: "column" }>, place: Workplace): Promise<Int8Array> {
  const { table } = place;
  const parts = new Int8Array(table.rows).fill(-1);
  if (!columnsThere("data", undefined, [split.column], "split", place)) return parts;
  const labels = partNames.map((part) => labelsOf(split[part]));
  const { codes, names } = await table.codes(split.column, labels.flat());
  // A label given twice belongs to the first part that has it; codes without a name were not asked for.
  const of = names.map((name) => labels.findIndex((list) => name !== undefined && list.includes(name)));
  for (let row = 0; row < codes.length; row++) parts[row] = codes[row]! < 0 ? -1 : (of[codes[row]!] ?? -1);
  return parts;
}

function labelsOf(wanted: string | readonly string[] | number | undefined): readonly string[] {
  if (wanted === undefined || typeof wanted === "number") return [];
  return typeof wanted === "string" ? [wanted] : wanted;
}

/** Equal values have equal numbers; where none is needed, empty cells are a value, too. */
async function readCodes(column: string, property: string, place: Workplace, needed: boolean): Promise<Int32Array> {
  const { table, problems } = place;
  if (!columnsThere("data", undefined, [column], property, place)) return new Int32Array(table.rows);
  const { codes, values } = await table.codes(column);
  const empty = rowList();
  for (let row = 0; row < codes.length; row++) {
    if (codes[row]! >= 0) continue;
    if (needed) empty.add(() => table.row(row));
    else codes[row] = values;
  }
  if (empty.count > 0) {
    const about = { statement: "data", property, column };
    problems.add("empty-cell", about, { rows: empty.count, column, of: "data" }, empty);
  }
  return codes;
}

function reportEmptyParts(split: SplitPlan, known: SplitRows, result: SplitResult, place: Workplace): void {
  for (const part of ["train", "validation", "test"] as const) {
    if (result[part].length > 0) continue;
    const why = whyEmpty(split, part, known, result);
    if (why !== undefined) place.problems.add("empty-part", { statement: "data", property: "split" }, { part, why });
  }
}

/** Why a part that was asked for has no rows; undefined where it was not asked for. */
function whyEmpty(split: SplitPlan, part: PartName, known: SplitRows, result: SplitResult): string | undefined {
  const rows = known.rows.length;
  const few = `${rows === 1 ? "1 row is" : `${rows.toLocaleString("en-US")} rows are`} too few for its share`;
  if (split.by === "column") {
    const wanted = split[part];
    if (wanted === undefined || wanted === 0) return undefined;
    if (typeof wanted === "number") return few;
    const labels = typeof wanted === "string" ? [wanted] : wanted;
    return `no row has ${labels.map((one) => JSON.stringify(one)).join(" or ")} in "${split.column}"`;
  }
  if (split.by === "file") {
    if (part === "validation" && (split.validation ?? 0) > 0) return few;
    return known.part?.includes(partNames.indexOf(part)) === true || part === "train"
      ? "its file has no rows that are used"
      : undefined;
  }
  const wanted = split[part];
  if (wanted === undefined || wanted === 0) return undefined;
  if (split.by === "time") {
    if (result.embargoed > 0 && part !== "test") return "the embargo leaves none of its rows";
    if (result.apart > 0) return "`apart` leaves none of its rows";
    if (typeof wanted === "string" && known.time !== undefined) {
      const last = known.rows.reduce((most, row) => Math.max(most, known.time![row]!), Number.NEGATIVE_INFINITY);
      // Seconds since 1970 for dates; plain numbers stay numbers.
      return Number.isNaN(Number(wanted))
        ? `the table ends on ${new Date(last * 1000).toISOString().slice(0, 10)}`
        : `the table ends at ${last}`;
    }
  }
  if (split.by === "group") return "there are too few groups for its share";
  return few;
}
