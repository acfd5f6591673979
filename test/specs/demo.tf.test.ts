/** A small demo from its first to its last line, through the real script and the real binary. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/build.mjs";

const modalities = ["report", "chart", "call", "sheet"];

interface Scores {
  readonly accuracy: number;
  readonly f1: number;
  readonly roc_auc: number;
}

/** scorecard.json as other programs may rely on it. */
interface Scorecard {
  readonly model: string;
  readonly spec: string;
  readonly engine: string;
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number };
  readonly heads: {
    readonly risk: {
      readonly target: string;
      readonly validation: Scores;
      readonly test: Scores;
      readonly floors: { readonly [name: string]: Scores };
    };
  };
  readonly parameters: number;
  readonly seconds: { readonly prepare: number; readonly train: number; readonly evaluate: number };
}

describe("npm run demo", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "mmfc-demo-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let shown: { status: number | null; stdout: string; stderr: string };
  beforeAll(() => {
    // 900 rows and 5 epochs: enough that a model of all four is far above what one part can know.
    const args = [path.join(root, "scripts/demo.mjs"), "--rows", "900", "--epochs", "5", "-o", folder];
    shown = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, CI: "1", NO_COLOR: "1", LANG: "C.UTF-8", LC_ALL: "" },
    });
  });

  it("makes up a table with pictures and recordings", () => {
    const data = path.join(folder, "demo-data");
    const lines = readFileSync(path.join(data, "calls.csv"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(901);
    const calls = readdirSync(path.join(data, "calls"));
    expect(readdirSync(path.join(data, "charts"))).toHaveLength(900);
    // About 8 % were not recorded: 828 ± 4 deviations of a binomial.
    expect(Math.abs(calls.length - 828)).toBeLessThan(33);
    expect(shown.stdout).toMatch(/900 calls in .*, seed 7: \d+ defaults, \d+ calls not recorded\nKnown answer: /);
  });

  it("trains, and all four modalities together beat each alone and what one can know", () => {
    expect(shown.stderr).not.toContain("internal-error");
    expect(shown.status).toBe(0);
    const card = JSON.parse(readFileSync(path.join(folder, "demo/scorecard.json"), "utf8")) as Scorecard;
    const { risk } = card.heads;
    expect([card.model, path.basename(card.spec), risk.target]).toEqual(["Credit", "credit.mmf", "defaulted"]);
    expect(card.engine).not.toBe("");
    expect(Object.keys(risk.floors).sort()).toEqual(["majority", ...modalities.map((name) => `only(${name})`)].sort());
    for (const scores of [risk.validation, risk.test, ...Object.values(risk.floors)])
      for (const metric of ["accuracy", "f1", "roc_auc"] as const) expect(scores[metric]).toBeTypeOf("number");
    // One part can be right in 68 % of the rows, all in 94 %; a model that has lost one of the four stays below.
    for (const floor of Object.values(risk.floors)) expect(risk.test.roc_auc).toBeGreaterThan(floor.roc_auc + 0.05);
    expect(risk.test.accuracy).toBeGreaterThan(risk.floors.majority!.accuracy + 0.2);
    expect(risk.test.roc_auc).toBeGreaterThan(0.8);
    expect(card.parameters).toBeGreaterThan(10_000);
    for (const seconds of [card.seconds.prepare, card.seconds.train, card.seconds.evaluate])
      expect(seconds).toBeGreaterThan(0);
  });

  it("prints the scorecard, each modality beside all four, and where everything lies", () => {
    expect(shown.stdout).toMatch(/\nCredit · \d+ train, \d+ validation, \d+ test rows · seed 7 · /);
    expect(shown.stdout).toMatch(/\n {2}Fusion adds -?[\d.]+ points of accuracy over /);
    for (const name of [...modalities, "all four"])
      expect(shown.stdout).toMatch(new RegExp(`\n${name} +\\d+\\.\\d % +\\d+\\.\\d %\n`));
    for (const file of ["demo/graph.mmd", "demo/program.ts", "demo/weights.safetensors", "demo-data/credit.mmf"])
      expect(existsSync(path.join(folder, file)), file).toBe(true);
    expect(shown.stdout).toContain(path.join(folder, "demo/graph.mmd"));
  });
});
