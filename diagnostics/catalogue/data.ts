/** Messages about tables, files and cells. Most are said once the table is read; rows go into `extras.rows`. */
import { defineMessage } from "../define.ts";
import { type Near, nearHelp } from "../near.ts";
import { agree, article, capital, code, count, list, number, path, plural, quoted, share, tick } from "../phrase.ts";

export const data = {
  /** `columns`: a table whose columns are now not checked; `base`: the folder that paths start at; `severe`: an error (train, `use`). */
  "source-missing": defineMessage<{ path: string; columns: boolean; near?: Near; base: string; severe: boolean }>({
    severity: { usually: "error", of: (f) => (f.severe ? "error" : "note") },
    message: (f) => `${path(f.path)} is not there${f.columns ? ", so its columns are not checked" : ""}.`,
    help: (f) => {
      const written = f.near === undefined || f.near.kind === "none" ? undefined : nearHelp(f.near, quoted);
      return `${written === undefined ? "" : `${written}; `}paths start at ${path(f.base)}`;
    },
    fix: "certain",
  }),
  /** `why`: "the engine's or our reason"; `row`: a row is at fault, not the format; `correct`: what helps, where that is something else. */
  "table-unreadable": defineMessage<{ path: string; why: string; row: boolean; correct?: string }>({
    severity: "error",
    message: (f) => `${path(f.path)} is not readable as a table: ${f.why}.`,
    help: (f) => f.correct ?? (f.row ? "correct the row" : "save it as CSV or Parquet"),
    needs: "data",
  }),
  "query-error": defineMessage<{ why: string }>({
    severity: "error",
    message: (f) => `The query does not run: ${f.why.trim().replace(/\.$/, "")}.`,
    needs: "data",
  }),
  /** `own`: the column is a value's own name, because no `column:` is given. */
  "column-missing": defineMessage<{ path: string; column: string; near: Near; own: boolean }>({
    severity: "error",
    message: (f) => `${path(f.path)} has no column ${quoted(f.column)}.`,
    help: (f) => {
      if (f.own && f.near.kind === "none") return "write `column:` with its name";
      const blank = f.near.kind === "one" && f.near.word !== f.column && f.near.word.trim() === f.column.trim();
      return blank ? `${nearHelp(f.near, quoted)}, with its blank` : nearHelp(f.near, quoted);
    },
    fix: "certain",
    needs: "data",
  }),
  /** `found`: what the rows find in the other table. */
  "join-count": defineMessage<{ rows: number; found: "none" | "several"; path: string; column: string }>({
    severity: "error",
    message: (f) =>
      `${count(f.rows, "row")} ${agree(f.rows, "finds", "find")} ${f.found === "none" ? "no row" : "several rows"} in ${path(f.path)} by ${quoted(f.column)}, where one is needed.`,
    help: (f) => `complete ${path(f.path)}, or write \`count:\``,
    needs: "data",
  }),
  "no-rows": defineMessage<{ path: string; why: "empty" | "where" | "window" }>({
    severity: "error",
    message: (f) =>
      `${path(f.path)} has no rows ${{ empty: "below its header", where: "that pass `where`", window: "with a whole window" }[f.why]}.`,
    needs: "data",
  }),
  /** `part`: train, validation or test; `why`: "the table ends on 2020-12-31". */
  "empty-part": defineMessage<{ part: string; why: string }>({
    severity: "error",
    message: (f) => `${capital(f.part)} has no rows: ${f.why}.`,
    needs: "data",
  }),
  "duplicate-id": defineMessage<{ ids: number }>({
    severity: "error",
    message: (f) => `${count(f.ids, "id")} ${agree(f.ids, "occurs", "occur")} more than once.`,
    help: () => "correct them, or name another `id:`",
    needs: "data",
  }),
  /** `of`: the kind of the statement that reads the column, or `data`; `run`: the table is new to a trained model. */
  "empty-cell": defineMessage<{ rows: number; column: string; of: string; run?: boolean }>({
    severity: "error",
    message: (f) => `${count(f.rows, "row")} ${agree(f.rows, "has", "have")} no ${quoted(f.column)}.`,
    help: (f) => {
      const numbers = numeric.has(f.of);
      if (f.run === true) {
        const again = numbers
          ? "impute: median"
          : f.of === "categorical"
            ? "impute: mode"
            : media.has(f.of)
              ? `${f.of}?`
              : undefined;
        return `correct the table${again === undefined ? "" : `, or train again with ${code(again)}`}`;
      }
      if (numbers) return "write `impute: median`, or `missing: drop`";
      if (media.has(f.of)) return `write \`missing: drop\`, or ${code(`${f.of}?`)} if it may be absent`;
      if (labels.has(f.of)) return `write ${code(`${f.of}?`)} if rows without a label do not count, or correct them`;
      if (f.of === "categorical") return "write `impute: mode`, or `missing: drop`";
      return "correct them, or leave these rows out with `where`";
    },
    fix: "offer",
    needs: "data",
  }),
  /**
   * `kind`: a noun, "number", "date"; `na`: one text that explains all cells; `comma`: a cell of those that all have a
   * comma where a point is read; `of` and `run` as in `empty-cell`.
   */
  "cell-kind": defineMessage<{
    cells: number;
    column: string;
    kind: string;
    na?: string;
    comma?: string;
    of?: string;
    run?: boolean;
  }>({
    severity: "error",
    message: (f) =>
      `${count(f.cells, "cell")} of ${quoted(f.column)} ${agree(f.cells, `is not ${article(f.kind)}`, `are not ${plural(f.kind)}`)}.`,
    help: (f) => {
      if (f.comma !== undefined)
        return `write numbers with a point: ${code(pointed(f.comma))} instead of ${quoted(f.comma)}`;
      const correct = f.run === true ? "correct the table" : "correct them";
      const write = f.run === true ? "train again with" : "write";
      if (f.na === undefined || f.of === undefined)
        return f.run === true && numeric.has(f.of ?? "") ? `${correct}, or ${write} \`impute: median\`` : correct;
      const na = `na: ${JSON.stringify(f.na)}`;
      if (numeric.has(f.of)) return `${correct}, or ${write} ${code(`${na}, impute: median`)}`;
      if (f.run !== true && labels.has(f.of))
        return `correct them, or write ${code(na)} and ${code(`${f.of}?`)}: rows without a label do not count`;
      return correct;
    },
    fix: "offer",
    needs: "data",
  }),
  /** `folder`: what they lead out of; `link`: all of them are links. */
  "file-outside": defineMessage<{ paths: number; folder: string; link?: boolean }>({
    severity: "error",
    message: (f) =>
      f.link === true
        ? `${count(f.paths, "path")} ${agree(f.paths, "is a link that leads", "are links that lead")} out of ${path(f.folder)}.`
        : `${count(f.paths, "path")} ${agree(f.paths, "leads", "lead")} out of ${path(f.folder)}.`,
    help: (f) => (f.link === true ? "put the files there in place of the links" : "move the files into it"),
    needs: "data",
  }),
  /** `kind`: "a picture"; `write`: the kind with `?`; `what` may be absent ("a chart"; "it" if left out); `run` as in `empty-cell`. */
  "file-missing": defineMessage<{
    missing: number;
    rows: number;
    kind: string;
    write?: string;
    what?: string;
    run?: boolean;
  }>({
    severity: "error",
    message: (f) =>
      `${number(f.missing)} of ${count(f.rows, "row")} ${agree(f.missing, "names", "name")} ${f.kind} that is not there.`,
    help: (f) =>
      `add the files${f.write === undefined ? "" : `, or ${f.run === true ? "train again with" : "write"} ${code(f.write)} if ${f.what ?? "it"} may be absent`}`,
    fix: "offer",
    needs: "data",
  }),
  /** `kind`: "sound", "a picture"; each row says why. `path` and `why`: a file that the spec names itself, an archive. */
  "file-unreadable": defineMessage<{ files: number; kind: string; path?: string; why?: string }>({
    severity: "error",
    message: (f) =>
      f.path === undefined
        ? `${count(f.files, "file")} ${agree(f.files, "is", "are")} not readable as ${f.kind}.`
        : `${path(f.path)} is not readable as ${f.kind}${f.why === undefined ? "" : `: ${f.why}`}.`,
    help: (f) => (f.path === undefined ? "replace them, or leave their rows out with `where`" : "replace it"),
    needs: "data",
  }),
  /** `most`: printed, "100,000,000 pixels", "24 h", "1 GB". */
  "file-too-large": defineMessage<{ files: number; most: string; path?: string }>({
    severity: "error",
    message: (f) =>
      `${f.path === undefined ? count(f.files, "file") : path(f.path)} would unpack to more than ${f.most}.`,
    help: (f) => (f.path === undefined ? "make them smaller" : "make it smaller"),
    needs: "data",
  }),
  /** `rates`: printed, "8 kHz (2,990)"; `write`: `rate: 8kHz`. */
  "rates-differ": defineMessage<{ name: string; rates: readonly string[]; write: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} has files of ${list(f.rates)}.`,
    help: (f) => `write ${code(f.write)}`,
    fix: "offer",
    needs: "data",
  }),
  /** `holds`, `asks`: printed, "32 numbers a row", "29". */
  "array-mismatch": defineMessage<{
    path: string;
    holds: string;
    text: string;
    asks: string;
    write?: string;
    column?: string;
  }>({
    severity: "error",
    message: (f) => `${path(f.path)} holds ${f.holds}; ${tick(f.text)} asks for ${f.asks}.`,
    help: (f) => {
      const correct = f.column === undefined ? undefined : `correct ${quoted(f.column)}`;
      if (f.write === undefined) return correct;
      return `write ${code(f.write)}${correct === undefined ? "" : `, or ${correct}`}`;
    },
    fix: "offer",
    needs: "data",
  }),
  "id-as-category": defineMessage<{ column: string; values: number; rows: number; name: string }>({
    severity: "warning",
    message: (f) =>
      `${quoted(f.column)} has ${count(f.values, "value")} in ${count(f.rows, "row")}: a category is learned by heart.`,
    help: (f) => `remove it from ${tick(f.name)}`,
    fix: "offer",
    needs: "data",
  }),
  "window-short": defineMessage<{ short: number; rows: number }>({
    severity: "note",
    message: (f) =>
      `${number(f.short)} of ${count(f.rows, "row")} ${agree(f.short, "is", "are")} no example: the window or horizon is not whole.`,
    help: () => "write `missing: empty` to pad",
    fix: "offer",
    needs: "data",
  }),
  /** `part`: the share of rows that are cut; `enough`: tokens that would leave 95 % whole. */
  "text-cut": defineMessage<{ name: string; tokens: number; part: number; enough: number }>({
    severity: "note",
    message: (f) => `${tick(f.name)} is cut after ${count(f.tokens, "token")} in ${share(f.part)} of the rows.`,
    help: (f) => `write ${code(`tokens: ${f.enough}`)} for 95 %`,
    fix: "offer",
    needs: "data",
  }),
};

/** Kinds by what can stand in for a value that is not there. */
const numeric: ReadonlySet<string> = new Set(["tabular", "vector"]);
const media: ReadonlySet<string> = new Set(["text", "image", "audio"]);
const labels: ReadonlySet<string> = new Set(["binary", "multiclass", "multilabel", "regression"]);

/** `1.428,50` as the language reads it, `1428.50`; `1,234,567` has marked thousands. */
function pointed(cell: string): string {
  const text = cell.trim();
  if (/^[+-]?\d{1,3}(?:,\d{3}){2,}$/.test(text)) return text.replaceAll(",", "");
  return text.replaceAll(".", "").replace(",", ".");
}
