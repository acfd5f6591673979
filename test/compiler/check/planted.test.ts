/**
 * One mistake planted into a clean spec gives one message, at its place. planted.txt has a mistake a line:
 * what is replaced ==> by what ==> the code ==> the text that is marked.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileText } from "../../../compiler/compile.ts";

const base = readFileSync(new URL("planted.mmf", import.meta.url), "utf8");
const host = { read: () => undefined, list: () => [] };
const check = async (text: string) => (await compileText(text, { path: "credit.mmf", host })).diagnostics;
const mistakes = readFileSync(new URL("planted.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => line.split(" ==> ") as [string, string, string, string]);

describe("planted mistakes", () => {
  it("the spec itself is clean", async () => {
    expect(await check(base)).toEqual([]);
  });
  it.each(mistakes)("%s → %s", async (from, to, code, marked) => {
    expect(base).toContain(from);
    const text = base.replace(from, () => to);
    const found = await check(text);
    expect(found.map((d) => `${d.code} ${text.slice(d.span.start, d.span.end)}`)).toEqual([`${code} ${marked}`]);
  });
});
