/** From a checked model to the IR: layers and calls in groups, plans as plain data. Says nothing; what is wrong was said. */
import { positionAt, type SourceFile, type Span } from "../../diagnostics/span.ts";
import { printProperty } from "../../grammar/print.ts";
import { blockOp } from "../check/blocks.ts";
import type { CheckedDefinition, CheckedModality, CheckedModel, CheckedTarget } from "../check/checked.ts";
import type { CheckedStage } from "../check/flows.ts";
import type { Shapes } from "../registry/define.ts";
import { sourceStep } from "../registry/modality/index.ts";
import { add, type Dim, multiply } from "../types/dim.ts";
import { axis, elements, printType, type TensorType, tensor } from "../types/type.ts";
import {
  type Body,
  type Call,
  type FlowGroup,
  type Group,
  type HostStep,
  type InputGroup,
  irVersion,
  type Layer,
  type Model,
  type ReducedModel,
  type TargetGroup,
  type Value,
} from "./ir.ts";
import { lowerData, lowerEvaluation, lowerTraining } from "./plans.ts";

/** Collects layers and values while groups are lowered. */
interface Building {
  readonly values: { [id: string]: Value };
  readonly layers: { [id: string]: Layer };
  /** Layers of shared blocks by the block's use and the place in it. */
  readonly shared: Map<string, string>;
  readonly definitions: ReadonlyMap<string, CheckedDefinition>;
  /** Names that are another value: an encoder without stages, a fusion left with one source. */
  readonly same: Map<string, string>;
}

export function lower(model: CheckedModel, files: ReadonlyMap<string, SourceFile>): Model {
  const place = (span: Span) => ({
    file: span.file,
    line: files.has(span.file) ? positionAt(files.get(span.file)!, span.start).line : 1,
  });
  const { values, layers, groups } = lowerGraph(model, model.definitions, model.modalities, model.targets);
  const floors: { [floor: string]: ReducedModel } = {};
  for (const [floor, definitions] of model.floors) {
    const kept = model.modalities.filter((m) => floor === `only(${m.name})`);
    floors[floor] = lowerGraph(model, definitions, kept, model.targets);
  }
  const places: { [id: string]: { file: string; line: number } } = {};
  for (const group of groups) places[group.id] = place(group.origin);
  const changed = [...model.modalities, ...model.targets, ...model.definitions]
    .filter((x) => x.changed)
    .map((x) => x.name);
  const sections = [model.data, model.train, model.evaluate].flatMap((s) =>
    s.statement?.props && s.statement.props.entries.length > 0
      ? [{ word: s.word, text: s.statement.props.entries.map(printProperty).join(", ") }]
      : [],
  );
  return {
    version: irVersion,
    name: model.name,
    ...(model.base === undefined ? {} : { base: { name: model.base, changed } }),
    ...(model.doc === undefined ? {} : { doc: model.doc }),
    spec: model.file.slice(model.file.lastIndexOf("/") + 1),
    values,
    layers,
    groups,
    data: lowerData(model),
    training: lowerTraining(model, groups, layers),
    evaluation: lowerEvaluation(model),
    sections,
    ...(Object.keys(floors).length > 0 ? { floors } : {}),
    places,
  };
}

function lowerGraph(
  model: CheckedModel,
  definitions: readonly CheckedDefinition[],
  modalities: readonly CheckedModality[],
  targets: readonly CheckedTarget[],
): ReducedModel {
  const building: Building = {
    values: {},
    layers: {},
    shared: new Map(),
    definitions: new Map(definitions.map((d) => [d.name, d])),
    same: new Map(),
  };
  const heads = definitions.filter((d) => d.head);
  const fed = new Set(heads.flatMap((h) => h.head!.members ?? []));
  const groups: Group[] = [
    ...modalities.map((m) => lowerModality(building, m)),
    ...definitions.flatMap((d) => lowerDefinition(building, d, model, fed)),
    ...targets.filter((t) => heads.some((h) => h.head!.target === t.name)).map(lowerTarget),
  ];
  return { values: building.values, layers: building.layers, groups };
}

// ---------------------------------------------------------------- data

function lowerModality(building: Building, m: CheckedModality): InputGroup {
  const kind = m.entry.name;
  const steps: HostStep[] = [{ text: sourceStep(m.facts, kind) }, ...m.entry.steps(m.facts)].map((step, i) => ({
    id: `${m.name}.${i + 1}`,
    ...step,
  }));
  building.values[m.name] = {
    id: m.name,
    type: m.type,
    ...(m.statement.doc === undefined ? {} : { doc: m.statement.doc }),
  };
  const items =
    m.type.axes[0]?.name === "items" && typeof m.type.axes[0].size === "number" ? m.type.axes[0].size : undefined;
  return {
    kind: "modality",
    id: m.name,
    modality: kind,
    type: m.type,
    steps,
    ...(m.statement.doc === undefined ? {} : { doc: m.statement.doc }),
    origin: m.span,
    ...(items === undefined ? {} : { items }),
  };
}

function lowerTarget(t: CheckedTarget): TargetGroup {
  const [first] = t.columns;
  const steps: HostStep[] = [
    {
      id: `${t.name}.1`,
      text: t.columns.length === 1 ? `column ${JSON.stringify(first)}` : `${t.columns.length} columns`,
    },
  ];
  const positive = t.args.value("positive");
  if (positive !== undefined)
    steps.push({ id: `${t.name}.2`, text: `${JSON.stringify(String(positive))} is 1`, type: "f32[B]" });
  const transform = t.args.maybeString("transform");
  if (transform && transform !== "none")
    steps.push({
      id: `${t.name}.2`,
      text: transform,
      type: printType(tensor("f32", [axis("features", t.columns.length)])),
      ...(transform === "standard" ? { fitted: true as const } : {}),
    });
  return {
    kind: "target",
    id: t.name,
    target: t.entry.name,
    ...(t.classes === undefined ? {} : { classes: t.classes }),
    optional: t.optional,
    steps,
    ...(t.statement.doc === undefined ? {} : { doc: t.statement.doc }),
    origin: t.span,
  };
}

// ---------------------------------------------------------------- flows

/** A name for a layer that no other has: `words_lstm`, `words_lstm_2`. */
function layerId(building: Building, group: string, op: string): string {
  const base = group === "" ? op : `${group}_${op}`;
  let id = base;
  for (let n = 2; building.layers[id]; n++) id = `${base}_${n}`;
  return id;
}

interface FlowOptions {
  readonly group: string;
  readonly frozen: boolean;
  readonly learningRate?: number;
  /** Inside a shared block: its use, so that the second finds the layers of the first. */
  readonly shared?: { readonly key: string; count: number };
}

function learning(options: FlowOptions): Pick<Layer, "frozen" | "learningRate"> {
  return {
    ...(options.frozen ? { frozen: true as const } : {}),
    ...(options.learningRate === undefined ? {} : { learningRate: options.learningRate }),
  };
}

/** Costs of stages one after the other. */
const costOf = (calls: readonly Call[]): Dim => add(0, ...calls.map((c) => c.cost));

function lowerStages(
  building: Building,
  stages: readonly CheckedStage[],
  input: string,
  prefix: string,
  last: string | undefined,
  options: FlowOptions,
  first = 1,
): Call[] {
  const calls: Call[] = [];
  let before = input;
  stages.forEach((stage, i) => {
    const out = last !== undefined && i === stages.length - 1 ? last : `${prefix}.${first + i}`;
    calls.push(lowerStage(building, stage, before, out, `${prefix}.${first + i}`, options));
    before = out;
  });
  return calls;
}

function lowerStage(
  building: Building,
  stage: CheckedStage,
  input: string,
  out: string,
  path: string,
  options: FlowOptions,
): Call {
  const { op } = stage;
  const isBlock = op === blockOp;
  const inner: FlowOptions = stage.block?.shared
    ? { ...options, group: stage.block.name, shared: { key: stage.block.key, count: 0 } }
    : options;
  const shapes: Shapes = { inputs: [stage.input], output: stage.output, args: stage.args };

  let id: string | undefined;
  const shared = options.shared;
  const slot = shared ? `${shared.key}#${shared.count++}` : undefined;
  if (slot) id = building.shared.get(slot);
  const bodies: Body[] = [];
  for (const [i, body] of stage.bodies.entries()) {
    // a repetition reads what the one before it gave, a branch what the structure reads
    const before = op.name === "repeat" ? (bodies[i - 1]?.calls.at(-1)?.out ?? input) : input;
    const prefix = stage.bodies.length === 1 ? path : `${path}.${bodyPath(body.name, i)}`;
    bodies.push({ name: body.name, calls: lowerStages(building, body.stages, before, prefix, undefined, inner) });
  }
  const innerCost = add(0, ...bodies.map((b) => costOf(b.calls)));
  if (id === undefined) {
    id = layerId(building, stage.block?.shared ? "" : options.group, isBlock ? stage.block!.name : op.name);
    if (slot) building.shared.set(slot, id);
    const weights = op.name === "bidirectional" ? backward(stage) : (op.weights?.(shapes) ?? []);
    building.layers[id] = {
      id,
      op: isBlock ? "block" : op.name,
      args: stage.args.plain,
      weights,
      origin: stage.span,
      ...learning(options),
    };
  }
  const cost =
    op.name === "each"
      ? multiply(stage.input.axes[0]!.size, innerCost)
      : op.name === "bidirectional"
        ? multiply(2, innerCost)
        : bodies.length > 0
          ? innerCost
          : (op.cost?.(shapes) ?? 0);
  building.values[out] = { id: out, type: stage.output };
  return {
    out,
    layer: id,
    ins: [input],
    ...(bodies.length > 0 ? { bodies } : {}),
    text: stage.text,
    ...(stage.block ? { block: { name: stage.block.name, shared: stage.block.shared } } : {}),
    cost,
    origin: stage.span,
  };
}

const bodyPath = (name: string, i: number): string => (/^[a-z]$|^\d+$/.test(name) ? name : String.fromCharCode(97 + i));

/** The second direction of a bidirectional op: the weights of the first once more. */
function backward(stage: CheckedStage): Layer["weights"] {
  const inner = stage.bodies[0]?.stages[0];
  if (!inner) return [];
  return (inner.op.weights?.({ inputs: [inner.input], output: inner.output, args: inner.args }) ?? []).map((w) => ({
    ...w,
    name: `backward/${w.name}`,
  }));
}

/** The value that a name stands for. */
const valueNamed = (building: Building, name: string): string => building.same.get(name) ?? name;

function lowerDefinition(
  building: Building,
  d: CheckedDefinition,
  model: CheckedModel,
  fed: ReadonlySet<string>,
): FlowGroup[] {
  const learningRate = d.word === "head" ? undefined : d.props.maybeNumber("learning_rate");
  const options: FlowOptions = {
    group: d.name,
    frozen: d.word !== "head" && d.props.boolean("frozen"),
    ...(learningRate === undefined ? {} : { learningRate }),
  };
  const doc = d.statement.doc;
  const base = {
    name: d.name,
    id: d.name,
    ...(doc === undefined ? {} : { doc }),
    origin: d.span,
    ...(options.frozen ? { frozen: true } : {}),
  };
  if (d.word === "encoder") {
    const source = valueNamed(building, d.sources[0]!.start);
    const calls = lowerStages(building, d.stages, source, d.name, d.stages.length > 0 ? d.name : undefined, options);
    if (calls.length === 0) {
      building.same.set(d.name, source);
      return [];
    }
    const only = d.stages.length === 1 && d.stages[0]!.block?.shared ? d.stages[0]!.block.name : undefined;
    return [{ ...base, kind: "encoder", sources: [source], calls, out: d.name, ...(only ? { shared: only } : {}) }];
  }
  if (d.word === "fusion") return lowerFusion(building, d, base, options);
  return [lowerHead(building, d, base, options, model, fed)];
}

function lowerFusion(
  building: Building,
  d: CheckedDefinition,
  base: Pick<FlowGroup, "name" | "id" | "doc" | "origin" | "frozen">,
  options: FlowOptions,
): FlowGroup[] {
  const groups: FlowGroup[] = [];
  const sources = d.sources.map((source, i) => {
    const start = valueNamed(building, source.start);
    if (source.stages.length === 0) return start;
    let id = `${d.name}_${i + 1}`;
    while (building.values[id] || building.definitions.has(id)) id += "_";
    const calls = lowerStages(building, source.stages, start, id, id, { ...options, group: id });
    groups.push({ kind: "encoder", id, sources: [start], calls, out: id, origin: source.named.span });
    return id;
  });
  const fusion = d.fusion!;
  const inputs = d.sources.map((s) => s.named.type);
  const calls: Call[] = [];
  let before: string = sources[0]!;
  let count = 0;
  const total = (d.passes ? (d.passes.width === undefined ? 0 : 1) : 1) + d.stages.length;
  const next = (): string => (++count === total ? d.name : `${d.name}.${count}`);
  if (d.passes) {
    if (d.passes.width !== undefined) {
      const out = next();
      const id = layerId(building, d.name, "projection");
      const width = d.passes.width;
      const from = inputs[0]!.axes[inputs[0]!.axes.length - 1]!.size;
      building.layers[id] = {
        id,
        op: "dense",
        args: { units: width, activation: "linear", use_bias: true },
        weights: [
          { name: "kernel", shape: [from, width], trainable: true },
          { name: "bias", shape: [width], trainable: true },
        ],
        origin: fusion.span,
      };
      building.values[out] = { id: out, type: fusion.type };
      calls.push({
        out,
        layer: id,
        ins: [before],
        text: `dense(${width})`,
        cost: multiply(elements(inputs[0]!), width),
        origin: fusion.span,
      });
      before = out;
    }
  } else {
    const out = next();
    const shapes: Shapes = { inputs, output: fusion.type, args: fusion.args };
    const word = fusion.entry.name;
    const id = layerId(building, d.name, word);
    const target = d.stage === "late" ? building.definitions.get(d.sources[0]!.start)?.head?.target : undefined;
    building.layers[id] = {
      id,
      op: word,
      args: { ...fusion.args.plain, ...(target === undefined ? {} : { target }) },
      weights: fusion.entry.weights?.(shapes) ?? [],
      origin: fusion.span,
      ...learning(options),
    };
    building.values[out] = { id: out, type: fusion.type };
    calls.push({
      out,
      layer: id,
      ins: sources,
      text: fusion.text,
      cost: fusion.entry.cost?.(shapes) ?? 0,
      origin: fusion.span,
    });
    before = out;
  }
  calls.push(
    ...lowerStages(building, d.stages, before, d.name, d.stages.length > 0 ? d.name : undefined, options, count + 1),
  );
  if (calls.length === 0) {
    building.same.set(d.name, before);
    return groups;
  }
  groups.push({ ...base, kind: "fusion", stage: d.stage!, sources, calls, out: d.name });
  return groups;
}

function lowerHead(
  building: Building,
  d: CheckedDefinition,
  base: Pick<FlowGroup, "name" | "id" | "doc" | "origin">,
  options: FlowOptions,
  model: CheckedModel,
  fed: ReadonlySet<string>,
): FlowGroup {
  const head = d.head!;
  const source = d.sources[0]!;
  const start = valueNamed(building, source.start);
  const target = model.targets.find((t) => t.name === head.target) as CheckedTarget;
  const calls: Call[] = [];
  const member = fed.has(d.name);
  const trainedThrough =
    member && [...building.definitions.values()].some((x) => x.head?.members?.includes(d.name) && x.head.trainMembers);
  const silent = trainedThrough && !head.ownLoss;
  if (!head.late) {
    calls.push(...lowerStages(building, d.stages, start, d.name, undefined, options));
    const before = calls[calls.length - 1]?.out ?? start;
    const input: TensorType = d.stages[d.stages.length - 1]?.output ?? source.named.type;
    const width = input.axes[input.axes.length - 1]!.size;
    const units = d.out.type.axes[0]!.size;
    const activation = target.entry.activation;
    const logits = activation ? `${d.name}.logits` : d.name;
    const id = layerId(building, "", d.name);
    building.layers[id] = {
      id,
      op: "dense",
      args: {
        units: typeof units === "number" ? units : `${target.name}.classes`,
        activation: "linear",
        use_bias: true,
      },
      weights: [
        { name: "kernel", shape: [width, units], trainable: true },
        { name: "bias", shape: [units], trainable: true },
      ],
      origin: d.span,
    };
    building.values[logits] = { id: logits, type: d.out.type };
    calls.push({
      out: logits,
      layer: id,
      ins: [before],
      text: `dense(${typeof units === "number" ? units : `${target.name}.classes`})`,
      cost: multiply(width, units),
      origin: d.span,
    });
    if (activation) {
      const last = layerId(building, d.name, activation);
      building.layers[last] = { id: last, op: activation, args: {}, weights: [], origin: d.span };
      building.values[d.name] = { id: d.name, type: d.out.type };
      calls.push({ out: d.name, layer: last, ins: [logits], text: activation, cost: 0, origin: d.span });
    }
  }
  return {
    ...base,
    kind: "head",
    sources: [start],
    calls,
    out: calls.length > 0 ? d.name : start,
    head: {
      target: head.target,
      loss: silent ? "" : head.lossText,
      lossWeight: silent ? 0 : head.lossWeight,
      auxiliary: head.auxiliary,
      output: !head.auxiliary && !member,
    },
  };
}
