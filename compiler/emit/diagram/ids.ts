/**
 * Ids of nodes: the name where Mermaid allows it, else a safe one. The same names give the same ids.
 */

/** Words of Mermaid's flowchart grammar that are no ids. */
const reserved = new Set(
  "end class style click graph subgraph flowchart linkStyle href call interpolate default classDef note".split(" "),
);

/** Mermaid keeps nodes in plain objects: `constructor` parses and then breaks the layout. */
const isObjectMember = (name: string): boolean => name in Object.prototype;

/**
 * An id per name, in order: the name if it is `[A-Za-z][A-Za-z0-9_]*`, else `v1`, `v2`, …; `_` is appended to words of
 * Mermaid, to what every JavaScript object has, and until unused.
 */
export function safeIds(names: readonly string[]): Map<string, string> {
  const ids = new Map<string, string>();
  const used = new Set<string>(["note"]);
  const take = (name: string, wanted: string) => {
    let id = wanted;
    while (reserved.has(id) || isObjectMember(id) || used.has(id)) id += "_";
    used.add(id);
    ids.set(name, id);
  };
  const isSafe = (name: string) => /^[A-Za-z][A-Za-z0-9_]*$/.test(name);
  const isFree = (name: string) => isSafe(name) && !reserved.has(name) && !isObjectMember(name);
  // Names that stay as they are come first, so that no made-up id takes one of them.
  for (const name of names.filter(isFree)) take(name, name);
  for (const name of names.filter((name) => isSafe(name) && !isFree(name))) take(name, name);
  names
    .filter((name) => !isSafe(name))
    .forEach((name, i) => {
      take(name, `v${i + 1}`);
    });
  return ids;
}
