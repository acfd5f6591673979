/** Numbers that explode: the step, what went first and its line in the spec, and what is left; and a head that learned nothing. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { folderWith, run } from "./run.ts";

function numbers(rows = 300): string {
  let state = 1;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647) * 2 - 1;
  };
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c, d] = [next(), next(), next(), next()];
    return `p${i},${a.toFixed(4)},${b.toFixed(4)},${c.toFixed(4)},${(a + b - c + 0.3 * d).toFixed(4)},${d > 0.75 ? "yes" : "no"}`;
  });
  return `id,a,b,c,y,rare\n${lines.join("\n")}\n`;
}

const model = (body: string, train: string, head = "head guess: y = inner { metrics: [mae], loss: mae }"): string => `
model M {
  data { source: "nums.csv", id: "id", split: random(train: 70%, validation: 15%, test: 15%) }
  modality left: vector { columns: ["a", "b"] }
  modality right: vector { columns: ["b", "c"] }
  ${head.includes("rare") ? 'target rare: binary { positive: "yes" }' : 'target y: regression { column: "y" }'}
${body}
  ${head}
  train { ${train}, seed: 1 }
  evaluate { baselines: [mean], bootstrap: 50 }
}
`;
const joined = "  fusion both: early = concatenate(left, right)\n";

const { folder: cwd, remove } = folderWith({
  "nums.csv": numbers(),
  "slow.mmf": model(
    // A straight line learns in steps twice too long: each error is three times the one before.
    joined,
    "optimizer: sgd(1), epochs: 60",
    "head guess: y = both { metrics: [mae] }",
  ),
  "repeat.mmf": model(
    `${joined}  encoder inner = both -> dense(4) -> repeat(3, residual(dense(5) -> dense(4)))`,
    "optimizer: sgd(1e13), epochs: 9",
  ),
  "shared.mmf": `shared block tower = dense(4) -> dense(5) -> repeat(4, dense(6))\n${model(
    "  encoder l = left -> tower\n  encoder r = right -> tower\n  fusion inner: mid = concatenate(l, r)",
    "optimizer: sgd(1e13), epochs: 9",
  )}`,
  "lame.mmf": model(
    `${joined}  encoder inner = both -> dense(4, relu)`,
    "optimizer: adam(1e-2), epochs: 8",
    "head guess: rare = inner { metrics: [f1] }",
  ).replace("baselines: [mean]", "baselines: [majority]"),
});
afterAll(remove);
const train = (name: string) => run(["train", `${name}.mmf`, "--threads", "1", "-o", `runs/${name}`], { cwd });

describe("a loss that is no number", () => {
  it("after some epochs leaves the weights of the last whole one, which can be judged", async () => {
    const { code, stdout, stderr } = await train("slow");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const found = /\n {2}The loss became (?:infinite|NaN) in step (\d+) \(epoch (\d+)\), first .*\n/.exec(stderr);
    expect(found, stderr).not.toBeNull();
    const [step, epoch] = [Number(found?.[1]), Number(found?.[2])];
    expect(Math.ceil(step / 7)).toBe(epoch);
    expect(epoch).toBeGreaterThan(1);
    expect(stderr).toMatch(/^slow\.mmf:\d+:\d+ error loss-not-finite$/m);
    expect(stderr).toContain(
      `Stopped in epoch ${epoch}. The weights of epoch ${epoch - 1} can be judged: mmfc eval runs/slow`,
    );
    const judged = await run(["eval", "runs/slow"], { cwd });
    expect(judged.code).toBe(0);
    expect(judged.stderr).toContain(`runs/slow stopped in epoch ${epoch} of 60: its`);
    expect(judged.stderr).toContain(`weights are used, those of epoch ${epoch - 1}.`);
    expect(judged.stderr).not.toContain("help:");
    const { status, epochs } = JSON.parse(readFileSync(path.join(cwd, "runs/slow/environment.json"), "utf8"));
    expect({ status, epochs }).toMatchObject({
      status: "failed",
      epochs: { planned: 60, ended: epoch - 1, kept: epoch - 1 },
    });
    // The same numbers come again.
    const again = await run(["train", "--resume", "runs/slow"], { cwd });
    expect(again.code).toBe(1);
    expect(again.stderr).toContain(found?.[0]);
  });

  it("points into repeat and into shared blocks, and leaves nothing where no epoch was whole", async () => {
    const repeated = await train("repeat");
    expect(repeated.code).toBe(1);
    expect(repeated.stderr).toMatch(
      /^repeat\.mmf:8:\d+ error loss-not-finite\n.*\n +\| +\^+\n {2}The loss became \w+ in step 2 \(epoch 1\), first in the output of `dense\([45]\)`\./m,
    );
    expect(repeated.stderr).toMatch(/\nStopped in epoch 1\.\n$/);
    expect(existsSync(path.join(cwd, "runs/repeat"))).toBe(false);
    const shared = await train("shared");
    expect(shared.stderr).toMatch(
      /^shared\.mmf:1:\d+ error loss-not-finite\n.*\n +\| +\^+\n {2}The loss became \w+ in step 2 \(epoch 1\), first in the output of `dense\(6\)`\./m,
    );
  });
});

it("a head that says the same for every row of validation is a warning at its place", async () => {
  const { code, stderr } = await train("lame");
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^lame\.mmf:\d+:8 warning same-prediction\n.*\n.*\n {2}`guess` predicts "no" for all 45 rows of validation\.\n/m,
  );
});
