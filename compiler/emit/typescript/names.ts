/**
 * Names of a spec as names of variables: as they are where they can be, else changed, always the same way and never two
 * alike. Knows which names a program uses itself.
 */
import { isIdentifier } from "./literals.ts";

/** What the program's own text says, and words that cannot name a variable in a module. */
const taken: ReadonlySet<string> = new Set([
  ..."apply defineProgram Fitted Tf tf fitted data buildModel training evaluation floors Math undefined NaN Infinity".split(
    " ",
  ),
  ..."arguments async await break case catch class const continue debugger default delete do else enum eval export extends".split(
    " ",
  ),
  ..."false finally for function if implements import in instanceof interface let new null of package private protected".split(
    " ",
  ),
  ..."public return static super switch this throw true try typeof using var void while with yield".split(" "),
]);

/** Gives out names of variables; each is given once. */
export interface Names {
  /** The variable of a value of the spec; a name not known is a mistake of the compiler. */
  of(id: string): string;
  /** A new variable, called so if that is free. */
  fresh(wanted: string): string;
}

/** `ids` in the order of the spec. Those that can stay as they are do, so that `x_` never takes the place of another's `x_`. */
export function createNames(ids: readonly string[]): Names {
  const used = new Set<string>(taken);
  const byId = new Map<string, string>();
  for (const id of ids) {
    if (!isIdentifier(id) || used.has(id)) continue;
    byId.set(id, id);
    used.add(id);
  }
  const fresh = (wanted: string): string => {
    const cleaned = [...wanted].map((c) => (isIdentifier(`_${c}`) ? c : "_")).join("");
    const base = isIdentifier(cleaned) ? cleaned : `_${cleaned}`;
    let name = base;
    if (taken.has(name)) name = `${base}_`;
    for (let i = 2; used.has(name); i += 1) name = `${base}_${i}`;
    used.add(name);
    return name;
  };
  for (const id of ids) if (!byId.has(id)) byId.set(id, fresh(id));
  return {
    of(id) {
      const name = byId.get(id);
      if (name === undefined) throw new Error(`the program has no value ${id}`);
      return name;
    },
    fresh,
  };
}

/** `max_pooling2d` is `maxPooling2d`: the runtime's way of writing what the language writes with underscores. */
export function camelCase(word: string): string {
  return word.replace(/_+([\p{L}\p{N}])/gu, (_, letter: string) => letter.toUpperCase());
}
