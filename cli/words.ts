/**
 * The words of the language for reading: statement words and every entry of the registry, and the page of one. Texts
 * only; the registry knows the words.
 */
import type { Entry, Param, ParamKind } from "../compiler/registry/define.ts";
import { allEntries, definitionProperties, sections } from "../compiler/registry/index.ts";
import { list, ticks } from "../diagnostics/phrase.ts";
import { wrap } from "../diagnostics/wrap.ts";
import { CONTEXT_WORDS, STATEMENT_WORDS } from "../grammar/words.ts";
import { asciiText, paint, type Shape } from "./terminal.ts";

export interface Word {
  readonly name: string;
  readonly role: string;
  readonly doc: string;
  /** What the registry has of it: its parameters, its source, an example. */
  readonly entry?: Entry;
}

/** All words, those of later versions included, in the order of statements and roles. */
export function allWords(): Word[] {
  const statements = STATEMENT_WORDS.map(({ word, doc }): Word => {
    const entry = sections[word] ?? definitionProperties[word];
    return { name: word, role: "statement", doc, ...(entry !== undefined && { entry }) };
  });
  // `default` and the like stand in the registry once; a word that belongs to two roles stands in both.
  return [
    ...statements,
    ...allEntries().map((entry): Word => ({ name: entry.name, role: entry.role, doc: entry.doc, entry })),
  ];
}

/** A name that means something as a setting of words, as one of the values of a setting, or in one place of the grammar. */
export interface Use {
  readonly name: string;
  readonly role: "setting" | "value" | "grammar";
  /** The words that have the setting, or the settings that have the value. */
  readonly of: readonly string[];
  readonly doc: string;
}

const stageWords = [
  { word: "early", doc: "`fusion name: early`: joins modalities before any encoder with weights has read them." },
  { word: "mid", doc: "`fusion name: mid`: joins what encoders made." },
  { word: "late", doc: "`fusion name: late`: joins the predictions of heads of one target." },
] as const;

/** All settings, their values and the words of the grammar, those that say the same of several words once. */
export function allUses(): Use[] {
  const found = new Map<string, { name: string; role: Use["role"]; of: string[]; doc: string }>();
  const add = (name: string, role: Use["role"], owner: string, doc: string): void => {
    const key = JSON.stringify([name, role, doc]);
    const use = found.get(key);
    if (use === undefined) found.set(key, { name, role, of: [owner], doc });
    else if (!use.of.includes(owner)) use.of.push(owner);
  };
  for (const { name: word, entry } of allWords()) {
    if (entry === undefined || entry.later === true) continue;
    for (const [name, param] of Object.entries(entry.params)) {
      if (param.later === true) continue;
      add(name, "setting", word, parameterText(param));
      for (const value of valuesOf(param.kind)) add(value, "value", `${name} of ${word}`, param.doc);
    }
  }
  for (const { word, doc } of [...CONTEXT_WORDS, ...stageWords]) add(word, "grammar", "", doc);
  return [...found.values()];
}

function valuesOf(kind: ParamKind): readonly string[] {
  if (kind.is === "choice") return kind.of;
  if (kind.is === "list" || kind.is === "range") return valuesOf(kind.of);
  return kind.is === "either" ? kind.kinds.flatMap(valuesOf) : [];
}

/** A setting or value as `mmfc explain` shows it; ends with a line break. */
export function usePage({ name, role, of, doc }: Use, shape: Shape): string {
  const owners = role === "value" ? valueOwners(of) : ticks(of);
  const start = { setting: `a setting of ${owners}`, value: `a value of ${owners}`, grammar: "a word of its place" }[
    role
  ];
  const [first = "", ...more] = wrap(`${name}   ${start}`, shape.width);
  const head = first.startsWith(name)
    ? `${paint("bold", name, shape)}   ${first.slice(name.length).trimStart()}`
    : first;
  return `${[head, ...more, ...wrap(doc, shape.width)].map((line) => asciiText(line, shape.ascii)).join("\n")}\n`;
}

/** `impute` of `tabular` and `vector` */
function valueOwners(of: readonly string[]): string {
  const bySetting = new Map<string, string[]>();
  for (const one of of) {
    const [setting = "", word = ""] = one.split(" of ");
    bySetting.set(setting, [...(bySetting.get(setting) ?? []), word]);
  }
  return list([...bySetting].map(([setting, words]) => `${ticks([setting])} of ${ticks(words)}`));
}

/** A word as `mmfc explain` shows it; ends with a line break. */
export function wordPage(word: Word, shape: Shape): string {
  const { name, role, doc, entry } = word;
  const lines: string[] = [];
  const signature = entry === undefined ? name : signatureOf(word.role, entry);
  const start = `${paint("bold", signature, shape)}   ${role}${"absent" in (entry ?? {}) ? stages(entry) : ""}`;
  lines.push(entry?.source === undefined ? start : `${start}        ${entry.source}`);
  lines.push(...wrap(doc, shape.width));
  if (entry !== undefined && entry.later !== true) {
    if ("absent" in entry)
      lines.push(`absent    ${entry.absent === true ? "an absent source is allowed" : "every source is there"}`);
    lines.push(...parameterLines(entry, shape));
    if (entry.example !== undefined)
      lines.push(...entry.example.split("\n").map((line, i) => `${(i === 0 ? "example" : "").padEnd(10)}${line}`));
  }
  return `${lines.map((line) => asciiText(line, shape.ascii)).join("\n")}\n`;
}

function stages(entry: Entry | undefined): string {
  return entry?.role === "fusion" ? ", early or mid" : "";
}

/** `conv2d(filters, kernel_size, …)`: what must be given, and a sign that more can be. */
function signatureOf(role: string, entry: Entry): string {
  const { name, params, positional = 0 } = entry;
  if (role === "statement" || role === "modality" || role === "target") return name;
  const required = Object.entries(params)
    .filter(([, param]) => param.required === true)
    .map(([param]) => param);
  const leading = Object.keys(params).slice(0, positional);
  const shown = [
    ...new Set([
      ...(role === "fusion" || role === "late" ? ["x…"] : []),
      ...required.filter((p) => leading.includes(p)),
      ...required.filter((p) => !leading.includes(p)).map((p) => `${p}: …`),
    ]),
  ];
  const more = Object.keys(params).some((param) => params[param]?.required !== true && params[param]?.later !== true);
  if (shown.length === 0 && !more) return name;
  return `${name}(${[...shown, ...(more ? ["…"] : [])].join(", ")})`;
}

function parameterLines(entry: Entry, shape: Shape): string[] {
  const params = Object.entries(entry.params).filter(([, param]) => param.later !== true);
  const width = Math.max(10, ...params.map(([name]) => name.length + 3));
  return params.flatMap(([name, param]) => {
    return wrap(parameterText(param), shape.width - width).map(
      (line, i) => `${(i === 0 ? name : "").padEnd(width)}${line}`,
    );
  });
}

function parameterText(param: Param): string {
  return `${kindText(param.kind)}${defaultText(param)}. ${param.doc}`;
}

function defaultText(param: Param): string {
  if (param.required === true) return ", required";
  if (param.default === undefined) return "";
  const isSize = param.kind.is === "size" && Array.isArray(param.default);
  return ` (${isSize ? (param.default as readonly number[]).join("x") : valueText(param.default)})`;
}

/** A default as the language writes it. */
function valueText(value: NonNullable<Param["default"]>): string {
  if (Array.isArray(value))
    return `[${value.map((item) => valueText(item as NonNullable<Param["default"]>)).join(", ")}]`;
  if (typeof value === "object" && "word" in value) return value.word;
  if (typeof value === "object" && "from" in value) return `${value.from} to ${value.to}`;
  return String(value);
}

/** What a parameter takes, in words. */
function kindText(kind: ParamKind): string {
  switch (kind.is) {
    case "int":
      return `A whole number${rangeText(kind.min, kind.max)}`;
    case "number":
      return kind.of === undefined
        ? `A number${rangeText(kind.min, kind.max)}${kind.above === undefined ? "" : ` above ${kind.above}`}`
        : `One of ${list(kind.of.map(String))}`;
    case "share":
      return "A share, 0 to 1 or in %";
    case "size":
      return kind.rank === 1 ? "A size" : `A size, ${Array.from({ length: kind.rank }, () => "3").join("x")}`;
    case "duration":
      return "A duration, 2s or 30d";
    case "frequency":
      return "A frequency, 16kHz";
    case "angle":
      return "An angle, 10deg";
    case "decibel":
      return "A level, 10dB";
    case "ratio":
      return "A number or a ratio, 1/255";
    case "boolean":
      return "true or false";
    case "choice":
      return `${list(kind.of, "or")}`;
    case "string":
      return "A text in quotes";
    case "column":
      return "A column in quotes";
    case "path":
      return "A path in quotes";
    case "template":
      return 'A path in quotes, with columns in braces: "{stock}.png"';
    case "call":
      return `A word: mmfc words --role ${kind.roles[0]}`;
    case "range":
      return "A range, 1..3";
    case "list":
      return "A list";
    case "name":
      return `The name of ${list(
        kind.of.map((of) => (/^[aeiou]/.test(of) ? `an ${of}` : `a ${of}`)),
        "or",
      )}`;
    case "monitor":
      return "loss, or a head's metric: risk.f1";
    case "stages":
      return "Ops with -> between them";
    case "planned":
      return "";
    case "either":
      return kind.kinds
        .filter((one) => one.is !== "planned")
        .map((one, i) =>
          i === 0 ? kindText(one) : kindText(one).replace(/^(?:An?|The|One) /, (start) => start.toLowerCase()),
        )
        .join(", or ");
  }
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return `, ${min} to ${max}`;
  if (min !== undefined) return `, ${min} or more`;
  return max === undefined ? "" : `, at most ${max}`;
}
