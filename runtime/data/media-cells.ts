/**
 * From cells to media files: a path in a column, a path made of columns, one item of an array file, several of them a row.
 * Every file is looked for once, however many rows name it; nothing is decoded here.
 */
import { near } from "../../diagnostics/near.ts";
import type { ModalityPlan } from "../../plan/plan.ts";
import { isEmpty, listOf, naSet, numberOf, templateColumns } from "./cells.ts";
import type { Found, FoundFile } from "./media.ts";
import { checkSignal, type Workplace } from "./modality.ts";
import { bytesIn } from "./open-file.ts";
import { rowList } from "./rows.ts";

/** A file, or one item of an array file. */
export interface MediaItem {
  readonly file: FoundFile;
  readonly index?: number;
  /** The first row that names it, for messages. */
  readonly row: number;
}

/** The items of every row. */
export interface MediaCells {
  readonly items: readonly MediaItem[];
  /** Items a row: 1, or more with an axis `items`. */
  readonly width: number;
  /** Whether there is an axis `items`. */
  readonly several: boolean;
  /** Item number by row and place; -1 where there is none. */
  readonly of: Int32Array;
  readonly present: Uint8Array;
}

const nouns = { image: "a picture", audio: "sound", text: "a text", vector: "an array", tabular: "a table" } as const;

/** What messages call a file of a modality. */
export function nounOf(plan: ModalityPlan): string {
  return nouns[plan.type];
}

/** The places a row's values come from: templates or columns. */
interface Origin {
  readonly template?: string;
  readonly columns: readonly string[];
  readonly property: "column" | "columns" | "file" | "files";
}

function originsOf(name: string, plan: ModalityPlan): Origin[] {
  const templates = plan.file !== undefined ? [plan.file] : plan.files;
  if (templates !== undefined) {
    const property = plan.file !== undefined ? "file" : "files";
    return templates.map((template) => ({ template, columns: templateColumns(template), property }));
  }
  if (plan.columns !== undefined) return plan.columns.map((column) => ({ columns: [column], property: "columns" }));
  return [{ columns: [plan.column ?? name], property: "column" }];
}

/**
 * Looks every file up. Reports column-missing, empty-cell, file-missing, file-outside, cell-kind (an index); none for
 * what may be absent.
 */
export async function scanMedia(
  name: string,
  plan: ModalityPlan,
  place: Workplace,
  keep?: (row: number) => boolean,
): Promise<MediaCells> {
  const { table } = place;
  const origins = originsOf(name, plan);
  const several = plan.count !== undefined || plan.files !== undefined || plan.columns !== undefined;
  const width = plan.count ?? origins.length;
  const wanted = [
    ...new Set([...origins.flatMap((origin) => origin.columns), ...(plan.index === undefined ? [] : [plan.index])]),
  ];
  const property = origins[0]?.property ?? "column";
  const about = { statement: name, property };
  const of = new Int32Array(table.rows * width).fill(-1);
  const present = new Uint8Array(table.rows);
  if (!columnsThere(name, plan, wanted, property, place)) return { items: [], width, several, of, present };

  const na = naSet(plan.na);
  const forgiving = plan.optional === true || plan.missing !== undefined;
  const items: MediaItem[] = [];
  const known = new Map<string, number | Exclude<Found, FoundFile>>();
  const missing = rowList();
  const empty = rowList();
  const outside = rowList();
  const badIndex = rowList();
  let outsideOf = "";
  let links = 0;
  let lacking = 0;
  let lastLacking = -1;

  const itemOf = (path: string, index: number | undefined, row: number): number => {
    const part = table.files[table.fileOf[row]!]?.part;
    const key = `${part ?? ""}\0${path}\0${index ?? ""}`;
    let found = known.get(key);
    if (typeof found === "number") return found;
    if (found === undefined) {
      const looked = place.media.find(path, part);
      if (looked.found === "file") {
        items.push({ file: looked, row, ...(index === undefined ? {} : { index }) });
        known.set(key, items.length - 1);
        return items.length - 1;
      }
      found = looked;
      known.set(key, found);
    }
    const { shown } = found;
    if (found.found === "outside") {
      outsideOf = found.folder;
      const why = found.link === true ? { why: "a link" } : {};
      if (found.link === true) links++;
      outside.add(() => table.row(row, { path: shown, ...why }));
    } else if (!forgiving) {
      const why = found.why === undefined ? {} : { why: found.why };
      if (row !== lastLacking) lacking++;
      lastLacking = row;
      missing.add(() => table.row(row, { path: shown, ...why }));
    }
    return -1;
  };

  /** Bytes in the table itself, as a file: equal ones are one item. */
  const bytesItem = (column: string, cell: string, row: number): number => {
    const at = known.get(cell);
    if (typeof at === "number") return at;
    const shown = `"${column}" of row ${table.rowNumbers[row]}`;
    const size = Number(cell.slice(cell.indexOf(":") + 1));
    const file: FoundFile = {
      found: "file",
      shown,
      name: column,
      size,
      identity: `bytes|${cell}`,
      open: async () => bytesIn(await table.bytes(column, row)),
      check: () => {},
      read: () => table.bytes(column, row),
    };
    items.push({ file, row });
    known.set(cell, items.length - 1);
    return items.length - 1;
  };

  await table.visit(wanted, (cells, start) => {
    checkSignal(place.signal);
    const column = new Map(wanted.map((one, i) => [one, cells[i]!]));
    const rows = cells[0]?.length ?? 0;
    for (let i = 0; i < rows; i++) {
      const row = start + i;
      if (keep !== undefined && !keep(row)) continue;
      let index: number | undefined;
      if (plan.index !== undefined) {
        const cell = column.get(plan.index)![i];
        if (isEmpty(cell, na)) {
          if (!forgiving) empty.add(() => table.row(row));
          continue;
        }
        index = numberOf(cell!);
        if (!Number.isInteger(index) || index < 0) {
          badIndex.add(() => table.row(row, { value: cell! }));
          continue;
        }
      }
      let place = 0;
      let lacks = false;
      for (const origin of origins) {
        const values = origin.columns.map((one) => column.get(one)![i]);
        const gone = values.some((value) => isEmpty(value, na));
        const listed =
          origin.template === undefined && plan.count !== undefined && !gone ? listOf(values[0]!) : undefined;
        if (listed !== undefined) {
          for (const one of listed.slice(0, width - place)) of[row * width + place++] = itemOf(String(one), index, row);
          continue;
        }
        if (gone) lacks = true;
        else if (place < width && origin.template === undefined && table.holdsBytes(origin.columns[0]!)) {
          of[row * width + place] = bytesItem(origin.columns[0]!, values[0]!, row);
        } else if (place < width) {
          const path =
            origin.template === undefined
              ? values[0]!
              : fillTemplate(origin.template, origin.columns, values as string[]);
          of[row * width + place] = itemOf(path, index, row);
        }
        place++;
      }
      let some = false;
      for (let k = 0; k < width; k++) some ||= of[row * width + k]! >= 0;
      if (some) present[row] = 1;
      if (lacks && !forgiving && (plan.count === undefined || !some)) empty.add(() => table.row(row));
      // Of several required files each must be there, unless `count` says that fewer will do.
      if (plan.missing === "drop" && several && plan.count === undefined) {
        for (let k = 0; k < width; k++) if (of[row * width + k]! < 0) present[row] = 0;
      }
    }
  });

  const { problems } = place;
  const written =
    property === "file" || property === "files" ? templateColumns(origins[0]!.template!)[0] : origins[0]!.columns[0];
  if (outside.count > 0) {
    const link = links === outside.count ? { link: true } : {};
    problems.add("file-outside", about, { paths: outside.count, folder: outsideOf, ...link }, outside);
  }
  if (empty.count > 0) {
    problems.add(
      "empty-cell",
      { ...about, column: written ?? name },
      { rows: empty.count, column: written ?? name, of: plan.type },
      empty,
    );
  }
  if (badIndex.count > 0) {
    const facts = { cells: badIndex.count, column: plan.index, kind: "row number" };
    problems.add("cell-kind", { statement: name, property: "index", column: plan.index }, facts, badIndex);
  }
  if (missing.count > 0) {
    const facts = { missing: lacking, rows: table.rows, kind: nounOf(plan), write: `${plan.type}?`, what: "it" };
    problems.add("file-missing", about, facts, missing);
  }
  const found: MediaCells = { items, width, several, of, present };
  place.scanned.set(name, found);
  return found;
}

function fillTemplate(template: string, columns: readonly string[], values: readonly string[]): string {
  return template.replace(/\{([^{}]+)\}/g, (_, column: string) => values[columns.indexOf(column)]!.trim());
}

/** Whether the table has the columns; reports those it lacks, each with its near ones. */
export function columnsThere(
  name: string,
  plan: ModalityPlan | undefined,
  wanted: readonly string[],
  property: string,
  place: Pick<Workplace, "table" | "problems">,
): boolean {
  let all = true;
  for (const column of wanted) {
    if (place.table.has(column)) continue;
    all = false;
    const { path, columns } = place.table.without(column);
    const own = plan !== undefined && plan.column === undefined && column === name;
    place.problems.add(
      "column-missing",
      { statement: name, property, column },
      {
        path,
        column,
        near: near(column, columns),
        own,
      },
    );
  }
  return all;
}
