/** docs/diagnostics.md: every code by family, with what is wrong and what is right. */
import { families } from "../diagnostics/catalogue.ts";
import { type Explanation, explain } from "../diagnostics/explain.ts";

const titles: Record<keyof typeof families, [title: string, about: string]> = {
  syntax: ["Syntax", "The text itself: signs, quotes, numbers, brackets."],
  names: ["Names", "What a word stands for."],
  parameters: ["Parameters", "What an op or a property takes."],
  shapes: ["Shapes", "Axes and sizes along a flow."],
  fusion: ["Fusion", "What can be joined, and where."],
  absence: ["Absence", "Modalities that a row may lack."],
  leaks: ["Leaks", "What would make the numbers look better than they are."],
  targets: ["Targets", "What is predicted, and how it is judged."],
  data: ["Data", "Tables, columns and files. These need the data: `mmfc check --no-data` leaves them out."],
  training: ["Training", "How the model learns."],
  runs: ["Runs", "What a training left behind."],
  engine: ["Engine", "The library that computes."],
  internal: ["Internal", "Faults of mmfc, not of a spec."],
};

const needs = { data: "needs the data", run: "needs a run", engine: "needs the engine" } as const;

/** The generated text by its path. */
export function generate(): { [file: string]: string } {
  const all = Object.keys(families) as (keyof typeof families)[];
  const codes = (family: keyof typeof families): string[] => Object.keys(families[family]);
  const count = all.reduce((n, family) => n + codes(family).length, 0);
  const lines = [
    "# What mmfc says",
    "",
    "Generated from the catalogue by `npm run gen`. `mmfc explain CODE` shows the same in the terminal.",
    "",
    `${count} codes. An **error** stops; a **warning** does not and can be silenced, with a reason, by`,
    "`// mmfc-ignore CODE: reason` before the statement or at its end; so can a **note**. *Fixable*: `mmfc check --fix` puts it right.",
    "",
    ...all.map(
      (f) =>
        `- [${titles[f][0]}](#${titles[f][0].toLowerCase()}): ${codes(f)
          .map((c) => `[\`${c}\`](#${c})`)
          .join(", ")}`,
    ),
    "",
    ...all.flatMap((f) => [
      `## ${titles[f][0]}`,
      "",
      titles[f][1],
      "",
      ...codes(f).flatMap((c) => page(explain(c) as Explanation)),
    ]),
  ];
  return { "docs/diagnostics.md": `${lines.join("\n").trimEnd()}\n` };
}

function page(e: Explanation): string[] {
  const facts = [e.severity, ...(e.fixable ? ["fixable"] : []), ...(e.needs ? [needs[e.needs]] : [])];
  return [
    `### \`${e.code}\``,
    "",
    `*${facts.join(", ")}*`,
    "",
    e.doc,
    "",
    ...(e.wrong.length === 0 && e.right.length === 0
      ? [...example("Wrong", e.bad, wholly(e.bad)), ...example("Right", e.good, wholly(e.good))]
      : [...example("Wrong", e.bad, e.wrong), ...example("Right", e.good, e.right)]),
  ];
}

/** Of specs that differ in a bracket alone, all lines. */
const wholly = (spec: Explanation["bad"]): string[] => (typeof spec === "string" ? spec.trimEnd().split("\n") : []);

/** The lines that make the difference; where the difference is that lines are gone, says so. */
function example(title: string, spec: Explanation["bad"], lines: readonly string[]): string[] {
  if (typeof spec !== "string") return [`${title}: ${spec.note}`, ""];
  if (lines.length === 0)
    return [title === "Wrong" ? "Wrong: without the line below." : "Right: without that line.", ""];
  return [`${title}:`, "", "```mmf", ...lines, "```", ""];
}
