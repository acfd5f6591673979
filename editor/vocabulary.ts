/**
 * The words of the language by the place in which an editor colours them, read off the registry: ops by role, kinds,
 * choices, the names of parameters and what each of these takes. Knows nothing of TextMate.
 */
import type { Entry, Param, ParamKind, Role } from "../compiler/registry/define.ts";
import { allEntries, definitionProperties, sections } from "../compiler/registry/index.ts";

export interface Vocabulary {
  /** The words of each role, in the order of the registry; those of later versions too: they are words of the language. */
  readonly words: ReadonlyMap<Role, readonly string[]>;
  /** Names of parameters and properties, of every entry and section. */
  readonly parameters: readonly string[];
  /** Bare words that a parameter may take: `same`, `standard`. */
  readonly choices: readonly string[];
  /** Names of parameters by the roles of the words that they take: `metrics` takes metrics. */
  readonly takes: readonly { readonly roles: readonly Role[]; readonly parameters: readonly string[] }[];
}

/** Roles whose words are stages of a flow. */
export const STAGE_ROLES = ["feature", "shape", "layer", "activation", "recurrent", "attention", "structure"] as const;

/** Reads the registry anew each time; the words of a role keep its order, all others are sorted. */
export function vocabulary(): Vocabulary {
  const entries: readonly Entry[] = [
    ...allEntries(),
    ...Object.values(sections),
    ...Object.values(definitionProperties),
  ];
  const words = new Map<Role, string[]>();
  for (const entry of allEntries()) {
    const known = words.get(entry.role) ?? [];
    if (!known.includes(entry.name)) known.push(entry.name);
    words.set(entry.role, known);
  }
  const parameters = new Set<string>();
  const choices = new Set<string>();
  const roles = new Map<string, Set<Role>>();
  for (const entry of entries) {
    for (const [name, parameter] of Object.entries(entry.params)) {
      parameters.add(name);
      for (const kind of kindsWithin(parameter)) {
        if (kind.is === "choice") for (const word of [...kind.of, ...(kind.planned ?? [])]) choices.add(word);
        if (kind.is !== "call") continue;
        const found = roles.get(name) ?? new Set();
        for (const role of kind.roles) found.add(role);
        roles.set(name, found);
      }
    }
  }
  const isWord = (text: string): boolean => /^[\p{L}_]/u.test(text);
  return {
    words,
    parameters: [...parameters].sort(),
    choices: [...choices].filter(isWord).sort(),
    takes: byRoles(roles),
  };
}

function byRoles(roles: ReadonlyMap<string, ReadonlySet<Role>>): Vocabulary["takes"] {
  const sets = new Map<string, { roles: Role[]; parameters: string[] }>();
  for (const [name, set] of roles) {
    const sorted = [...set].sort();
    const key = sorted.join("-");
    const group = sets.get(key) ?? { roles: sorted, parameters: [] };
    group.parameters.push(name);
    sets.set(key, group);
  }
  return [...sets.values()]
    .map((group) => ({ ...group, parameters: group.parameters.sort() }))
    .sort((a, b) => (a.roles.join() < b.roles.join() ? -1 : 1));
}

/** A parameter's kind and all kinds inside it. */
function kindsWithin(parameter: Param): readonly ParamKind[] {
  const all: ParamKind[] = [];
  const visit = (kind: ParamKind): void => {
    all.push(kind);
    if (kind.is === "either") kind.kinds.forEach(visit);
    else if (kind.is === "list" || kind.is === "range") visit(kind.of);
    else if (kind.is === "planned") visit(kind.kind);
  };
  visit(parameter.kind);
  return all;
}
