/**
 * Specs that are wrong in one place: a token deleted, doubled, swapped or put in, a line lost or doubled, the text cut.
 * What is said of them is counted against what is said of the spec as it is.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileText } from "../../../compiler/compile.ts";
import type { Diagnostic } from "../../../diagnostics/diagnostic.ts";
import { lex } from "../../../grammar/lex.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const shared = join(process.env.MMFC_SHARED ?? join(root, "..", "shared"), "specs");

export interface MangleSpec {
  readonly path: string;
  readonly text: string;
  /** What is said of the spec itself: words that this version lacks. */
  readonly base: readonly string[];
}

const host = {
  read: (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : undefined),
  list: (folder: string) => (existsSync(folder) ? readdirSync(folder) : []),
};

export async function check(text: string, path: string): Promise<readonly Diagnostic[]> {
  return (await compileText(text, { path, host })).diagnostics;
}

const keyOf = (text: string, d: Diagnostic): string => `${d.code} ${text.slice(d.span.start, d.span.end)}`;

/** The specs that come with mmfc, those beside the repository where they are, and the planted ones. */
export async function mangleSpecs(): Promise<MangleSpec[]> {
  if (!existsSync(shared)) console.warn(`no shared specs at ${shared}: only those of this repository are mangled`);
  const paths = [
    ...(existsSync(shared) ? readdirSync(shared).map((name) => join(shared, name)) : []),
    ...readdirSync(join(root, "specs")).map((name) => join(root, "specs", name, `${name}.mmf`)),
    join(root, "specs", "demo", "credit.mmf"),
    ...readdirSync(import.meta.dirname)
      .filter((name) => /^planted.*\.mmf$/.test(name))
      .map((name) => join(import.meta.dirname, name)),
  ].filter((path) => path.endsWith(".mmf") && existsSync(path));
  return Promise.all(
    paths.map(async (path) => {
      const text = readFileSync(path, "utf8");
      return { path, text, base: (await check(text, path)).map((d) => keyOf(text, d)) };
    }),
  );
}

/** Errors beyond those of the spec as it is. */
export async function newErrors(spec: MangleSpec, text: string): Promise<Diagnostic[]> {
  const known = [...spec.base];
  return (await check(text, spec.path)).filter((d) => {
    const at = known.indexOf(keyOf(text, d));
    if (at >= 0) known.splice(at, 1);
    return at < 0 && d.severity === "error";
  });
}

export interface Mangled {
  readonly text: string;
  /** Where, for people: the place with what is around it. */
  readonly at: string;
}

type Place = readonly [start: number, end: number];

const tokensOf = ({ path, text }: MangleSpec): Place[] =>
  lex({ path, text }).tokens.map((t) => [t.startOffset, t.endOffset + 1] as const);

const around = (text: string, [start, end]: Place): string =>
  `${text.slice(Math.max(0, start - 25), start)}«${text.slice(start, end)}»${text.slice(end, end + 25)}`.replace(
    /\s+/g,
    " ",
  );

/** One way to be wrong, at every place where it is possible. */
export const manglers: { readonly [how: string]: (spec: MangleSpec) => Mangled[] } = {
  deleted: (spec) => each(spec, (text, [start, end]) => text.slice(0, start) + text.slice(end)),
  doubled: (spec) => each(spec, (text, [start, end]) => `${text.slice(0, end)} ${text.slice(start)}`),
  swapped: (spec) =>
    each(spec, (text, [start, end], next) => {
      if (next === undefined) return undefined;
      const [one, two] = [text.slice(start, end), text.slice(next[0], next[1])];
      return one === two
        ? undefined
        : text.slice(0, start) + two + text.slice(end, next[0]) + one + text.slice(next[1]);
    }),
  cut: (spec) => each(spec, (text, [, end]) => text.slice(0, end)),
  "line lost": (spec) => eachLine(spec, () => []),
  "line doubled": (spec) => eachLine(spec, (line) => [line, line]),
  "token put in": (spec) => {
    const tokens = tokensOf(spec);
    return each(spec, (text, [, end], _, i) => {
      // any other token of the spec, the same one each time
      const [from, to] = tokens[(i * 7919 + 13) % tokens.length] as Place;
      return `${text.slice(0, end)} ${text.slice(from, to)} ${text.slice(end)}`;
    });
  },
};

function each(
  spec: MangleSpec,
  change: (text: string, place: Place, next: Place | undefined, i: number) => string | undefined,
): Mangled[] {
  const tokens = tokensOf(spec);
  return tokens.flatMap((place, i) => {
    const text = change(spec.text, place, tokens[i + 1], i);
    return text === undefined ? [] : [{ text, at: around(spec.text, place) }];
  });
}

function eachLine(spec: MangleSpec, change: (line: string) => readonly string[]): Mangled[] {
  const lines = spec.text.split("\n");
  return lines.flatMap((line, i) =>
    line.trim() === "" || /^\s*\/\//.test(line)
      ? []
      : [{ text: [...lines.slice(0, i), ...change(line), ...lines.slice(i + 1)].join("\n"), at: `line ${i + 1}` }],
  );
}
