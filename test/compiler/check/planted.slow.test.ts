/**
 * One mistake planted into a clean spec gives one message, at its place, and a certain fix leaves a clean spec. Beside
 * each planted*.mmf stands planted*.txt with a mistake a line:
 * what is replaced ==> by what ==> the code ==> the text that is marked [==> codes that a certain fix brings to light].
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileText } from "../../../compiler/compile.ts";
import { verify } from "../../../compiler/ir/verify.ts";
import { applyEdits, applyFixes } from "../../../diagnostics/fix.ts";

const folder = new URL(".", import.meta.url);
const text = (name: string): string | undefined => {
  const url = new URL(name, folder);
  return existsSync(url) ? readFileSync(url, "utf8") : undefined;
};
const host = { read: text, list: () => readdirSync(folder) };
const compile = (spec: string, path: string) => compileText(spec, { path, host });
const check = async (spec: string, path: string) => (await compile(spec, path)).diagnostics;
const bases = readdirSync(folder).filter((name) => /^planted.*\.mmf$/.test(name));

/** Applies certain fixes until none is left (one may bring another to light) or what is left is what is expected. */
async function fixed(spec: string, path: string, left: string): Promise<string> {
  let now = spec;
  let found = await check(now, path);
  for (let round = 0; round < 3; round++) {
    const certain = found.filter((d) => d.fix?.certain);
    if (certain.length === 0 || (round > 0 && found.map((d) => d.code).join(" ") === left)) break;
    now = applyFixes(now, certain, path).text;
    found = await check(now, path);
  }
  return found.map((d) => d.code).join(" ");
}

describe.each(bases)("%s", (path) => {
  const base = text(path)!;
  it("is clean, and its models lower to sound graphs", async () => {
    const { diagnostics, models } = await compile(base, path);
    expect(diagnostics).toEqual([]);
    for (const { ir } of models) expect(verify(ir!)).toEqual([]);
  });

  const mistakes = (text(path.replace(".mmf", ".txt")) ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ==> ") as [string, string, string, string, string?]);
  it.runIf(mistakes.length > 0).each(mistakes)("%s → %s", async (from, to, code, marked, left = "") => {
    expect(base).toContain(from);
    const spec = base.replace(from, () => to);
    const found = await check(spec, path);
    expect(found.map((d) => `${d.code} ${spec.slice(d.span.start, d.span.end)}`)).toEqual([`${code} ${marked}`]);
    if (found.some((d) => d.fix?.certain)) expect(await fixed(spec, path, left)).toBe(left);
    for (const { fix } of found) {
      // a name that cannot be one was changed where it is declared only: its uses are another mistake
      if (fix === undefined || fix.certain || code === "name-form") continue;
      // what is offered answers the message and brings no other
      const after = await check(applyEdits(spec, fix.edits), path);
      expect(
        after.filter((d) => d.severity === "error").map((d) => d.code),
        fix.title,
      ).toEqual([]);
    }
  });
});
