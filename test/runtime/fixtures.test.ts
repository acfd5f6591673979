/**
 * No case of the shared fixtures is left out in silence: each is compared by a test that is named, or stands here with its
 * reason. The list of what is not compared shrinks as words come: a word that the registry has is no reason any more.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { allEntries, modalities } from "../../compiler/registry/index.ts";
import { type Case, casesOf, type Fate, fateOf, fixtureFiles, nameOf, suites } from "./fixtures.ts";

const files = fixtureFiles();
if (files.length === 0) console.warn("SKIPPED: the shared fixtures are not there, so they are not counted");

const entries = new Map(allEntries().map((entry) => [entry.name, entry]));
/** Choices of the text modality's `tokenizer`, which are no entries. */
const tokenizer = modalities.get("text")!.params.tokenizer!.kind as { of: readonly string[]; planned?: string[] };

const isPlanned = (word: string): boolean => entries.get(word)?.later === true || tokenizer.planned!.includes(word);
const isThere = (word: string): boolean =>
  (entries.has(word) && entries.get(word)!.later !== true) || tokenizer.of.includes(word);

const all = files.flatMap((file) =>
  casesOf(file).map((one: Case) => ({ file, name: nameOf(one), fate: fateOf(file, one) })),
);

describe.skipIf(files.length === 0)("the shared fixtures", () => {
  it("each case is compared, or says why not", () => {
    const forgotten = all.filter(({ fate }) => fate === undefined);
    expect(
      forgotten.map(
        ({ file, name }) => `${file}: ${name} has no row in test/runtime/fixtures.ts: compare it, or say why not`,
      ),
    ).toEqual([]);
  });

  it("what waits for a word waits for one that is planned, and what has no word has none", () => {
    const wrong = all.flatMap(({ file, name, fate }) => {
      if (fate === undefined || "suite" in fate) return [];
      if ("later" in fate)
        return isPlanned(fate.later)
          ? []
          : [
              `${file}: ${name}: \`${fate.later}\` is ${isThere(fate.later) ? "in the registry now: compare it" : "not among the planned words"}`,
            ];
      return fate.word !== undefined && isThere(fate.word)
        ? [`${file}: ${name}: the registry has \`${fate.word}\` now: compare it`]
        : [];
    });
    expect(wrong).toEqual([]);
  });

  it("the tests that compare are there and take their cases from the table", () => {
    for (const file of Object.values(suites)) {
      const at = path.resolve(import.meta.dirname, "../..", file);
      expect(existsSync(at), file).toBe(true);
      expect(readFileSync(at, "utf8"), file).toContain("fixtures.ts");
    }
  });

  it("counts", () => {
    const count = (file: string, of: (fate: Fate) => boolean): number =>
      all.filter((one) => one.file === file && one.fate !== undefined && of(one.fate)).length;
    const lines = files.map((file) => {
      const compared = count(file, (fate) => "suite" in fate);
      const waiting = count(file, (fate) => "later" in fate);
      const rest = count(file, (fate) => "why" in fate);
      return `${file.padEnd(40)} ${String(compared).padStart(4)} compared ${String(waiting).padStart(3)} wait for a word ${String(rest).padStart(4)} have none`;
    });
    console.log(lines.join("\n"));
    const compared = all.filter(({ fate }) => fate !== undefined && "suite" in fate).length;
    console.log(`${compared} of ${all.length} cases are compared`);
    expect(compared).toBeGreaterThan(all.length / 2);
  });
});
