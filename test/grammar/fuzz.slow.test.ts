/**
 * Whatever the text is, nothing throws (survive.ts): 2,000 mangled specs here, 100,000 with `npm run fuzz`. The seed is
 * printed; FUZZ_SEED repeats it. And time grows with the text, not with its square.
 */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { compileText } from "../../compiler/compile.ts";
import { allSpecs, read } from "./specs.ts";
import { mangled, survive } from "./survive.ts";

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env.FUZZ_RUNS ?? 2_000);
console.log(`fuzz seed: ${seed} (FUZZ_SEED repeats it)`);

// seconds when alone, more beside other work
vi.setConfig({ testTimeout: 300_000 });

it(`${numRuns} mangled specs are read, checked, lowered, drawn and formatted`, async () => {
  const texts = allSpecs().map((s) => s.text);
  await fc.assert(fc.asyncProperty(mangled(texts), survive), { seed, numRuns });
});

describe("time", () => {
  it("large garbage ends soon", () => {
    const started = performance.now();
    const pieces =
      "( | ) | } |{}|a |model A { |encoder a = |\"|/*\n}|\ud800|1x|f(a, |/*|'|#\n|@\n|//\n|[: |a: b |= ".split("|");
    for (const piece of pieces) read(piece.repeat(Math.floor(20_000 / piece.length)));
    read("x".repeat(2_000_000));
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  const model = (inside: string, flow = "lstm(4)") =>
    `model A {\n  data { source: "a.csv" }\n  modality t: text { tokens: 9 }\n  target y: binary\n${inside}  head h: y = t -> embedding(4) -> ${flow}\n}\n`;
  const many = (n: number, of: (i: number) => string) => Array.from({ length: n }, (_, i) => of(i)).join("");

  /** Texts that grow with n in one respect; none may take the square of the time. */
  const growing: { readonly [what: string]: (n: number) => string } = {
    constants: (n) => model(many(n, (i) => `  let a${i} = ${i}\n`)),
    encoders: (n) => model(many(n, (i) => `  encoder e${i} = t -> embedding(4)\n`)),
    "a chain of encoders": (n) =>
      model(many(n, (i) => `  encoder e${i} = ${i ? `e${i - 1}` : "t -> embedding(4)"} -> relu\n`)),
    "a long flow": (n) => model("", `${many(n * 4, () => "relu -> ")}lstm(4)`),
    "models from each other": (n) => model("") + many(n, (i) => `model M${i} from ${i ? `M${i - 1}` : "A"} { }\n`),
    "a long list": (n) => model("").replace("tokens: 9", `tokens: 9, na: [${many(n * 9, (i) => `"a${i}", `)}]`),
    comments: (n) => model(many(n * 9, () => "  // mmfc-ignore unused-value: no\n")),
    errors: (n) => model(many(n, (i) => `  encoder e${i} = t -> grru(${i})\n`)),
  };

  it.each(Object.entries(growing))(
    "%s: ten times the text takes no more than some ten times as long",
    async (_, of) => {
      const cpu = async (text: string): Promise<number> => {
        let best = Number.POSITIVE_INFINITY;
        for (let i = 0; i < 3; i++) {
          const before = process.cpuUsage();
          await compileText(text, { path: "a.mmf", host: { read: () => undefined } });
          const { user, system } = process.cpuUsage(before);
          best = Math.min(best, user + system);
        }
        return best / 1000;
      };
      await cpu(of(90));
      const [small, large] = [await cpu(of(90)), await cpu(of(900))];
      // ten times is linear and a hundred is quadratic; small texts run in a cold engine and are measured in milliseconds
      expect(large).toBeLessThan(Math.max(small, 5) * 30);
    },
  );

  it.each([
    ["101 brackets", model("", `${"f(".repeat(101)}${")".repeat(101)}`)],
    ["100,000 statements", "let a = 1\n".repeat(99_000)],
    ["60,000 words", model("", "relu -> ".repeat(60_000))],
    [
      "blocks that double forty times",
      `${many(40, (i) => `block b${i} = ${i < 39 ? `b${i + 1} -> b${i + 1}` : "relu"}\n`)}${model("", "b0 -> lstm(4)")}`,
    ],
    [
      "blocks in each other",
      `${many(200, (i) => `block b${i} = ${i < 199 ? `b${i + 1}` : "relu"}\n`)}${model("", "b0 -> lstm(4)")}`,
    ],
    ["repeats in repeats", model("", "repeat(900, repeat(900, repeat(900, relu))) -> lstm(4)")],
  ])("%s: one message, soon", async (_, text) => {
    const before = process.cpuUsage();
    const { diagnostics } = await compileText(text, { path: "a.mmf", host: { read: () => undefined } });
    const { user, system } = process.cpuUsage(before);
    expect(diagnostics.map((d) => d.code)).toEqual(["spec-too-large"]);
    // a second is the limit for a user; this is without the start of Node
    expect((user + system) / 1e6).toBeLessThan(2);
  });
});
