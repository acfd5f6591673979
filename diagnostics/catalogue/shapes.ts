/** Messages about types: ids and numbers, ranks, axes, sizes. `from` says where a type came from: "lstm(128), line 21". */
import { defineMessage } from "../define.ts";
import { type Near, nearHelp } from "../near.ts";
import { code, codes, count, list, number, path, tick } from "../phrase.ts";

export const shapes = {
  /** Either `put` (code before it) or `use` (another op). */
  "ids-or-numbers": defineMessage<{
    word: string;
    reads: "numbers" | "token ids";
    name: string;
    holds: "numbers" | "token ids";
    from: string;
    put?: string;
    use?: string;
  }>({
    severity: "error",
    message: (f) => `${tick(f.word)} reads ${f.reads}; ${tick(f.name)} holds ${f.holds} (${f.from}).`,
    help: (f) => putOrUse(f.put, f.use),
    fix: "offer",
  }),
  /** `before`: the stage that took the sequence away. */
  "no-sequence": defineMessage<{ word: string; name: string; from: string; before?: string }>({
    severity: "error",
    message: (f) => `${tick(f.word)} steps through a sequence; ${tick(f.name)} is one vector a row (${f.from}).`,
    help: (f) => `use \`dense\`${f.before === undefined ? "" : `, or read the value before ${code(f.before)}`}`,
    fix: "offer",
  }),
  /** `reads`, `has`: the axes without `B`, "height". */
  "rank-mismatch": defineMessage<{
    word: string;
    reads: readonly string[];
    name: string;
    has: readonly string[];
    from: string;
    put?: string;
    use?: string;
  }>({
    severity: "error",
    message: (f) => `${tick(f.word)} reads ${list(f.reads)}; ${tick(f.name)} has ${list(f.has)} (${f.from}).`,
    help: (f) => putOrUse(f.put, f.use),
    fix: "certain",
  }),
  /** `axes`: what is left, "tokens=200"; `add`, `or`: stages with their arrow, `-> attention_pooling`; `place`: "line 50". */
  "axes-left-over": defineMessage<{
    name: string;
    axes: readonly string[];
    from: string;
    add: string;
    place: string;
    or?: string;
  }>({
    severity: "error",
    message: (f) => `A head reads one vector a row; ${tick(f.name)} still has ${list(f.axes)} (${f.from}).`,
    help: (f) => `add ${code(f.add)} to ${f.place}${f.or === undefined ? "" : `, or ${code(f.or)}`}`,
    fix: "offer",
  }),
  /** `axes`: "height=5". */
  "kernel-too-large": defineMessage<{ text: string; axes: readonly string[]; name: string; from: string }>({
    severity: "error",
    message: (f) => `${tick(f.text)} does not fit into ${list(f.axes)} of ${tick(f.name)} (${f.from}).`,
    help: () => "write `padding: same`, or a smaller kernel",
    fix: "offer",
  }),
  /** `by`: what does not divide; `axis`: "height=150"; `take`: what would, as written in a spec. */
  "not-divisible": defineMessage<{ by: number | string; axis: string; from: string; take: readonly string[] }>({
    severity: "error",
    message: (f) => `${typeof f.by === "number" ? number(f.by) : f.by} does not divide ${f.axis} (${f.from}).`,
    help: (f) => (f.take.length === 0 ? undefined : `take ${codes(f.take)}`),
    fix: "offer",
  }),
  "size-unknown": defineMessage<{ word: string; axis: string; from: string; use?: string }>({
    severity: "error",
    message: (f) => `${tick(f.word)} needs every size as a number; ${f.axis} is known only with the data (${f.from}).`,
    help: (f) => (f.use === undefined ? undefined : `use ${code(f.use)}`),
    fix: "offer",
  }),
  "annotation-differs": defineMessage<{
    name: string;
    type: string;
    gives: string;
    change?: { code: string; place: string };
  }>({
    severity: "error",
    message: (f) => `${tick(f.name)} is annotated ${f.type}; its flow gives ${f.gives}.`,
    help: (f) => `write ${f.gives}${f.change ? `, or change ${code(f.change.code)}, ${f.change.place}` : ""}`,
    fix: "offer",
  }),
  /** Numbers of values a row. */
  "reshape-differs": defineMessage<{ text: string; holds: number; name: string; has: number; from: string }>({
    severity: "error",
    message: (f) =>
      `${tick(f.text)} holds ${count(f.holds, "value")} a row; ${tick(f.name)} has ${number(f.has)} (${f.from}).`,
    help: () => "write -1 for one size",
    fix: "offer",
  }),
  /** `text`: the axis, or the whole call where one is left out. */
  "axis-names": defineMessage<{
    name: string;
    axes: readonly string[];
    text: string;
    why: "unknown" | "twice" | { leavesOut: readonly string[] };
    near?: Near;
  }>({
    severity: "error",
    message: (f) => `${tick(f.name)} has the axes ${list(f.axes)}; ${tick(f.text)} ${axisReason(f.why)}.`,
    help: (f) => (f.near === undefined || f.near.kind === "none" ? undefined : nearHelp(f.near)),
    fix: "certain",
  }),
  "branches-differ": defineMessage<{
    word: string;
    first: { text: string; type: string };
    second: { text: string; type: string };
    write?: string;
  }>({
    severity: "error",
    message: (f) =>
      `${tick(f.word)} joins equal shapes; ${tick(f.first.text)} gives ${f.first.type}, ${tick(f.second.text)} ${f.second.type}.`,
    help: (f) => `add \`padding: same\`${f.write === undefined ? "" : `, or ${code(f.write)}`}`,
    fix: "offer",
  }),
  "pretrained-differs": defineMessage<{
    path: string;
    reads: string;
    name: string;
    gives: string;
    place: string;
    write: string;
  }>({
    severity: "error",
    message: (f) => `${path(f.path)} reads ${f.reads}; ${tick(f.name)} gives ${f.gives} (${f.place}).`,
    help: (f) => `write ${code(f.write)}`,
    fix: "offer",
  }),
  "double-output": defineMessage<{ text: string; head: string }>({
    severity: "warning",
    message: (f) => `${tick(f.text)} repeats what head ${tick(f.head)} adds itself.`,
    help: () => "remove it",
    fix: "offer",
  }),
};

function putOrUse(put: string | undefined, use: string | undefined): string | undefined {
  if (put === undefined) return use === undefined ? undefined : `use ${code(use)}`;
  return `put ${code(put)} before it${use === undefined ? "" : `, or use ${code(use)}`}`;
}

function axisReason(why: "unknown" | "twice" | { leavesOut: readonly string[] }): string {
  if (why === "unknown") return "is none of them";
  return why === "twice" ? "stands twice" : `leaves out ${list(why.leavesOut)}`;
}
