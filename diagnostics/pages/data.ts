/** Pages of the data family. All but the first need a table. */
import type { data } from "../catalogue/data.ts";
import type { Page } from "../define.ts";
import { model, note } from "./example.ts";

export const dataPages: Record<keyof typeof data, Page> = {
  "source-missing": {
    doc: "A table, a folder, an archive or a file of `use` is not where the spec says. `mmfc check` goes on without it and only notes it; training needs it. Paths start at the folder of the spec that names them.",
    bad: model(),
    good: note("the same spec beside its calls.csv"),
  },
  "table-unreadable": {
    doc: "The table is not CSV, TSV, JSON lines or Parquet, or one of its rows has more or fewer fields than its header.",
    bad: note("an .xlsx file as `source`"),
    good: note("the same table saved as CSV"),
  },
  "query-error": {
    doc: "The SQL of `query(…)` or `where` does not run. The reason is the database's own, with its place.",
    bad: note('`where: "yaer > 2010"`'),
    good: note('`where: "year > 2010"`'),
  },
  "column-missing": {
    doc: "A column that the spec names is not in the table. Names are compared exactly, with case.",
    bad: note('`column: "default_12"` of a table with "default_12m"'),
    good: note('`column: "default_12m"`'),
  },
  "join-count": {
    doc: "A modality with `from:` takes its value from exactly one row of another table, the one with the same key. Some rows find none, or several.",
    bad: note("a balance sheet `from` a table that has two rows a company"),
    good: note("the same with `count: 2`, or with one row a company"),
  },
  "no-rows": {
    doc: "Nothing is left to learn from: the table is empty, `where` lets nothing pass, or no row has a whole window.",
    bad: note('`where: "year > 2100"`'),
    good: note('`where: "year > 2010"`'),
  },
  "empty-part": {
    doc: "A part of the split has no rows, mostly because its first day lies behind the end of the table.",
    bad: note('`by_time(…, test: "2021-01-01")` of a table that ends in 2020'),
    good: note('`by_time(…, test: "2020-01-01")`'),
  },
  "duplicate-id": {
    doc: "The `id` names a row in predictions and reports, so no two rows have the same.",
    bad: note("a table with the id 17 twice"),
    good: note("the same table without `id:`: rows are numbered"),
  },
  "empty-cell": {
    doc: "A value that the spec needs is not there. It can be filled in from the training rows, the row can be left out, or the modality can be optional (`?`).",
    bad: note("an empty cell in a column of `numeric`"),
    good: note("the same with `impute: median`"),
  },
  "cell-kind": {
    doc: "A cell is not what its column is read as: a text in a column of numbers, a day that the calendar does not have. `na:` names a text that means: nothing.",
    bad: note('"n/a" in a column of `numeric`'),
    good: note('the same with `na: "n/a", impute: median`'),
  },
  "file-outside": {
    doc: "A path of the table leads out of the media folder or archive. Tables from elsewhere do not get to read any file of this machine.",
    bad: note('"../../secret.png" in a column of files'),
    good: note("the file moved into the folder of `media`"),
  },
  "file-missing": {
    doc: "The table names files that are not there. If that is to be expected, the modality is optional: its kind gets a `?`.",
    bad: note("a row whose picture was never saved"),
    good: note("the same with `image?`"),
  },
  "file-unreadable": {
    doc: "A file is there and is not what it should be: empty, cut off, of another format. Each row says why.",
    bad: note("a .wav file of no bytes"),
    good: note("the same table without that row"),
  },
  "file-too-large": {
    doc: "A file would unpack to far more than a picture or a recording has, by accident or on purpose. It is not unpacked.",
    bad: note("a PNG whose header promises 100,000 x 100,000 pixels"),
    good: note("the same picture, scaled down"),
  },
  "rates-differ": {
    doc: "With `rate: native` all recordings have the same sampling rate. Otherwise a rate is given and the others are converted.",
    bad: note("files of 8 kHz and 16 kHz with `rate: native`"),
    good: note("the same with `rate: 16kHz`"),
  },
  "array-mismatch": {
    doc: "An array file holds other sizes than the spec asks for, or fewer items than the index column counts.",
    bad: note("`dim: 29` beside a .npy file of 32 numbers a row"),
    good: note("`dim: 32`"),
  },
  "id-as-category": {
    doc: "Almost every row has a value of its own. The model learns them by heart and knows none of the new ones.",
    bad: note('`categorical: ["customer"]` with 4,812 customers in 5,000 rows'),
    good: note("the same without it"),
  },
  "window-short": {
    doc: "The first rows of each group have no whole window behind them, the last no whole horizon before them. They are no examples.",
    bad: note("`window: 60` with groups of 80 rows"),
    good: note("the same with `missing: empty`, which pads in front"),
  },
  "text-cut": {
    doc: "A quarter of the texts or more is longer than `tokens` and loses its end.",
    bad: note("`tokens: 50` for reports of 212 words"),
    good: note("`tokens: 400`"),
  },
};
