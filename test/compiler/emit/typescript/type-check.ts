/**
 * Checks generated programs against the real types of the runtime: one strict TypeScript program for all of them, the
 * files in memory, `mmfc/runtime` mapped to this repository's.
 */
import { resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "../../../..");
const folder = resolve(root, "test/compiler/emit/typescript/in-memory");

/** What TypeScript finds wrong with the programs, a line each: `digits.ts:3: …`. */
export function typeProblems(programs: { readonly [name: string]: string }): string[] {
  const files = new Map<string, string>();
  const labels = new Map<string, string>();
  Object.entries(programs).forEach(([name, text], i) => {
    const plans = [
      `import type { DataPlan, EvaluatePlan, TrainPlan } from "../../../../../plan/plan.ts";`,
      `import * as program from "./p${i}.ts";`,
      "export const data: DataPlan = program.data;",
      "export const training: TrainPlan = program.training;",
      "export const evaluation: EvaluatePlan = program.evaluation;",
    ].join("\n");
    for (const [file, content] of [
      [`p${i}.ts`, text],
      [`plans${i}.ts`, plans],
    ] as const) {
      files.set(resolve(folder, file), content);
      labels.set(resolve(folder, file), file.startsWith("plans") ? `${name}'s plans` : name);
    }
  });
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
    esModuleInterop: true,
    types: ["node"],
    typeRoots: [resolve(root, "node_modules/@types")],
    paths: { "mmfc/runtime": [resolve(root, "runtime/index.ts")] },
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.directoryExists = (path) => path === folder || ts.sys.directoryExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = files.get(path);
    return text === undefined ? getSourceFile(path, version, ...rest) : ts.createSourceFile(path, text, version, true);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((each) => {
      const line =
        each.file && each.start !== undefined ? each.file.getLineAndCharacterOfPosition(each.start).line + 1 : 0;
      return `${labels.get(path)}:${line}: ${ts.flattenDiagnosticMessageText(each.messageText, " ")}`;
    });
  });
}
