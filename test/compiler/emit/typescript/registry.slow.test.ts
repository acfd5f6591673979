/** Every op and fusion, every spec: what they compile to is right TypeScript, and the network has the weights of the IR. */
import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import * as tfjs from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { compileFile, compileText } from "../../../../compiler/compile.ts";
import { emitTypescript } from "../../../../compiler/emit/typescript/index.ts";
import { allCalls } from "../../../../compiler/ir/cost.ts";
import { isFlow, type Model } from "../../../../compiler/ir/ir.ts";
import type { Dim } from "../../../../compiler/types/dim.ts";
import { loadProgram } from "../../../../runtime/artifact/load-program.ts";
import * as runtime from "../../../../runtime/index.ts";
import { createTf, type Fitted } from "../../../../runtime/layers/index.ts";
import { combinations, examples } from "./examples.ts";
import { models } from "./models.ts";
import { typeProblems } from "./type-check.ts";

const shared = resolve(process.env.MMFC_SHARED ?? resolve(import.meta.dirname, "../../../../../shared"), "specs");
const hasSpecs = existsSync(shared);
if (!hasSpecs) console.warn(`no specs at ${shared}: those tests are skipped`);

/** Sizes of data that are not there. */
const sizes = { features: 7, vocabulary: 11, classes: 3, time: 40, bands: 6 } as const;
const fitted: Fitted = {
  features: () => sizes.features,
  vocabulary: () => sizes.vocabulary,
  classes: () => sizes.classes,
  time: () => sizes.time,
  size: (symbol) => sizes[symbol.slice(symbol.lastIndexOf(".") + 1) as keyof typeof sizes],
};
const sizeOf = (dim: Dim): number =>
  typeof dim === "number"
    ? dim
    : dim.terms.reduce(
        (sum, term) => sum + term.symbols.reduce((product, symbol) => product * fitted.size(symbol), term.coefficient),
        0,
      );

/** Name, shape and whether it is trained, of each weight of the IR. */
function weightsOf(model: Pick<Model, "groups" | "layers">): string[] {
  const ids = new Set(
    model.groups.filter(isFlow).flatMap((group) => [...allCalls(group.calls)].map((call) => call.layer)),
  );
  return [...ids]
    .flatMap((id) =>
      (model.layers[id]?.weights ?? []).map(
        (weight) => `${id}/${weight.name} [${weight.shape.map(sizeOf).join(", ")}]${weight.trainable ? "" : " fixed"}`,
      ),
    )
    .sort();
}

async function builtWeights(text: string): Promise<{ whole: string[]; floors: { [floor: string]: string[] } }> {
  const program = await loadProgram(text, runtime);
  const build = (make: typeof program.buildModel) => {
    const model = make(createTf(tfjs, { seed: 1 }), fitted);
    const weights = model
      .weights()
      .map(({ name, variable, trainable }) => `${name} [${variable.shape.join(", ")}]${trainable ? "" : " fixed"}`);
    model.dispose();
    return weights.sort();
  };
  return {
    whole: build(program.buildModel),
    floors: Object.fromEntries(Object.entries(program.floors ?? {}).map(([floor, make]) => [floor, build(make)])),
  };
}

const programs: { [name: string]: string } = {};
const irs: { [name: string]: Model } = {};
/** Messages of examples that do not compile. */
const refused: { [name: string]: string } = {};

beforeAll(async () => {
  await tfjs.setBackend("cpu");
  for (const [name, build] of Object.entries(models)) programs[name] = (await emitTypescript(build()))["program.ts"];
  const keep = async (name: string, model: Model) => {
    irs[name] = model;
    programs[name] = (await emitTypescript(model))["program.ts"];
  };
  for (const { entry, text } of [...examples(), ...combinations]) {
    const { models: compiled, diagnostics } = await compileText(text, { path: "example.mmf" });
    const model = compiled[0]?.ir;
    if (model) await keep(entry, model);
    else refused[entry] = `${diagnostics.map((each) => each.message).join("\n")}\n${text}`;
  }
  if (!hasSpecs) return;
  for (const file of readdirSync(shared).filter((name) => name.endsWith(".mmf"))) {
    for (const { name, ir } of (await compileFile(resolve(shared, file))).models)
      if (ir) await keep(`${file} ${name}`, ir);
  }
}, 120_000);

test("every example of an op or a fusion compiles", () => {
  expect(refused).toEqual({});
  expect(Object.keys(irs).length).toBeGreaterThan(60);
});

test("all programs are right TypeScript for the runtime's types, their plans too", () => {
  // A wrong one among them: the check can fail.
  const wrong = (programs.digits as string).replace("filters: 16", 'filters: "16"').replace("epochs: 15", "epoch: 15");
  const problems = typeProblems({ ...programs, wrong });
  expect(problems.filter((problem) => !problem.startsWith("wrong"))).toEqual([]);
  expect(problems.some((problem) => problem.startsWith("wrong:"))).toBe(true);
  expect(problems.some((problem) => problem.startsWith("wrong's plans:"))).toBe(true);
}, 120_000);

describe("networks have the weights of the IR", () => {
  const check = async (name: string) => {
    const model = irs[name] as Model;
    const { whole, floors } = await builtWeights((await emitTypescript(model))["program.js"]);
    expect(whole).toEqual(weightsOf(model));
    for (const [floor, part] of Object.entries(model.floors ?? {}))
      expect(floors[floor], floor).toEqual(weightsOf(part));
  };
  test.each([...examples(), ...combinations].map(({ entry }) => entry))("%s", (entry) => check(entry), 60_000);

  // Flattened pictures make weights too large for a test that only looks at shapes.
  const files = hasSpecs
    ? ["countries.mmf Countries", "houses.mmf Houses", "easyvqa.mmf EasyVqa", "seed_early_late.mmf SeedEarly"]
    : [];
  test.each(files)("%s", (name) => check(name), 60_000);
});
