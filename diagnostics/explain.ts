/**
 * What `mmfc explain CODE` shows: the page of a code with its family, severity and the lines in which the wrong spec and the
 * right one differ. Loaded only on request; reporting does without.
 */
import { type Code, entry, families, isCode } from "./catalogue.ts";
import type { Page } from "./define.ts";
import type { Severity } from "./diagnostic.ts";
import { dataPages } from "./pages/data.ts";
import { absencePages, fusionPages } from "./pages/fusion.ts";
import { leaksPages, targetsPages } from "./pages/leaks.ts";
import { enginePages, internalPages, runsPages, trainingPages } from "./pages/machine.ts";
import { namesPages } from "./pages/names.ts";
import { parametersPages } from "./pages/parameters.ts";
import { shapesPages } from "./pages/shapes.ts";
import { syntaxPages } from "./pages/syntax.ts";

/** The page of every code. */
export const pages: Readonly<Record<Code, Page>> = {
  ...syntaxPages,
  ...namesPages,
  ...parametersPages,
  ...shapesPages,
  ...fusionPages,
  ...absencePages,
  ...leaksPages,
  ...targetsPages,
  ...dataPages,
  ...trainingPages,
  ...runsPages,
  ...enginePages,
  ...internalPages,
};

export interface Explanation extends Page {
  readonly code: Code;
  readonly family: keyof typeof families;
  /** What it is; where the facts decide, what it usually is. */
  readonly severity: Severity;
  /** Some of its messages carry a certain fix. */
  readonly fixable: boolean;
  /** A spec alone does not yield it. */
  readonly needs?: "data" | "run" | "engine";
  /** The lines of `bad` that are not in `good` and the other way round; for prose, the prose. */
  readonly wrong: readonly string[];
  readonly right: readonly string[];
}

/** The explanation of a code, or nothing if there is no such code. */
export function explain(code: string): Explanation | undefined {
  if (!isCode(code)) return undefined;
  const message = entry(code);
  const page = pages[code];
  return {
    code,
    family: familyOf(code),
    severity: typeof message.severity === "string" ? message.severity : message.severity.usually,
    fixable: message.fix === "certain",
    ...(message.needs === undefined ? {} : { needs: message.needs }),
    ...page,
    wrong: beyond(page.bad, page.good, page.beside),
    right: beyond(page.good, page.bad, page.beside),
  };
}

function familyOf(code: Code): keyof typeof families {
  const all = Object.keys(families) as (keyof typeof families)[];
  return all.find((family) => Object.hasOwn(families[family], code)) as keyof typeof families;
}

function beyond(of: Page["bad"], other: Page["bad"], beside: string | undefined): string[] {
  if (typeof of !== "string") return [of.note];
  const known = new Set(typeof other === "string" ? other.split("\n") : []);
  return of
    .split("\n")
    .filter((line) => line.trim() !== "")
    .filter((line) => !known.has(line) || (beside !== undefined && line.trim().startsWith(beside)))
    .map((line) => line.trim());
}
