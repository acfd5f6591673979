/** Every page of the catalogue: its `bad` gives exactly its code, its `good` is clean, and a certain fix makes bad good. */
import { describe, expect, it } from "vitest";
import { compileText } from "../../../compiler/compile.ts";
import { pages } from "../../../diagnostics/explain.ts";
import { applyFixes } from "../../../diagnostics/fix.ts";

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
  it("good is clean", async () => {
    expect(heavy(await check(good as string))).toEqual([]);
  });
});
