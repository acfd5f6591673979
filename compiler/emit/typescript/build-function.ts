/**
 * `buildModel`: a function that makes the network, a section for each group of the model in the spec's order. Knows the IR;
 * how a stage is written is stages.ts's.
 */
import { costText, countCost, countWeights, exactWeightsText } from "../../ir/cost.ts";
import { type FlowGroup, type InputGroup, isFlow, type Model, type ReducedModel } from "../../ir/ir.ts";
import { columns } from "../../ir/print.ts";
import { ops } from "../../registry/index.ts";
import { printType } from "../../types/type.ts";
import { type Code, call, type Item, lineWidth, object, type Property, print, text } from "./layout.ts";
import { docComment, lineComment } from "./literals.ts";
import { createNames } from "./names.ts";
import { literal } from "./plain.ts";
import { type Asked, sizeExpression } from "./sizes.ts";
import { type StageScope, sharedUses, stagesOf } from "./stages.ts";

/** Where the comments with places of the spec end. */
const placesEnd = 100;

/**
 * The text of `export function NAME(tf, fitted) { … }`, its comment included. `about` says in a sentence what the function
 * builds, where that is not the whole model.
 */
export function buildFunction(name: string, model: Model, part: ReducedModel, about?: string): string {
  const groups = part.groups.filter((group) => group.kind !== "target");
  const flows = groups.filter(isFlow);
  const inputs = groups.filter((group) => group.kind === "modality");
  const asked: Asked = new Set();
  const scope: StageScope = {
    model: part,
    names: createNames(groups.map((group) => group.id)),
    asked,
    shared: sharedUses(flows.flatMap((flow) => flow.calls)),
    declarations: [],
  };
  const sections = flows.map((flow) => section(flow, model, scope));
  const network = object([
    ["name", literal(model.name)],
    ["inputs", { is: "array", items: inputs.map(({ id }) => ({ code: text(scope.names.of(id)) })) }],
    [
      "outputs",
      { is: "object", properties: flows.filter((flow) => flow.head).map(({ id }) => named(id, scope.names.of(id))) },
    ],
  ]);
  const body = [
    inputs.map((group) => statement(scope.names.of(group.id), input(group, asked))).join("\n"),
    ...sections,
    `  return ${print(call("tf.model", network), 2, "  return ".length, 1)};`,
  ];
  return `${comment(part, asked, about)}\nexport function ${name}(tf: Tf, fitted: Fitted) {\n${body.join("\n\n")}\n}`;
}

/** What the network weighs, what it costs, and what it asks the data. */
function comment(part: ReducedModel, asked: Asked, about: string | undefined): string {
  const weights = exactWeightsText(countWeights(part)) ?? "No weights";
  const count = `${weights}, ${costText(countCost(part))} multiply-adds a row.`;
  const known = [...asked].map(
    (what) => ({ vocabulary: "vocabularies", features: "features", classes: "classes", time: "lengths" })[what] ?? what,
  );
  const brings =
    known.length > 0
      ? `\`fitted\` brings what only the data know: ${known.join(", ")}.`
      : "Every size is in the spec: it asks `fitted` for nothing.";
  const sentences = [about, count, brings].filter((sentence) => sentence !== undefined);
  const line = sentences.join(" ");
  return docComment(columns(line) + "/**  */".length <= lineWidth ? line : sentences.flatMap(wrapped).join("\n"));
}

/** Words in lines that fit behind the star of a comment. */
function wrapped(sentence: string): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(" ")) {
    const last = lines[lines.length - 1];
    if (last === undefined || columns(last) + columns(word) + " *  ".length > lineWidth) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function statement(variable: string, code: Code, after?: string): string {
  const start = `  const ${variable} = `;
  const note = after === undefined ? "" : ` ${lineComment(after)}`;
  return `${start}${print(code, 2, columns(start), 1)};${note}`;
}

const named = (name: string, variable: string): Property =>
  name === variable ? { name } : { name, code: text(variable) };

function input({ id, type }: InputGroup, asked: Asked): Code {
  const axes: Item[] = type.axes.map(({ size }) => ({ code: text(sizeExpression(size, asked)) }));
  // Ids of one axis are masked where they are 0; any other mask over the first axis is fed.
  const masked = type.axes[0]?.masked && !(type.dtype === "i32" && type.axes.length === 1);
  return call(
    "tf.input",
    object([
      ["name", literal(id)],
      ["shape", { is: "array", items: axes }],
      ...(type.dtype === "i32" ? ([["dtype", literal("int32")]] as const) : []),
      ...(masked ? ([["masked", literal(true)]] as const) : []),
      ...(type.absentWith.length > 0 ? ([["optional", literal(true)]] as const) : []),
    ]),
  );
}

function section(flow: FlowGroup, model: Model, scope: StageScope): string {
  const { names, declarations } = scope;
  const isLate = flow.stage === "late";
  const stages = stagesOf(logits(flow, model, scope.model), {
    ...scope,
    ...(flow.kind === "fusion" ? { fusion: flow.stage ?? "mid" } : {}),
    ...(isLate ? { lateTarget: predictedType(flow, model, scope.model) } : {}),
  });
  const before = declarations.splice(0);
  const sources = flow.sources.map((id) => text(names.of(sourceGroup(id, scope))));
  const source: Code =
    sources.length === 1 ? (sources[0] as Code) : { is: "array", items: sources.map((code) => ({ code })) };
  if (stages.length === 0 && sources.length !== 1)
    throw new Error(`${flow.id} joins ${sources.length} values without a fusion`);
  const code: Code =
    stages.length === 0 ? source : { is: "call", callee: "apply", args: [{ code: source }, ...stages] };
  const own = [
    heading(title(flow), model.places[flow.id]),
    ...(flow.doc?.split("\n").map((line) => `  ${lineComment(line)}`) ?? []),
    statement(names.of(flow.id), code, remark(flow, model, scope.model)),
  ].join("\n");
  return [...before, own].join("\n\n");
}

/** The group whose value a source is. */
function sourceGroup(id: string, { model }: StageScope): string {
  const group =
    model.groups.find((each) => each.id === id) ?? model.groups.find((each) => isFlow(each) && each.out === id);
  return group?.id ?? id.replace(/\.logits$/, "");
}

/** Type of the target that the members of a late fusion predict. */
function predictedType(flow: FlowGroup, model: Model, part: ReducedModel): string {
  const member = part.groups.find(
    (group): group is FlowGroup => isFlow(group) && group.head !== undefined && flow.sources.includes(group.out),
  );
  const target = member?.head && model.data.targets[member.head.target];
  if (!target) throw new Error(`the members of ${flow.id} predict no target`);
  return target.type;
}

/** Outputs are logits: the loss and the metrics apply the last activation of a head on classes themselves. */
function logits(flow: FlowGroup, model: Model, part: ReducedModel): FlowGroup["calls"] {
  const last = flow.calls[flow.calls.length - 1];
  if (!flow.head || !last || model.data.targets[flow.head.target]?.type === "regression") return flow.calls;
  const op = part.layers[last.layer]?.op ?? "";
  const isActivation = ops.get(op)?.role === "activation";
  return isActivation && (op === "sigmoid" || op === "softmax") ? flow.calls.slice(0, -1) : flow.calls;
}

/** `logits` for a prediction of classes; else the type, where it is another one than that of every source. */
function remark(flow: FlowGroup, model: Model, part: ReducedModel): string | undefined {
  const target = flow.head
    ? model.data.targets[flow.head.target]?.type
    : flow.stage === "late"
      ? predictedType(flow, model, part)
      : undefined;
  if (target !== undefined && target !== "regression") return "logits";
  const typeOf = (id: string) => part.values[id] && printType(part.values[id].type);
  const own = typeOf(flow.out);
  return own === undefined || flow.sources.every((id) => typeOf(id) === own) ? undefined : own;
}

/** As the spec declares it: `encoder seen`, `fusion joint: mid`, `head guess: digit`. */
function title(flow: FlowGroup): string {
  const kind = flow.name === undefined ? "flow" : flow.kind;
  const what = flow.head
    ? `: ${flow.head.target}${flow.head.auxiliary ? ", auxiliary" : ""}`
    : flow.stage
      ? `: ${flow.stage}`
      : "";
  return `${kind} ${flow.name ?? flow.id}${what}${flow.frozen ? ", frozen" : ""}`;
}

function heading(what: string, place: { readonly file: string; readonly line: number } | undefined): string {
  const start = `  ${lineComment(what)}`;
  if (!place) return start;
  // Without folders: the same spec gives the same bytes, wherever it lies.
  const end = lineComment(`${place.file.replace(/^.*[/\\]/, "")}:${place.line}`).slice(3);
  return `${start}${" ".repeat(Math.max(2, placesEnd - columns(start) - columns(end)))}${end}`;
}
