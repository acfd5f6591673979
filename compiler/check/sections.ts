/** Rules of `data`, `train` and `evaluate` that look beyond one property: shares, what a split needs, what is watched. */
import { near } from "../../diagnostics/near.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { Value } from "../../grammar/ast.ts";
import { printValue } from "../../grammar/print.ts";
import { callKey } from "../../plan/plan.ts";
import { baselines, metrics } from "../registry/index.ts";
import type { Metric } from "../registry/metric/metrics.ts";
import type { CheckedSection } from "./checked.ts";
import { nearFix, sayForeign } from "./fixes.ts";
import { checkOptionalHeads } from "./head.ts";
import { bareName } from "./kinds.ts";
import type { ModelState } from "./model.ts";

type Call = { readonly word: string; readonly args: { readonly [name: string]: unknown } };

const property = (section: CheckedSection, key: string): Value | undefined =>
  section.statement?.props?.entries.find((p) => p.key.text === key)?.value;
const spanOf = (state: ModelState, section: CheckedSection, key: string): Span =>
  property(section, key)?.span ?? section.statement?.wordSpan ?? state.linked.name.span;

/** The written argument of a call in a section: `train` of `split: random(train: 70%)`. */
function argument(value: Value | undefined, key: string): Value | undefined {
  return value?.kind === "flow" ? value.calls[0]?.args?.find((a) => a.key?.text === key)?.value : undefined;
}

export function checkSections(
  state: ModelState,
  data: CheckedSection,
  train: CheckedSection,
  evaluate: CheckedSection,
): void {
  checkSplit(state, data, train);
  checkFiles(state, data);
  if (state.reduced) return;
  checkMonitor(state, train);
  checkBaselines(state, evaluate);
  checkOptionalHeads(state);
}

function checkSplit(state: ModelState, data: CheckedSection, train: CheckedSection): void {
  const { session } = state;
  // of parts that are not all understood, nothing can be said together
  if (data.args.wrong) return;
  const split = data.args.value("split") as Call | undefined;
  const written = property(data, "split");
  const at = written?.kind === "flow" ? written.calls[0]!.ref.span : spanOf(state, data, "split");
  let hasValidation = true;
  let hasTest = true;
  if (split) {
    const needs = split.word === "by_time" ? "time" : split.word === "by_group" ? "group" : undefined;
    if (needs && !data.args.has(needs) && !data.args.wrong) {
      session.say("split-needs", at, { word: split.word, needs: `${needs}:`, write: `${needs}: "…"` });
    }
    if (split.word === "by_time" && needs && data.args.has("time")) {
      const embargo = argument(written, "embargo");
      const rows = property(data, "time")?.kind !== "string" && data.args.string("time") === "row";
      const isRows = typeof split.args.embargo === "number";
      if (embargo && rows !== isRows) {
        const text = printValue(embargo);
        session.say("value-kind", embargo.span, {
          name: "embargo",
          takes: rows ? "a number of rows (`time: row`)" : "a duration",
          text,
          is: isRows ? "a whole number" : "a duration",
          ...(rows ? {} : { write: `${text}d` }),
        });
      }
    }
    if (split.word === "by_file") {
      const source = data.args.value("source") as Call | string | undefined;
      if (typeof source !== "object" || source.word !== "files") {
        session.say("split-needs", at, {
          word: "by_file",
          needs: "source: files(…)",
          write: 'source: files(train: "…", test: "…")',
        });
      } else {
        hasValidation = split.args.validation !== undefined || source.args.validation !== undefined;
        hasTest = source.args.test !== undefined;
      }
    }
    if (split.word === "by_column") {
      hasValidation = split.args.validation !== undefined;
      hasTest = split.args.test !== undefined;
    }
    if (["random", "in_order", "by_time", "by_group"].includes(split.word)) {
      const given = ["train", "validation", "test"].filter((part) => argument(written, part) !== undefined);
      const shares = given.map((part) => split.args[part]).filter((v): v is number => typeof v === "number");
      if (given.length > 0) {
        hasValidation = given.includes("validation");
        hasTest = given.includes("test");
        const total = shares.reduce((a, b) => a + b, 0);
        if (shares.length === given.length && (total > 1 + 1e-9 || (given.includes("train") && total < 1 - 1e-9))) {
          session.say("shares-sum", at, { total });
        }
      }
    }
  }
  if (train.args.has("stop") && !hasValidation) {
    const stop = train.args.value("stop") as Call;
    session.say("nothing-to-watch", spanOf(state, train, "stop"), { word: stop.word });
  }
  if (!hasTest && !state.reduced) session.say("no-test-part", at, {});
}

/** A table is one file a part; lists are for media. */
function checkFiles(state: ModelState, data: CheckedSection): void {
  const written = property(data, "source");
  if (written?.kind !== "flow" || data.args.wrong) return;
  for (const arg of written.calls[0]!.args ?? []) {
    if (arg.value.kind !== "list") continue;
    const text = printValue(arg.value);
    state.session.say("value-kind", arg.value.span, {
      name: arg.key?.text ?? "source",
      takes: "a path in quotes",
      text,
      is: "a list",
    });
  }
}

/** `monitor: risk.f1`: a head and a metric that fits its target, listed or not. */
function checkMonitor(state: ModelState, train: CheckedSection): void {
  const { session } = state;
  const stop = train.args.value("stop") as Call | undefined;
  const written = argument(property(train, "stop"), "monitor");
  if (!stop || written?.kind !== "flow") return;
  const inherited = state.linked.sections.get("train")?.inherited;
  const parts = written.calls[0]!.ref.parts;
  if (parts.length === 1 && parts[0]!.text === "loss") return;
  const heads = [...state.definitions.values()].filter((d) => d.head).map((d) => d.name);
  const head = state.definitions.get(parts[0]?.text ?? "");
  if (parts.length === 0 || !head?.head) {
    const text = parts[0]?.text ?? "";
    const declared = state.linked.definitions.find((d) => d.statement.name?.text === text)?.statement;
    // a head that has an error of its own, or one that only the model derived from had
    if (inherited || declared?.word === "head") return;
    const found = near(text, [...heads, "loss"]);
    session.say(
      "unknown-name",
      parts[0]?.span ?? written.span,
      { owner: state.linked.name.text, kind: "head", text, near: found },
      nearFix(parts[0]!.span, found),
    );
    return;
  }
  const word = parts[1];
  if (!word) {
    session.say("unknown-name", parts[0]!.span, {
      owner: state.linked.name.text,
      kind: "metric",
      text: parts[0]!.text,
      near: { kind: "none", legal: [] },
      instead: {
        kind: "a head",
        write: `${head.name}.${head.head.metrics[0] === undefined ? "loss" : callKey(head.head.metrics[0])}`,
      },
    });
    return;
  }
  const text = parts
    .slice(1)
    .map((p) => p.text)
    .join(".");
  const at = { ...word.span, end: parts[parts.length - 1]!.span.end };
  if (text === "loss") return;
  const target = state.targets.get(head.head.target)!;
  const keys = head.head.metrics.map(callKey);
  const entry = [...metrics.values()].find((m) => keysOf(m).includes(text));
  if (entry?.later) {
    session.say("not-here-yet", at, { version: session.version, word: entry.name, use: [], mild: false });
    return;
  }
  if (!entry && !keys.includes(text)) {
    const fitting = [...metrics.values()].filter((m) => !m.later && m.judges.includes(target.entry.name));
    const legal = fitting.map((m) => m.name);
    if (sayForeign(session, text, at, legal)) return;
    const found = near(text, [...new Set([...keys, ...fitting.flatMap(keysOf), "loss"])], { role: "metric" });
    session.say(
      "unknown-choice",
      at,
      { name: "monitor", choices: legal.slice(0, 5), text, near: found },
      nearFix(at, found),
    );
    return;
  }
  if (entry && !entry.judges.includes(target.entry.name)) {
    const use = [...metrics.values()]
      .filter((m) => !m.later && m.judges.includes(target.entry.name))
      .map((m) => m.name);
    session.say("metric-mismatch", at, {
      word: entry.name,
      judges: entry.judges,
      name: target.name,
      kind: target.entry.name,
      place: session.place(target.span, at),
      use: use.slice(0, 3),
    });
  }
}

/** The keys a metric may be watched by: its word, alone or with a choice (`f1_macro`, `r2_transformed`). */
function keysOf(metric: Metric): string[] {
  const choices = Object.entries(metric.params).flatMap(([name, { kind }]) =>
    kind.is === "choice" ? kind.of : kind.is === "boolean" ? [name] : [],
  );
  return [metric.name, ...choices.map((choice) => `${metric.name}_${choice}`)];
}

/** A floor must be able to predict some head's target; `only(x)` needs a modality that a head reads. */
function checkBaselines(state: ModelState, evaluate: CheckedSection): void {
  const written = property(evaluate, "baselines");
  const given = (evaluate.args.value("baselines") as readonly Call[] | undefined) ?? [];
  const items = written?.kind === "list" ? written.items : [];
  // heads as written: one with an error of its own still has its target
  const heads = state.linked.definitions.filter((d) => d.statement.word === "head");
  const kinds = heads.flatMap((d) => state.targets.get(d.statement.type?.name.text ?? "") ?? []);
  if (kinds.length === 0 || kinds.length < heads.length) return;
  for (const item of items) {
    const word = bareName(item)?.text ?? (item.kind === "flow" ? item.calls[0]!.ref.parts[0]!.text : "");
    const call = given.find((g) => g.word === word);
    const entry = baselines.find((b) => b.name === word);
    if (!call || !entry || kinds.some((k) => entry.judges.includes(k.entry.name))) continue;
    const target = kinds[0]!;
    const use = baselines.filter((b) => !b.later && b.judges.includes(target.entry.name)).map((b) => b.name);
    state.session.say("metric-mismatch", item.span, {
      word,
      judges: entry.judges,
      name: target.name,
      kind: target.entry.name,
      place: state.session.place(target.span, item.span),
      use: use.map((u) => (u === "only" ? "only(…)" : u)),
    });
  }
}
