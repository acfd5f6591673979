/** Messages about leaks, time and targets: what would make a score too good, or training pointless. */
import { defineMessage, type NoFacts } from "../define.ts";
import { agree, code, codes, count, list, number, path, quoted, quotedList, share, tick } from "../phrase.ts";

export const leaks = {
  /** `property`: the list that names the column, `numeric`; `pattern`: how, where by `fe*`. */
  "target-leak": defineMessage<{
    column: string;
    target: string;
    how: "input" | "ahead";
    modality: string;
    property: string;
    pattern?: string;
  }>({
    severity: "error",
    message: (f) =>
      `Column ${quoted(f.column)} is the target ${tick(f.target)} and ${f.how === "input" ? "an input of" : "known ahead in"} ${tick(f.modality)}.`,
    help: (f) =>
      f.pattern === undefined
        ? `remove it from ${tick(f.property)}`
        : `write the columns that are meant in place of ${code(JSON.stringify(f.pattern))}`,
    fix: "certain",
  }),
  /** `word`: the split; `needs`: `time:`; `write`: `time: "date"`. */
  "split-needs": defineMessage<{ word: string; needs: string; write: string }>({
    severity: "error",
    message: (f) => `${tick(f.word)} splits by ${tick(f.needs)}, which \`data\` does not give.`,
    help: (f) => `add ${code(f.write)}`,
    fix: "offer",
  }),
  /** `ahead`, `embargo`: printed, "24 rows", "7 d". */
  "embargo-short": defineMessage<{ name: string; ahead: string; embargo: string; part: string; write: string }>({
    severity: "warning",
    message: (f) =>
      `${tick(f.name)} looks ${f.ahead} ahead, the embargo is ${f.embargo}: rows of train reach into ${f.part}.`,
    help: (f) => `write ${code(f.write)}`,
    fix: "offer",
  }),
  "trained-elsewhere": defineMessage<{ rows: number; part: string; name: string }>({
    severity: "error",
    message: (f) =>
      `${count(f.rows, "row")} of ${f.part} ${agree(f.rows, "is a training row", "are training rows")} of ${tick(f.name)}.`,
    help: () => "split both models by the same column",
    needs: "data",
  }),
  /**
   * `part`: the share of rows, 1 is all (an error; below, a warning); `property`: the list that names the column; `how`: it is
   * the target or renames its labels (`copy`), several of its values go with one label (`grouped`), or its cells are empty
   * for one label (`holes`); the last two are warnings, because they may be known when it counts.
   */
  "target-copy": defineMessage<{
    column: string;
    modality: string;
    target: string;
    part: number;
    property: string;
    how?: "copy" | "grouped" | "holes";
  }>({
    severity: {
      usually: "error",
      of: (f) => (f.part === 1 && (f.how === undefined || f.how === "copy") ? "error" : "warning"),
    },
    message: (f) =>
      f.how === "holes"
        ? `Whether ${quoted(f.column)} of ${tick(f.modality)} is empty gives ${tick(f.target)} away in ${share(f.part)} of the rows.`
        : `${quoted(f.column)} of ${tick(f.modality)} gives ${tick(f.target)} away in ${share(f.part)} of the rows.`,
    help: (f) =>
      f.property === "column"
        ? `remove ${tick(f.modality)}, or let it read another column`
        : `remove it from ${tick(f.property)}`,
    fix: "offer",
    needs: "data",
  }),
  /**
   * `of`: the rows of the part; below 1 % of them, or of a single row, it is a warning. `column`: one that keeps equal rows together. `share`: of
   * the rows of a table that a run is judged on, those it was trained on; then a warning, and `part` is the table.
   */
  "rows-on-both-sides": defineMessage<{ rows: number; of: number; part: string; column?: string; share?: number }>({
    severity: {
      usually: "error",
      of: (f) => (f.share !== undefined || f.rows < Math.max(2, f.of * 0.01) ? "warning" : "error"),
    },
    message: (f) =>
      f.share === undefined
        ? `${count(f.rows, "row")} of ${f.part} ${agree(f.rows, "is", "are")} in train, too.`
        : `The run was trained on ${share(f.share)} of the rows of ${path(f.part)}, so its numbers are better than on new ones.`,
    help: (f) => {
      if (f.share !== undefined)
        return "judge it on rows that it has not seen; without `--data` these are its own test rows";
      return `remove them${f.column === undefined ? "" : `, or split \`by_group\` on ${quoted(f.column)}`}`;
    },
    needs: "data",
  }),
  /** `column`: one that tells the files apart; without it none does. */
  "media-on-both-sides": defineMessage<{ files: number; part: string; column?: string }>({
    severity: "warning",
    message: (f) => `${count(f.files, "file")} ${agree(f.files, "is", "are")} used in train and in ${f.part}.`,
    help: (f) =>
      f.column === undefined
        ? "split `by_group` on a column that is equal wherever a file is"
        : `split \`by_group\` on ${quoted(f.column)}`,
    fix: "offer",
    needs: "data",
  }),
  /** `by`: the split's word. */
  "group-on-both-sides": defineMessage<{ share: number; part: string; column: string; by: string }>({
    severity: "note",
    message: (f) => `${share(f.share)} of the ${f.part} rows have a ${quoted(f.column)} that train has, too.`,
    help: (f) =>
      `${f.by === "by_time" ? `add ${code(`apart: ${JSON.stringify(f.column)}`)}` : "split `by_group`"} to be judged on new ones`,
    fix: "offer",
    needs: "data",
  }),
};

export const targets = {
  /** `for`: kinds of target the loss is for; `kind`: the kind `name` has; `place`: where it says so. */
  "loss-mismatch": defineMessage<{
    word: string;
    for: readonly string[];
    name: string;
    kind: string;
    place: string;
    use: readonly string[];
  }>({
    severity: "error",
    message: (f) => `${tick(f.word)} is for ${list(f.for)}; ${tick(f.name)} is ${f.kind} (${f.place}).`,
    help: (f) => (f.use.length === 0 ? undefined : `use ${codes(f.use)}`),
    fix: "offer",
  }),
  /** As `loss-mismatch`, for metrics, baselines and `vote`. */
  "metric-mismatch": defineMessage<{
    word: string;
    judges: readonly string[];
    name: string;
    kind: string;
    place: string;
    use: readonly string[];
  }>({
    severity: "error",
    message: (f) => `${tick(f.word)} judges ${list(f.judges)}; ${tick(f.name)} is ${f.kind} (${f.place}).`,
    help: (f) => (f.use.length === 0 ? undefined : `use ${codes(f.use)}`),
    fix: "offer",
  }),
  "nothing-to-watch": defineMessage<{ word: string }>({
    severity: "error",
    message: (f) => `${tick(f.word)} watches validation rows; the split has none.`,
    help: () => "add `validation: 15%`",
    fix: "offer",
  }),
  "no-test-part": defineMessage<NoFacts>({
    severity: "note",
    message: () => "The split has no test part: the scorecard is about validation rows.",
    help: () => "add `test: 15%`",
  }),
  "one-value": defineMessage<{ column: string; value: string; rows: number }>({
    severity: "error",
    message: (f) =>
      `${quoted(f.column)} is ${quoted(f.value)} in all ${count(f.rows, "row")} of train: there is nothing to learn.`,
    help: () => "check the column, or `where`",
    needs: "data",
  }),
  /** `values`: the different labels, the first of `of`; those that differ only in case are one label written twice. */
  "not-binary": defineMessage<{ name: string; column: string; values: readonly string[]; of?: number }>({
    severity: "error",
    message: (f) =>
      `${tick(f.name)} is binary; ${quoted(f.column)} holds ${count(f.of ?? f.values.length, "value")}: ${quotedList(f.values, 8, f.of)}.`,
    help: (f) => {
      const spelt = new Map<string, string[]>();
      for (const value of f.values) spelt.set(value.toLowerCase(), [...(spelt.get(value.toLowerCase()) ?? []), value]);
      const twice = [...spelt.values()].filter((values) => values.length > 1);
      if (spelt.size > 2 || twice.length === 0) return "write `multiclass`";
      return `correct the column: it has ${list(twice.map((values) => `both ${list(values.map(quoted))}`))}`;
    },
    fix: "offer",
    needs: "data",
  }),
  /** `positive`: the label that is given but does not occur. */
  "positive-unknown": defineMessage<{ column: string; first: string; second: string; positive?: string }>({
    severity: "error",
    message: (f) =>
      `${quoted(f.column)} holds ${quoted(f.first)} and ${quoted(f.second)}; ${f.positive === undefined ? "which is positive is not said" : `\`positive\` is ${quoted(f.positive)}`}.`,
    help: (f) =>
      `write ${code(`positive: ${JSON.stringify(f.first)}`)}, or ${code(`positive: ${JSON.stringify(f.second)}`)}`,
    fix: "offer",
    needs: "data",
  }),
  /** `classes`: as the spec says; `values`: as the column has; `also`: labels beyond those of the spec. */
  "classes-differ": defineMessage<{
    name: string;
    classes: number;
    column: string;
    values: number;
    also: readonly string[];
    write: string;
  }>({
    severity: "error",
    message: (f) =>
      `${tick(f.name)} has ${count(f.classes, "class")}; ${quoted(f.column)} holds ${number(f.values)}${f.also.length === 0 ? "" : `, also ${quotedList(f.also)}`}.`,
    help: (f) => `write ${code(f.write)}`,
    fix: "offer",
    needs: "data",
  }),
  /** `stratify`: the split can; `classes`: the target can list them; `known`: the labels of a run that judges a table. */
  "unseen-class": defineMessage<{
    value: string;
    /** So many other labels have the same cause. */
    others?: number;
    rows: number;
    part: string;
    column: string;
    stratify?: boolean;
    classes?: boolean;
    known?: readonly string[];
  }>({
    severity: "error",
    message: (f) => {
      const others = f.others === undefined ? "" : ` and ${count(f.others, "other label")}`;
      const labels = `${quoted(f.value)}${others} ${agree((f.others ?? 0) + 1, "is", "are")} in ${count(f.rows, "row")} of ${f.part}`;
      return f.known === undefined
        ? `${labels} and in none of train.`
        : `${labels}; the run knows ${quotedList(f.known)}.`;
    },
    help: (f) => {
      if (f.known !== undefined) return "correct the table, or leave these rows out of it";
      if (f.stratify === true)
        return `add ${code(`stratify: ${JSON.stringify(f.column)}`)}, or leave it out with \`where\``;
      return `leave it out with \`where\`${f.classes === true ? ", or list it in `classes`, though nothing teaches it" : ""}`;
    },
    fix: "offer",
    needs: "data",
  }),
  "numbers-as-classes": defineMessage<{ name: string; column: string; values: number }>({
    severity: "warning",
    message: (f) =>
      `${tick(f.name)} is multiclass; ${quoted(f.column)} holds ${count(f.values, "number")} that differ.`,
    help: () => "write `regression`",
    fix: "offer",
    needs: "data",
  }),
  "log-of-zero": defineMessage<{ rows: number; column: string }>({
    severity: "error",
    message: (f) =>
      `\`transform: log\` needs values above 0; ${count(f.rows, "row")} of ${quoted(f.column)} ${agree(f.rows, "has", "have")} none.`,
    help: () => "correct them, or remove `transform`",
    needs: "data",
  }),
};
