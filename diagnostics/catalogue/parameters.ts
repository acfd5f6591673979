/** Messages about properties and arguments: missing, misplaced, of a wrong kind, at odds with each other. */
import { defineMessage } from "../define.ts";
import { code, count, share, tick, ticks } from "../phrase.ts";

export const parameters = {
  /** `needs`: the names that are missing; `write`: what to add, `tokens: 100`. */
  "missing-parameter": defineMessage<{ word: string; needs: readonly string[]; write: string }>({
    severity: "error",
    message: (f) => `${tick(f.word)} needs ${ticks(f.needs)}.`,
    help: (f) => `add ${code(f.write)}`,
    fix: "offer",
  }),
  /** Without `most` it follows a named argument; with it, `word` takes so many without a name. `write` or else `has`. */
  "argument-name": defineMessage<{
    text: string;
    most?: { word: string; takes: number };
    write?: string;
    has?: readonly string[];
  }>({
    severity: "error",
    message: (f) =>
      `${tick(f.text)} needs a name: ${f.most ? `${tick(f.most.word)} takes ${count(f.most.takes, "argument")} without one` : "it follows a named one"}.`,
    help: (f) => {
      if (f.write !== undefined) return `write ${code(f.write)}`;
      return f.has === undefined || f.has.length === 0 ? undefined : `it has ${ticks(f.has)}`;
    },
    fix: "certain",
  }),
  /** `place`: where it is given first, "line 12"; left out where both stand side by side. */
  "given-twice": defineMessage<{ text: string; place?: string }>({
    severity: "error",
    message: (f) => `${tick(f.text)} is given twice${f.place === undefined ? "" : ` (${f.place})`}.`,
    help: () => "keep one",
    fix: "certain",
  }),
  /** `takes`: "a whole number"; `is`: "a string". */
  "value-kind": defineMessage<{ name: string; takes: string; text: string; is: string; write?: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} takes ${f.takes}; ${tick(f.text)} is ${f.is}.`,
    help: (f) => (f.write === undefined ? undefined : `write ${code(f.write)}`),
    fix: "certain",
  }),
  /** `range`: "1 or more", "0 or more and below 1". */
  "value-range": defineMessage<{ name: string; range: string; text: string; write?: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} is ${f.range}, not ${tick(f.text)}.`,
    help: (f) => (f.write === undefined ? undefined : `write ${code(f.write)}`),
    fix: "offer",
  }),
  "parameter-excludes": defineMessage<{ text: string; other: string }>({
    severity: "error",
    message: (f) => `${tick(f.text)} and ${tick(f.other)} exclude each other.`,
    help: () => "keep one",
    fix: "offer",
  }),
  /** `needs`: what it means nothing without, `from:`. */
  "parameter-needs": defineMessage<{ name: string; needs: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} means nothing without ${code(f.needs)}.`,
    help: (f) => `add it, or remove ${tick(f.name)}`,
    fix: "offer",
  }),
  /** `why`: the op's own reason, "`words` has one axis already". */
  "no-effect": defineMessage<{ text: string; why: string }>({
    severity: "warning",
    message: (f) => `${tick(f.text)} changes nothing: ${f.why}.`,
    help: () => "remove it",
    fix: "certain",
  }),
  /** `total`: 1 is all; above it an error, below a warning. */
  "shares-sum": defineMessage<{ total: number }>({
    severity: { usually: "error", of: (f) => (f.total > 1 ? "error" : "warning") },
    message: (f) => `The parts add up to ${share(f.total)}.`,
    help: (f) => (f.total > 1 ? `lower one by ${share(f.total - 1)}` : "raise one, else these rows are not used"),
  }),
  "let-default": defineMessage<{ name: string; text: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} is ${tick(f.text)}, which is not among its candidates.`,
    help: () => "add it, or choose one",
    fix: "offer",
  }),
  /** `why` and `help`: message and help of what the candidate runs into. */
  "let-candidate": defineMessage<{ name: string; text: string; why: string; help?: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} as ${tick(f.text)} does not work: ${f.why.replace(/\.$/, "")}.`,
    help: (f) => f.help,
    fix: "offer",
  }),
  /** `place`: "line 12", where it reads `otherType`. */
  "shared-differs": defineMessage<{ name: string; type: string; otherType: string; place: string }>({
    severity: "error",
    message: (f) => `${tick(f.name)} is shared; it reads ${f.type} here and ${f.otherType} on ${f.place}.`,
    help: () => "bring both to one type, or remove `shared`",
    fix: "offer",
  }),
  "nothing-learns": defineMessage<{ name: string; frozen: readonly string[] }>({
    severity: "error",
    message: (f) => `${tick(f.name)} has no weight that learns.`,
    help: (f) => `remove \`frozen\` from ${ticks(f.frozen)}`,
  }),
  /** `needs`, `budget`: printed ("2,430,000 weights", "2,000,000"); `begin`: the stage that has the largest `part` (1 is all). */
  "over-budget": defineMessage<{
    name: string;
    what: "parameters" | "memory" | "step";
    needs: string;
    budget: string;
    begin?: { code: string; place: string; part: number };
  }>({
    severity: { usually: "error", of: (f) => (f.what === "step" ? "warning" : "error") },
    message: (f) => `${tick(f.name)} needs ${f.needs}; the budget is ${f.budget}.`,
    help: (f) =>
      f.begin === undefined
        ? undefined
        : `begin with ${code(f.begin.code)}, ${f.begin.place}, which has ${share(f.begin.part)}`,
  }),
};
