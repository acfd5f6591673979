/**
 * From the text of a program.js to the program it exports, with the runtime that is running, whatever is installed where
 * the file lies: one tfjs, one set of layer classes. Runs nothing of the program but its top level.
 */
import type { Program } from "../program.ts";

const KEY = "mmfc.runtime";

/** What programs import from `mmfc/runtime`. Given by the caller, for index.ts imports this folder itself. */
export type RuntimeExports = { readonly [name: string]: unknown };

/**
 * Evaluates the text with its import of `mmfc/runtime` bound to `runtime`.
 *
 * @throws SyntaxError, or whatever the text throws; TypeError if it exports no program
 */
export async function loadProgram(text: string, runtime: RuntimeExports): Promise<Program> {
  // The program is loaded, not started: whatever file Node runs, its own command line stays out of it.
  (globalThis as { [key: symbol]: unknown })[Symbol.for(KEY)] = {
    ...runtime,
    defineProgram: (program: unknown) => program,
  };
  const bound = text.replace(
    /^import\s*\{([^}]*)\}\s*from\s*["']mmfc\/runtime["'];?/gm,
    (_, names: string) =>
      `const {${names.replace(/\s+as\s+/g, ": ")}} = globalThis[Symbol.for(${JSON.stringify(KEY)})];`,
  );
  const url = `data:text/javascript;charset=utf-8,${encodeURIComponent(bound)}`;
  const module = (await import(/* @vite-ignore */ url)) as { default?: unknown };
  if (!isProgram(module.default)) throw new TypeError("it exports no program");
  return module.default;
}

function isProgram(value: unknown): value is Program {
  const program = value as Partial<Program> | null | undefined;
  return (
    typeof program?.buildModel === "function" && typeof program.name === "string" && typeof program.data === "object"
  );
}

/** A program without its comments, which name lines of the spec: what has to be equal for two to be the same. */
export function codeOf(program: string): string {
  const lines = program.split("\n").filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line));
  return lines.join("\n");
}
