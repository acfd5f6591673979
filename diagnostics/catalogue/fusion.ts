/** Messages about what a fusion joins and when, and about values that may be absent. */
import { defineMessage } from "../define.ts";
import { agree, code, codes, count, list, number, tick, ticks } from "../phrase.ts";

/** A source of a fusion; `wide` is the size of its last axis, a number or a symbol. */
export interface Source {
  readonly name: string;
  readonly wide: number | string;
  readonly from: string;
}

export const fusion = {
  /** Either a source that is no head (`is`: "an encoder"), or two heads of two targets. */
  "late-sources": defineMessage<
    { name: string; is: string } | { name: string; predicts: string; other: string; otherPredicts: string }
  >({
    severity: "error",
    message: (f) =>
      `A late fusion joins heads of one target: ${"is" in f ? `${tick(f.name)} is ${f.is}` : `${tick(f.name)} predicts ${tick(f.predicts)}, ${tick(f.other)} ${tick(f.otherPredicts)}`}.`,
    help: (f) => ("is" in f ? `give ${tick(f.name)} a head` : "split the fusion"),
  }),
  /** `written`, `makes`: `early`, `mid` or `late`. */
  "fusion-kind-mismatch": defineMessage<{
    name: string;
    written: string;
    sources: readonly string[];
    makes: string;
  }>({
    severity: "error",
    message: (f) =>
      `${tick(f.name)} is written ${tick(f.written)}; joining ${ticks(f.sources)} makes it ${tick(f.makes)}.`,
    help: (f) => `write ${code(f.makes)}`,
    fix: "certain",
  }),
  /** `joins`, `not`: "values", "predictions", "the sides of `pairs`". */
  "fusion-kind-op": defineMessage<{ word: string; joins: string; not: string; use: readonly string[] }>({
    severity: "error",
    message: (f) => `${tick(f.word)} joins ${f.joins}, not ${f.not}.`,
    help: (f) => (f.use.length === 0 ? undefined : `use ${codes(f.use)}`),
    fix: "offer",
  }),
  /** `takes`: "two values", "two or more". */
  "fusion-sources": defineMessage<{ word: string; takes: string; has: number; use?: string }>({
    severity: "error",
    message: (f) => `${tick(f.word)} joins ${f.takes}, not ${number(f.has)}.`,
    help: (f) => (f.use === undefined ? undefined : `use ${code(f.use)}`),
    fix: "offer",
  }),
  /** `joins`: what axes it takes, printed ("one vector a row", "equal axes"); `has`: the axes of `name`; `add`: a stage with its arrow. */
  "fusion-axes-mismatch": defineMessage<{
    word: string;
    joins: string;
    name: string;
    has: readonly string[];
    from: string;
    add?: string;
    use?: string;
  }>({
    severity: "error",
    message: (f) => `${tick(f.word)} joins ${f.joins}; ${tick(f.name)} has ${list(f.has)} (${f.from}).`,
    help: (f) => addOrUse(f.add, f.name, f.use),
    fix: "offer",
  }),
  /** `add`: a stage with its arrow for the second source, `-> dense(128)`; `use`: an op that takes unequal widths. */
  "fusion-shape-mismatch": defineMessage<{
    word: string;
    first: Source;
    second: Source;
    add?: string;
    use?: string;
  }>({
    severity: "error",
    message: (f) =>
      `${tick(f.word)} needs equal shapes: ${tick(f.first.name)} is ${width(f.first)} wide (${f.first.from}), ${tick(f.second.name)} ${width(f.second)} (${f.second.from}).`,
    help: (f) => addOrUse(f.add, f.second.name, f.use),
    fix: "offer",
  }),
  /** `use`: the call to write, and its weights. */
  "width-explosion": defineMessage<{
    word: string;
    sources: readonly string[];
    features: number;
    limit: number;
    use?: { code: string; weights: number };
  }>({
    severity: "error",
    message: (f) =>
      `${tick(f.word)} of ${ticks(f.sources)} has ${count(f.features, "feature")}; the limit is ${number(f.limit)}.`,
    help: (f) =>
      f.use === undefined ? undefined : `use ${code(f.use.code)}, which has ${count(f.use.weights, "weight")}`,
    fix: "offer",
  }),
};

export const absence = {
  /** `modality`, `text`, `place`: the optional modality, as written and where (`audio?`, "line 15"). */
  "fusion-refuses-absent": defineMessage<{
    word: string;
    name: string;
    modality: string;
    text: string;
    place: string;
    use: readonly string[];
  }>({
    severity: "error",
    message: (f) =>
      `${tick(f.word)} cannot do without ${tick(f.name)}, which is absent where ${tick(f.modality)} is (${tick(f.text)}, ${f.place}).`,
    help: (f) => (f.use.length === 0 ? undefined : `use ${codes(f.use)}, which can`),
    fix: "offer",
  }),
  /** `absent`: the optional modalities or heads. */
  "optional-head": defineMessage<{ name: string; absent: readonly string[]; text: string; place: string }>({
    severity: "error",
    message: (f) =>
      `${tick(f.name)} cannot predict where ${ticks(f.absent)} ${agree(f.absent.length, "is", "are")} absent (${tick(f.text)}, ${f.place}).`,
    help: () => "add `auxiliary: true`, or join it with a head that is always there",
    fix: "offer",
  }),
  /** `check`: the property that names its files or column. */
  "never-present": defineMessage<{ name: string; rows: number; check: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} is absent in all ${count(f.rows, "row")} of train.`,
    help: (f) => `check ${code(f.check)}, or remove ${tick(f.name)}`,
    needs: "data",
  }),
};

function width(source: Source): string {
  return typeof source.wide === "number" ? number(source.wide) : source.wide;
}

function addOrUse(add: string | undefined, name: string, use: string | undefined): string | undefined {
  if (add === undefined) return use === undefined ? undefined : `use ${code(use)}`;
  return `add ${code(add)} to ${tick(name)}${use === undefined ? "" : `, or use ${code(use)}`}`;
}
