/** Lowers encoders, fusions and heads to groups of calls. */
import type { CheckedDefinition, CheckedModel, CheckedTarget } from "../check/checked.ts";
import type { Shapes } from "../registry/define.ts";
import { multiply } from "../types/dim.ts";
import { elements, type TensorType } from "../types/type.ts";
import type { Call, FlowGroup } from "./ir.ts";
import { type Building, type FlowOptions, layerId, learning, lowerStages } from "./lower-stages.ts";

/** The value that a name stands for. */
const valueNamed = (building: Building, name: string): string => building.same.get(name) ?? name;

export function lowerDefinition(
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
