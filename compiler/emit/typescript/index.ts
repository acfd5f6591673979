/** A checked model as a program that Node runs on the runtime: TypeScript to read, the same as JavaScript, its package. */
import type { Model } from "../../ir/ir.ts";
import { withoutTypes } from "./javascript.ts";
import { programText } from "./program-text.ts";

export interface ProgramFiles {
  readonly "program.ts": string;
  readonly "program.js": string;
}

/** The program of a model. The same model gives the same bytes. */
export async function emitTypescript(model: Model): Promise<ProgramFiles> {
  const program = programText(model);
  return { "program.ts": program.text, "program.js": await withoutTypes(program) };
}

export interface PackageOptions {
  /** Of mmfc: the runtime that the program imports. */
  readonly version: string;
  /** Folder of the spec from that of the program, with `/`; the program reads its data from there. */
  readonly base?: string;
}

/** package.json beside a program: which runtime it needs, and where its data are. */
export function emitPackage(_model: Model, { version, base }: PackageOptions): string {
  const description = {
    private: true,
    type: "module",
    dependencies: { mmfc: version },
    ...(base === undefined ? {} : { mmfc: { base } }),
  };
  return `${JSON.stringify(description, null, 2)}\n`;
}
