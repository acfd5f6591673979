/**
 * Specs with one token deleted, doubled or swapped with its neighbour: whatever comes out, compiling never throws, and
 * says little. FUZZ_SEED repeats a run, FUZZ_RUNS sets how many (500).
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { compileText } from "../../../compiler/compile.ts";
import { lex } from "../../../grammar/lex.ts";

const folder = new URL(".", import.meta.url);
const host = {
  read: (path: string) => (path === "planted-base.mmf" ? readFileSync(new URL(path, folder), "utf8") : undefined),
  list: () => [],
};
const specs = readdirSync(folder)
  .filter((name) => /^planted.*\.mmf$/.test(name))
  .map((path) => {
    const text = readFileSync(new URL(path, folder), "utf8");
    return { path, text, tokens: lex({ path, text }).tokens.map((t) => [t.startOffset, t.endOffset + 1] as const) };
  });

const runs = Number(process.env.FUZZ_RUNS ?? 500);
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

function mutate(text: string, tokens: readonly (readonly [number, number])[], at: number, how: number): string {
  const [start, end] = tokens[at]!;
  if (how === 0) return text.slice(0, start) + text.slice(end);
  if (how === 1) return `${text.slice(0, end)} ${text.slice(start)}`;
  const [nextStart, nextEnd] = tokens[at + 1] ?? tokens[at]!;
  const [one, between, two] = [text.slice(start, end), text.slice(end, nextStart), text.slice(nextStart, nextEnd)];
  return text.slice(0, start) + two + between + one + text.slice(nextEnd);
}

it("a changed token never throws, and gives at most two errors in 95 %", { timeout: 120_000 }, async () => {
  const counts: { [errors: number]: number } = {};
  let few = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: specs.length - 1 }),
      fc.nat(),
      fc.integer({ min: 0, max: 2 }),
      async (i, n, how) => {
        const { path, text, tokens } = specs[i]!;
        const changed = mutate(text, tokens, n % tokens.length, how);
        const { diagnostics } = await compileText(changed, { path, host });
        const errors = diagnostics.filter((d) => d.severity === "error").length;
        counts[errors] = (counts[errors] ?? 0) + 1;
        if (errors <= 2) few++;
        else if (process.env.FUZZ_SHOW) {
          const [from, to] = tokens[n % tokens.length]!;
          const what = `${path} ${["deleted", "doubled", "swapped"][how]} ${text.slice(from - 20, to + 25)}`;
          console.log(
            `${what}\n   ${diagnostics.map((d) => `${d.code} ${changed.slice(d.span.start, d.span.end)}`).join(" || ")}`,
          );
        }
      },
    ),
    { numRuns: runs, seed },
  );
  console.log(`seed ${seed}, errors: ${JSON.stringify(counts)}, at most two in ${((100 * few) / runs).toFixed(1)} %`);
  expect(few / runs).toBeGreaterThanOrEqual(0.95);
});
