/** Which parameters of a word are given without their names: what the formatter asks the registry for. */
import { allEntries } from "./index.ts";

let known: ReadonlyMap<string, readonly string[]> | undefined;

/**
 * The leading parameters of a word of the language. Where a word has several meanings, those that all of them share; the
 * features of sound (`mel(bands: 64)`) keep their names, and fusions take their sources first.
 */
export function leadingParameters(word: string): readonly string[] {
  known ??= readLeading();
  return known.get(word) ?? [];
}

const named: ReadonlySet<string> = new Set(["sound", "fusion", "late", "modality", "target"]);

function readLeading(): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const entry of allEntries()) {
    const takesAny = "rest" in entry && entry.rest !== undefined;
    const own = named.has(entry.role) || takesAny ? [] : Object.keys(entry.params).slice(0, entry.positional ?? 0);
    const before = found.get(entry.name) ?? own;
    const differs = before.findIndex((name, i) => own[i] !== name);
    found.set(entry.name, differs < 0 ? before : before.slice(0, differs));
  }
  return found;
}
