/** docs/registry.md: every word of the registry by role, with its parameters. */
import { takes } from "../compiler/check/kinds.ts";
import type { ArgValue, Entry, Param, ParamKind, Role } from "../compiler/registry/define.ts";
import { allEntries, definitionProperties, sections } from "../compiler/registry/index.ts";

/** The roles in the order in which a spec is read, with what their words are for. */
const chapters: readonly { readonly roles: readonly Role[]; readonly title: string; readonly about: string }[] = [
  {
    roles: ["source"],
    title: "Sources",
    about: "Behind `source:` and `media:` of `data`, where a path in quotes is not enough.",
  },
  { roles: ["split"], title: "Splits", about: "Behind `split:` of `data`: how rows are parted." },
  {
    roles: ["modality"],
    title: "Modalities",
    about: "The kinds of input: `modality name: KIND { … }`. With `?` behind the kind a row may lack it.",
  },
  { roles: ["sound"], title: "Features of sound", about: "Behind `features:` of `audio`." },
  {
    roles: ["augment"],
    title: "Augmentations",
    about: "In the list of `augment:`; drawn anew for each epoch, on training rows only.",
  },
  { roles: ["target"], title: "Targets", about: "The kinds of what is predicted: `target name: KIND { … }`." },
  { roles: ["feature"], title: "Stages: features", about: "Behind `->`: from ids and pictures to vectors." },
  { roles: ["shape"], title: "Stages: shape", about: "Behind `->`: other axes, same numbers." },
  { roles: ["layer"], title: "Stages: layers", about: "Behind `->`: Keras's layers by Keras's names." },
  { roles: ["activation"], title: "Stages: activations", about: "Behind `->`, and by name in `activation`." },
  { roles: ["recurrent"], title: "Stages: recurrent", about: "Behind `->`: over a sequence." },
  { roles: ["attention"], title: "Stages: attention", about: "Behind `->`: every token looks at every other." },
  { roles: ["structure"], title: "Stages: structure", about: "Behind `->`: they take other stages." },
  {
    roles: ["fusion"],
    title: "Fusions, early and mid",
    about: "`fusion name: early = OP(…)` joins inputs, `mid` joins what encoders made of them.",
  },
  { roles: ["late"], title: "Fusions, late", about: "`fusion name: late = OP(…)` joins the predictions of heads." },
  { roles: ["loss"], title: "Losses", about: "Behind `loss:` of a head; without it, the usual one of the target." },
  { roles: ["metric"], title: "Metrics", about: "In the list of `metrics:` of a head." },
  { roles: ["optimizer"], title: "Optimizers", about: "Behind `optimizer:` of `train`." },
  { roles: ["schedule"], title: "Schedules", about: "Behind `schedule:` of `train`: how the learning rate changes." },
  { roles: ["stop"], title: "Stopping rules", about: "Behind `stop:` of `train`." },
  { roles: ["clip"], title: "Clipping rules", about: "Behind `clip:` of `train`: limits of the gradients." },
  {
    roles: ["baseline"],
    title: "Baselines",
    about: "In the list of `baselines:` of `evaluate`: floors that a model has to beat.",
  },
];

/** The generated text by its path. Throws where a role has no chapter. */
export function generate(): { [file: string]: string } {
  const entries = allEntries();
  for (const { role, name } of entries)
    if (!chapters.some((c) => c.roles.includes(role))) throw new Error(`${name}: no chapter for the role ${role}`);
  const here = (roles: readonly Role[]): Entry[] => entries.filter((e) => roles.includes(e.role) && !e.later);
  const used = chapters.filter((chapter) => here(chapter.roles).length > 0);
  const lines = [
    "# Words of the language",
    "",
    "Generated from the registry by `npm run gen`. `mmfc explain WORD` shows the same in the terminal.",
    "",
    "An op takes its leading arguments by position, in the order of its table; those marked ¹. All others are named. What has no default and",
    "is not marked *required* may be left out.",
    "",
    ...["Sections", "Properties of definitions", ...used.map((c) => c.title), "Not here yet"].map(
      (t) => `- [${t}](#${anchor(t)})`,
    ),
    "",
    "## Sections",
    "",
    ...Object.values(sections).flatMap((e) => page(e, `${e.name} { … }`)),
    "## Properties of definitions",
    "",
    "In braces behind an encoder, a fusion or a head.",
    "",
    ...Object.values(definitionProperties).flatMap((e) => page(e, `${e.name} … { … }`)),
    ...used.flatMap((c) => [`## ${c.title}`, "", c.about, "", ...chapter(here(c.roles))]),
    ...notHere(entries),
  ];
  return { "docs/registry.md": `${lines.join("\n").trimEnd()}\n` };
}

const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-");

/** Words that take nothing share one table; each other has a page. */
function chapter(entries: readonly Entry[]): string[] {
  const isPlain = (e: Entry): boolean =>
    Object.keys(e.params).length === 0 && !e.example && !e.words && !e.openParams && !e.positional;
  const plain = entries.filter(isPlain);
  const withSource = plain.some((e) => e.source);
  return [
    ...entries.filter((e) => !isPlain(e)).flatMap((e) => page(e, e.name)),
    ...(plain.length === 0
      ? []
      : [
          `| without arguments | |${withSource ? " source |" : ""}`,
          `| --- | --- |${withSource ? " --- |" : ""}`,
          ...plain.map((e) => row([`\`${e.name}\``, e.doc, ...(withSource ? [e.source ?? ""] : [])])),
          "",
        ]),
  ];
}

function page(entry: Entry, title: string): string[] {
  const now = Object.entries(entry.params).filter(([, p]) => !p.later);
  const later = Object.entries(entry.params).filter(([, p]) => p.later);
  return [
    `### \`${title}\``,
    "",
    entry.doc,
    "",
    ...(entry.example ? ["```mmf", entry.example, "```", ""] : []),
    ...(now.length > 0
      ? [
          "| parameter | takes | default | |",
          "| --- | --- | --- | --- |",
          ...now.map(([name, p], i) =>
            row([
              `\`${name}\`${i < (entry.positional ?? 0) ? " ¹" : ""}`,
              kindText(p.kind),
              defaultText(p),
              docText(p),
            ]),
          ),
          "",
        ]
      : []),
    ...(entry.openParams
      ? [`Any other name: ${entry.openParams.doc} Takes ${kindText(entry.openParams.kind)}.`, ""]
      : []),
    ...(entry.words === "axes" ? ["Its arguments are names of axes.", ""] : []),
    ...(entry.words === "renames" ? ["Its arguments are names of axes, each with its new name.", ""] : []),
    ...(later.length > 0 ? [`Not in this version yet: ${later.map(([name]) => `\`${name}\``).join(", ")}.`, ""] : []),
    ...(entry.source ? [`Source: ${entry.source}.`, ""] : []),
  ];
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((c) => c.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;

function docText(p: Param): string {
  const names = (list: readonly string[]): string => list.map((n) => `\`${n}\``).join(" or ");
  return [
    p.doc,
    ...(p.excludes ? [`Not together with ${names(p.excludes)}.`] : []),
    ...(p.needs ? [`Goes with ${names(p.needs)}.`] : []),
  ].join(" ");
}

/** What a parameter takes, with its limits and choices. */
function kindText(kind: ParamKind): string {
  switch (kind.is) {
    case "int":
    case "number": {
      if (kind.is === "number" && kind.of) return kind.of.map((n) => `\`${n}\``).join(", ");
      const limits = [
        ...(kind.min === undefined ? [] : [`${kind.min} or more`]),
        ...(kind.is === "number" && kind.above !== undefined ? [`above ${kind.above}`] : []),
        ...(kind.max === undefined ? [] : [`${kind.max} or less`]),
        ...(kind.is === "number" && kind.below !== undefined ? [`below ${kind.below}`] : []),
      ];
      return [takes(kind), ...limits].join(", ");
    }
    case "share":
      return `a share, ${kind.above === undefined ? "0%" : `above ${kind.above * 100}%`} to ${kind.below === undefined ? "100%" : `below ${kind.below * 100}%`}`;
    case "size":
      return `${takes(kind)}${kind.single ? ", or one number for both" : ""}`;
    case "choice":
      return `${kind.of.map((w) => `\`${w}\``).join(", ")}${kind.open ? ", or another in quotes" : ""}${kind.planned ? ` (not yet: ${kind.planned.map((w) => `\`${w}\``).join(", ")})` : ""}`;
    case "call":
      return `one of the ${linkTo(kind.roles)}`;
    case "list": {
      const most = kind.min !== undefined && kind.min > 1 ? `, ${kind.min} or more` : "";
      if (kind.of.is === "call") return `a list of ${linkTo(kind.of.roles)}${most}`;
      return `${isShort(kind.of) ? takes(kind) : `a list, each ${kindText(kind.of)}`}${most}`;
    }
    case "either":
      return kind.kinds
        .filter((k) => k.is !== "planned")
        .map(kindText)
        .join("; or ");
    default:
      return takes(kind);
  }
}

/** The chapter of these roles, as a link in a sentence. */
function linkTo(roles: readonly Role[]): string {
  const title = chapters.find((c) => c.roles.some((role) => roles.includes(role)))?.title ?? roles.join(" or ");
  return `[${title[0]?.toLowerCase()}${title.slice(1)}](#${anchor(title)})`;
}

/** Kinds about which `takes` says everything. */
const isShort = (kind: ParamKind): boolean =>
  kind.is === "column" || kind.is === "path" || kind.is === "template" || kind.is === "string";

function defaultText(p: Param): string {
  if (p.required) return "*required*";
  return p.default === undefined ? "" : `\`${valueText(p.default, p.kind)}\``;
}

/** A default as the language writes it. */
function valueText(value: ArgValue, kind: ParamKind): string {
  if (Array.isArray(value)) {
    const items = value.map((v) => valueText(v as ArgValue, kind));
    return hasKind(kind, "size") ? items.join("x") : `[${items.join(", ")}]`;
  }
  if (typeof value === "number") {
    if (hasKind(kind, "ratio") && value > 0 && value < 1) return `1/${Math.round(1 / value)}`;
    if (hasKind(kind, "frequency")) return value % 1000 === 0 ? `${value / 1000}kHz` : `${value}Hz`;
    if (hasKind(kind, "duration")) return `${value}s`;
    if (hasKind(kind, "share") && value > 0) return `${Math.round(value * 1000) / 10}%`;
    return value !== 0 && Math.abs(value) < 1e-2 ? value.toExponential() : String(value);
  }
  if (typeof value !== "object") return String(value);
  if ("from" in value && "to" in value) return `${value.from}..${value.to}`;
  const { word, args } = value as { word: string; args: { [name: string]: ArgValue } };
  const first = Object.keys(args)[0];
  if (word === "seconds") return `${Number(args.value) * 1000}ms`;
  return first === "learning_rate" ? `${word}(${valueText(args[first] as ArgValue, { is: "number" })})` : word;
}

function hasKind(kind: ParamKind, is: ParamKind["is"]): boolean {
  return kind.is === is || (kind.is === "either" && kind.kinds.some((k) => hasKind(k, is)));
}

function notHere(entries: readonly Entry[]): string[] {
  const lines = chapters.flatMap(({ roles, title }) => {
    const words = entries.filter((e) => roles.includes(e.role) && e.later).map((e) => `\`${e.name}\``);
    return words.length === 0 ? [] : [row([title, words.join(", ")])];
  });
  if (lines.length === 0) return [];
  return [
    "## Not here yet",
    "",
    "Words of the language that this version lacks. `mmfc check` says so where one is used.",
    "",
    "| | |",
    "| --- | --- |",
    ...lines,
  ];
}
