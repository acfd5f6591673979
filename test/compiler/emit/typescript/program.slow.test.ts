import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { emitPackage, emitTypescript } from "../../../../compiler/emit/typescript/index.ts";
import type { FlowGroup, Model } from "../../../../compiler/ir/ir.ts";
import { loadProgram } from "../../../../runtime/artifact/load-program.ts";
import { digits, lateModel, models, unusual } from "./models.ts";

const root = resolve(import.meta.dirname, "../../../..");

describe.each(Object.entries(models))("the program of %s", (name, build) => {
  test("is the one reviewed", async () => {
    const files = await emitTypescript(build());
    await expect(files["program.ts"]).toMatchFileSnapshot(`baselines/${name}.program.txt`);
  });

  test("is the same each time, whatever folder the spec is in", async () => {
    const elsewhere: Model = {
      ...build(),
      places: Object.fromEntries(
        Object.entries(build().places).map(([id, place]) => [id, { ...place, file: `/far/away/${place.file}` }]),
      ),
    };
    expect(await emitTypescript(elsewhere)).toEqual(await emitTypescript(build()));
  });

  test("is JavaScript without its types, comments kept", async () => {
    const files = await emitTypescript(build());
    const plain = (text: string) =>
      ts.transpileModule(text, {
        compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
      }).outputText;
    expect(plain(files["program.js"])).toBe(plain(files["program.ts"]));
    const parsed = ts.transpileModule(files["program.js"], {
      fileName: "program.js",
      reportDiagnostics: true,
      compilerOptions: { allowJs: true },
    });
    expect(parsed.diagnostics).toEqual([]);
    expect(files["program.js"]).not.toMatch(/as const|: Tf|type /);
    expect(files["program.js"].match(/^ *\/\/.*$/gm)).toEqual(files["program.ts"].match(/^ *\/\/.*$/gm));
  });

  const biome = resolve(root, "node_modules/.bin/biome");
  test.skipIf(!existsSync(biome))("is formatted as Biome would", async () => {
    for (const [file, text] of Object.entries(await emitTypescript(build()))) {
      const formatted = execFileSync(biome, ["format", `--stdin-file-path=${file}`], {
        cwd: root,
        input: text,
        stdio: ["pipe", "pipe", "ignore"],
      });
      expect(formatted.toString()).toBe(text);
    }
  });

  test("carries the plans unchanged", async () => {
    const model = build();
    const defineProgram = (given: object) => given;
    const program = (await loadProgram((await emitTypescript(model))["program.js"], {
      defineProgram,
      apply: () => undefined,
    })) as object as { [part: string]: unknown };
    expect(program.data).toEqual(model.data);
    expect(program.training).toEqual(model.training);
    expect(program.evaluation).toEqual(model.evaluation);
    expect([program.name, program.spec]).toEqual([model.name, model.spec]);
    expect(Object.keys((program.floors as object) ?? {})).toEqual(Object.keys(model.floors ?? {}));
  });
});

describe("what a spec says", () => {
  const nasty = "x\"`${process.exit(1)}'*/;\n\u2028process.exit(1);//\\";

  test("cannot end a literal or a comment", async () => {
    const model = digits();
    const renamed: Model = {
      ...model,
      name: nasty,
      spec: nasty,
      doc: nasty,
      groups: model.groups.map((group) => ({ ...group, doc: nasty })),
      layers: Object.fromEntries(
        Object.entries(model.layers).map(([id, layer]) => [
          id,
          layer.args.activation === "relu" ? { ...layer, args: { ...layer.args, activation: nasty } } : layer,
        ]),
      ),
      data: {
        ...model.data,
        source: nasty,
        modalities: { ...model.data.modalities, [nasty]: { type: "vector", column: nasty, normalize: "none" } },
        targets: { ...model.data.targets },
      },
      places: Object.fromEntries(Object.keys(model.places).map((id) => [id, { file: nasty, line: 1 }])),
    };
    const files = await emitTypescript(renamed);
    const parsed = ts.createSourceFile("program.js", files["program.js"], ts.ScriptTarget.ES2022);
    const ofDigits = ts.createSourceFile(
      "program.js",
      (await emitTypescript(model))["program.js"],
      ts.ScriptTarget.ES2022,
    );
    expect(parsed.statements.map((each) => each.kind)).toEqual(ofDigits.statements.map((each) => each.kind));
    const layers = new Proxy({}, { get: () => (options: unknown) => options });
    const program = await loadProgram(files["program.js"], {
      defineProgram: (given: unknown) => given,
      apply: (...all: unknown[]) => all,
    });
    expect([program.name, program.spec, program.data.source, Object.keys(program.data.modalities).at(-1)]).toEqual([
      nasty,
      nasty,
      nasty,
      nasty,
    ]);
    const built = program.buildModel(
      { input: (given: unknown) => given, layers, model: (given: unknown) => given } as never,
      { classes: () => 10 } as never,
    ) as unknown as { name: string };
    expect(built.name).toBe(nasty);
  });

  test("is refused where it would be code", async () => {
    const model = unusual();
    const broken: Model = {
      ...model,
      values: {
        ...model.values,
        values: {
          ...model.values.values!,
          type: {
            ...model.values.values!.type,
            axes: [{ name: "classes", size: { terms: [{ coefficient: 1, symbols: ["process.exit(1)"] }] } }],
          },
        },
      },
    };
    await expect(emitTypescript(broken)).rejects.toThrow("no program can say the size");
  });
});

describe("parts", () => {
  test("every head is an output, members of a late fusion too; a floor has its own function", async () => {
    const text = (await emitTypescript(lateModel()))["program.ts"];
    expect(text).toContain("outputs: { says, sounds, counts, risk }");
    expect(text).toContain('export const floors = { "only(report)": buildOnlyReport };');
    expect(text).toContain("const risk = verdict; // logits");
    expect(text).toContain(
      'tf.input({ name: "call", shape: [fitted.time("call"), 64], masked: true, optional: true })',
    );
  });

  test("a head on numbers keeps an activation of the spec's own; one on classes gives logits", async () => {
    const model = unusual();
    const last = (id: string) => (model.groups.find((group) => group.id === id) as FlowGroup).calls.at(-1)?.text;
    expect([last("values"), last("from_text")]).toEqual(["dense(1)", "sigmoid"]);
    const text = (await emitTypescript(model))["program.ts"];
    expect(text).not.toContain("sigmoid");
    expect(text).toContain("const values = apply(joint, ");
  });

  test("a shared block is declared once and used twice", async () => {
    const text = (await emitTypescript(unusual()))["program.ts"];
    expect(text.match(/tower_conv2d"/g)).toHaveLength(1);
    expect(text.match(/\.\.\.tower\b/g)).toHaveLength(2);
    expect(text.indexOf("const tower = [")).toBeLessThan(text.indexOf("...tower"));
  });

  test("package.json names the version and the folder of the spec", () => {
    expect(JSON.parse(emitPackage(digits(), { version: "0.1.0", base: ".." }))).toEqual({
      private: true,
      type: "module",
      dependencies: { mmfc: "0.1.0" },
      mmfc: { base: ".." },
    });
    expect(JSON.parse(emitPackage(digits(), { version: "0.1.0" }))).not.toHaveProperty("mmfc");
  });
});
