/**
 * The IR as people and tests read it: a line per value, aligned columns, host steps as `host.…`, weights and the line of
 * the spec at the end. The same model gives the same bytes. Knows no op but the four structures' bodies.
 */
import { printDim } from "../types/dim.ts";
import { printType } from "../types/type.ts";
import { allCalls, costText, countCost, countWeights, layerWeights, withCommas } from "./cost.ts";
import type { ArgValue, Call, FlowGroup, Group, HostStep, Model } from "./ir.ts";
import { isFlow } from "./ir.ts";

/** A line before its columns are aligned. */
interface Row {
  readonly name: string;
  readonly type: string;
  readonly what: string;
  readonly weights: string;
  readonly comment: string;
}

type Entry = Row | string;

/** Wider texts stick out instead of pushing every comment of the model to the right. */
const widest = { type: 52, what: 64 } as const;

/**
 * The printed form:
 *
 * ```text
 * model Digits(B)    221,674 weights   2.59 M multiply-adds a row
 *   modality image
 *     %image.1 : string[B]                       = host.file["{id}.png"]               # digits.mmf:4
 *     %image   : f32[B, height=28, …]            = host.resize[28x28] %image.1
 *   encoder seen
 *     %seen.1  : f32[B, height=26, …]            = conv2d[16 3x3 relu] %image     160  # digits.mmf:7
 * ```
 */
export function printIr(model: Model): string {
  const calledTwice = sharedLayers(model);
  const seen = new Set<string>();
  const entries: Entry[] = [];
  for (const group of model.groups) {
    entries.push(`  ${header(group)}`);
    const rows = isFlow(group) ? flowRows(model, group, calledTwice, seen) : stepRows(group);
    const place = model.places[group.id];
    rows.forEach((row, i) => {
      entries.push(
        i === 0 && place
          ? { ...row, comment: `# ${place.file.slice(place.file.lastIndexOf("/") + 1)}:${place.line}` }
          : row,
      );
    });
  }
  const sections = model.sections.map(({ word, text }) => `  ${word} ${text.replace(/\s+/g, " ").trim()}`);
  return `${[firstLine(model), ...aligned(entries), ...sections].join("\n")}\n`;
}

function firstLine(model: Model): string {
  const weights = countWeights(model);
  return `model ${model.name}(B)    ${printDim(weights, withCommas)} ${weights === 1 ? "weight" : "weights"}   ${costText(countCost(model))} multiply-adds a row`;
}

function header(group: Group): string {
  if (group.kind === "modality") return `modality ${group.id}`;
  if (group.kind === "target") return `target ${group.id}: ${group.target}`;
  const stage = group.stage ? ` (${group.stage})` : "";
  const frozen = group.frozen ? ", frozen" : "";
  const target = group.head
    ? ` → ${group.head.target}${group.head.auxiliary ? ", auxiliary" : group.head.output ? "" : ", no output"}`
    : "";
  return `${group.name === undefined ? "flow" : group.kind} ${group.id}${stage}${target}${frozen}`;
}

// ---------------------------------------------------------------- rows

function stepRows(group: Exclude<Group, FlowGroup>): Row[] {
  const steps = group.steps;
  return steps.map((step, i): Row => {
    const isLast = i === steps.length - 1;
    const before = steps[i - 1];
    const type = isLast && group.kind === "modality" ? printType(group.type) : (step.type ?? "string[B]");
    return {
      name: `    %${isLast ? group.id : step.id}`,
      type,
      what: `host.${bracketed(step.text, "step")}${before ? ` %${before.id}` : ""}${flags(step)}`,
      weights: "",
      comment: "",
    };
  });
}

function flags(step: HostStep): string {
  return `${step.fitted ? "  fitted on training rows" : ""}${step.trainingOnly ? "  training only" : ""}`;
}

function flowRows(model: Model, group: FlowGroup, calledTwice: ReadonlySet<string>, seen: Set<string>): Row[] {
  const rows = callRows(model, group.calls, "    ", calledTwice, seen);
  if (group.calls.length === 0)
    rows.push({
      name: `    %${group.id}`,
      type: typeText(model, group.out),
      what: group.sources.map((id) => `%${id}`).join(" "),
      weights: "",
      comment: "",
    });
  if (group.head && group.head.loss !== "") {
    const factor = group.head.lossWeight === 1 ? "" : `${group.head.lossWeight} × `;
    const logits = `${group.id}.logits`;
    const from = model.values[logits] ? logits : group.calls.length === 0 ? group.id : group.out;
    rows.push({
      name: `    %${group.id}.loss`,
      type: "f32[]",
      what: `${factor}${bracketed(group.head.loss, "call")} %${from} %${group.head.target}`,
      weights: "",
      comment: "",
    });
  }
  return rows;
}

function callRows(
  model: Model,
  calls: readonly Call[],
  indent: string,
  calledTwice: ReadonlySet<string>,
  seen: Set<string>,
): Row[] {
  return calls.flatMap((call): Row[] => {
    const isFirst = !seen.has(call.layer);
    seen.add(call.layer);
    const name = calledTwice.has(call.layer) ? ` @${call.layer}` : "";
    const own = layerWeights(model, call.layer);
    const frozen = model.layers[call.layer]?.frozen && own !== 0 ? "  frozen" : "";
    const row: Row = {
      name: `${indent}%${call.out}`,
      type: typeText(model, call.out),
      what: `${opText(model, call)}${name}${call.ins.map((id) => ` %${id}`).join("")}${frozen}`,
      // A layer's weights stand where it is called first.
      weights: own === 0 || !isFirst ? "" : printDim(own, withCommas),
      comment: "",
    };
    const inner = (call.bodies ?? []).flatMap((body) => callRows(model, body.calls, `${indent}  `, calledTwice, seen));
    return [row, ...inner];
  });
}

function typeText(model: Model, id: string): string {
  const value = model.values[id];
  return value ? printType(value.type) : "?";
}

/** A structure by its word and its arguments (its stages follow, a line each), a block by its name, a stage as written. */
function opText(model: Model, call: Call): string {
  if (call.block) return `${call.block.shared ? "shared block" : "block"} ${bracketed(call.text, "call")}`;
  if (!call.bodies?.length) return bracketed(call.text, "call");
  const layer = model.layers[call.layer];
  const args = Object.entries(layer?.args ?? {}).map(([name, value]) => `${name}=${argText(value)}`);
  return `${layer?.op ?? call.text}${args.length > 0 ? `[${args.join(" ")}]` : ""}`;
}

function argText(value: ArgValue): string {
  if (typeof value === "string") return /^\w+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value))
    return value.every((each) => typeof each === "number") ? value.join("x") : `[${value.map(argText).join(" ")}]`;
  if ("from" in value) return `${value.from}..${value.to}`;
  const { word, args } = value as { word: string; args: { [name: string]: ArgValue } };
  const inner = Object.entries(args).map(([name, each]) => `${name}=${argText(each)}`);
  return inner.length > 0 ? `${word}[${inner.join(" ")}]` : word;
}

/** Layers called more than once: their name is printed, since it is what shows the sharing. */
function sharedLayers(model: Model): Set<string> {
  const once = new Set<string>();
  const twice = new Set<string>();
  for (const group of model.groups) {
    if (!isFlow(group)) continue;
    for (const { layer } of allCalls(group.calls)) (once.has(layer) ? twice : once).add(layer);
  }
  return twice;
}

// ---------------------------------------------------------------- text

/**
 * A call in the printed form's own brackets: `gated(dim: 128)` is `gated[dim=128]`, `column "report"` is
 * `column["report"]`. Strings are left as they are; a text of another form stands in `step[…]`.
 */
export function bracketed(text: string, otherwise: string): string {
  const call = /^([\p{L}_][\p{L}\p{N}_]*)(?:\((.*)\)| ("(?:[^"\\]|\\.)*"))?$/su.exec(text);
  if (!call || !isBalanced(call[2] ?? "")) return `${otherwise}[${text}]`;
  const [, word, inner, file] = call;
  if (file !== undefined) return `${word}[${file}]`;
  return inner === undefined ? (word as string) : `${word}[${spaced(inner)}]`;
}

/** Whether brackets close in order: `a(1), b(2)` is two calls, not one with the arguments `1), b(2`. */
function isBalanced(text: string): boolean {
  let depth = 0;
  for (const character of text.replace(/"(?:[^"\\]|\\.)*"/g, "")) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function spaced(args: string): string {
  return args
    .split(/("(?:[^"\\]|\\.)*")/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .replace(/: /g, "=")
            .replace(/, /g, " ")
            .replaceAll("(", "[")
            .replaceAll(")", "]")
            .replace(/(?<=\d)_(?=\d)/g, ""),
    )
    .join("");
}

// ---------------------------------------------------------------- columns

function aligned(entries: readonly Entry[]): string[] {
  const rows = entries.filter((entry): entry is Row => typeof entry !== "string");
  const width = (of: (row: Row) => string, most = Number.POSITIVE_INFINITY) =>
    Math.max(0, ...rows.map((row) => columns(of(row))).filter((n) => n <= most));
  const name = width((row) => row.name);
  const type = width((row) => row.type, widest.type);
  const what = width((row) => row.what, widest.what);
  const weights = width((row) => row.weights);
  return entries.map((entry) => {
    if (typeof entry === "string") return entry;
    const left = `${padded(entry.name, name)} : ${padded(entry.type, type)} = ${padded(entry.what, what)}`;
    return `${left}  ${" ".repeat(weights - columns(entry.weights))}${entry.weights}  ${entry.comment}`.trimEnd();
  });
}

/** Columns a text takes in a terminal: East Asian wide characters take two. */
export function columns(text: string): number {
  return [...text].reduce(
    (sum, character) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(character)
        ? 2
        : 1),
    0,
  );
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}
