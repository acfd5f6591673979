/**
 * Every page of the catalogue: its `bad` gives exactly its code, its `good` is clean, and what is certain or offered puts
 * it right: the message goes, and no other comes.
 */
import { describe, expect, it } from "vitest";
import { compileText } from "../../../compiler/compile.ts";
import { codes, entry } from "../../../diagnostics/catalogue.ts";
import { pages } from "../../../diagnostics/explain.ts";
import { applyEdits, applyFixes } from "../../../diagnostics/fix.ts";
import { model, pair } from "../../../diagnostics/pages/example.ts";

const host = { read: () => undefined, list: () => [] };
const missing = async () => ({ status: "missing" as const, path: "calls.csv" });
const check = async (text: string, code = "") =>
  (await compileText(text, { path: "spec.mmf", host, ...(code === "source-missing" ? { readFacts: missing } : {}) }))
    .diagnostics;
const heavy = (list: readonly { severity: string; code: string; message: string }[]) =>
  list.filter((d) => d.severity !== "note").map((d) => `${d.code}: ${d.message}`);

/** Pages whose examples are specs; those that need data, a run or a machine say so in prose. */
const shown = Object.entries(pages).filter(([, page]) => typeof page.bad === "string" && typeof page.good === "string");

describe.each(shown)("%s", (code, page) => {
  const { bad, good } = page;
  it("bad gives exactly this code", async () => {
    const found = await check(bad as string, code);
    const codes = found.filter((d) => d.severity !== "note" || d.code === code).map((d) => d.code);
    expect(codes, heavy(found).join("\n")).toEqual([code]);
    const certain = found.filter((d) => d.fix?.certain);
    if (certain.length > 0) {
      const fixed = applyFixes(bad as string, certain, "spec.mmf").text;
      expect((await check(fixed)).filter((d) => d.code === code)).toEqual([]);
    }
  });
  it("a fix leaves a clean spec", async () => {
    for (const { fix } of await check(bad as string, code)) {
      if (fix === undefined) continue;
      const left = await check(applyEdits(bad as string, fix.edits));
      expect(heavy(left), fix.title).toEqual([]);
    }
  });
  it("good is clean", async () => {
    expect(heavy(await check(good as string))).toEqual([]);
  });
});

/** All of messages.md; a code is never renamed, and a missing one is missed by somebody's `mmfc-ignore`. */
const all = `
  not-text spec-too-large full-width-sign quote-form arrow-form size-form comment-form spaced-value colon-or-equals
  missing-sign extra-bracket not-closed number-form escape-form stray-character name-form statement-start missing-kind
  unexpected-text ignore-comment
  not-here-yet foreign-word text-or-name name-cycle duplicate-name unknown-name unknown-op unknown-kind unknown-parameter
  unknown-choice flow-order fusion-place no-head hidden-op unused-value
  missing-parameter argument-name given-twice value-kind value-range parameter-excludes parameter-needs no-effect shares-sum
  let-default let-candidate shared-differs nothing-learns over-budget
  ids-or-numbers no-sequence rank-mismatch axes-left-over kernel-too-large not-divisible size-unknown annotation-differs
  reshape-differs axis-names branches-differ pretrained-differs double-output
  late-sources fusion-kind-mismatch fusion-kind-op fusion-sources fusion-axes-mismatch fusion-shape-mismatch width-explosion
  fusion-refuses-absent optional-head never-present
  target-leak split-needs embargo-short trained-elsewhere target-copy rows-on-both-sides media-on-both-sides
  group-on-both-sides
  loss-mismatch metric-mismatch nothing-to-watch no-test-part one-value not-binary positive-unknown classes-differ
  unseen-class numbers-as-classes log-of-zero
  source-missing table-unreadable query-error column-missing join-count no-rows empty-part duplicate-id empty-cell cell-kind
  file-outside file-missing file-unreadable file-too-large rates-differ array-mismatch id-as-category window-short text-cut
  loss-not-finite out-of-memory file-changed same-prediction trace-differs
  run-missing run-unfinished run-unreadable resume-differs run-in-use out-exists
  engine-slow engine-unusable node-version ffmpeg-missing disk-full no-access
  internal-error internal-tensorflow`;

/** Where the page shows what can only be offered: mistakes of the same code of which only one thing can be meant. */
const meant: { readonly [code: string]: string } = {
  "number-form": model("modality report: text { vocabulary: 5K, tokens: 50 }"),
  "missing-kind": model("head risk = words"),
  "unknown-choice": model("modality report: text { vocabulary: 5_000, tokens: 50, pad: posst }"),
  "argument-name": model("encoder words = report -> embedding(16) -> lstm(16) -> dense(units: 16, relu)"),
  "given-twice": model("train { epochs: 5, epochs: 5 }"),
  "value-kind": model('train { epochs: "10" }'),
  "rank-mismatch": pair("encoder vision = chart -> conv2d(8, 3x3) -> global_average_pooling1d -> dense(16, relu)"),
};

describe("the catalogue", () => {
  it("has all 129 codes, in their order", () => {
    expect(codes).toEqual(all.trim().split(/\s+/));
    expect(codes.length).toBe(129);
  });

  it("shows a spec for every code that a spec alone yields in this version", () => {
    const prose = codes.filter((code) => typeof pages[code].bad !== "string" && entry(code).needs === undefined);
    // no text (bytes), too large to show, or of words that are not here yet
    expect(prose).toEqual([
      "not-text",
      "spec-too-large",
      "nothing-learns",
      "over-budget",
      "pretrained-differs",
      "embargo-short",
    ]);
  });

  it("has a certain fix where it says so", async () => {
    const without: string[] = [];
    for (const [code, page] of shown) {
      if (entry(code as (typeof codes)[number]).fix !== "certain") continue;
      const bad = meant[code] ?? (page.bad as string);
      const certain = (await check(bad, code)).filter((d) => d.code === code && d.fix?.certain === true);
      if (certain.length === 0) without.push(code);
      else expect(heavy(await check(applyFixes(bad, certain, "spec.mmf").text)), code).toEqual([]);
    }
    expect(without).toEqual([]);
  });
});
