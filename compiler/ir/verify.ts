/**
 * What every valid model keeps to, stated once and checked after lowering, after every pass and in every test that has an
 * IR. A violation is a mistake of the compiler, never of a user. Knows the IR and the plans, no op's meaning but which
 * host steps are fitted.
 *
 * Invariants:
 * - **Names.** Group ids are unique. Layer ids are identifiers and equal their keys. Every group has a place in the spec.
 * - **Values.** Each value is defined exactly once, by a modality or a call, and before it is used; what a call reads is in
 *   its own flow or among the flow's sources (stages inside a structure read what the structure reads: `each` gives them
 *   one item of it at a time, `repeat` what the repetition before gave). Nothing is in `values` that nothing defines. A
 *   flow gives its last call's value, or its only source where it has no calls.
 * - **Types.** Known sizes are whole numbers from 1. A modality's value has the group's type. A structure's value has the
 *   type its last stage has: `repeat` exactly, `residual` but for `?`, `each` with its axis in front. A flow's value may be
 *   absent only with modalities that are optional.
 * - **Use.** Every layer is called, every call's layer exists. Every modality, encoder and fusion leads to a head; every
 *   head that is an output is reached from a modality.
 * - **Gradient.** Every trainable weight has a path to a loss or is frozen on purpose. The loss of a head on a late fusion
 *   stops at the members unless `trainMembers`. A head that is an output has a loss.
 * - **Leaks.** Host steps that learn from rows (vocabularies, scalers, imputation) are marked `fitted`.
 * - **Plans.** Data, training and evaluation name modalities, targets, heads and layers of the model, and all of them.
 * - **Data.** The model is plain JSON. The same holds for every floor.
 */
import { isKnown, sameDim } from "../types/dim.ts";
import { printType, type TensorType } from "../types/type.ts";
import { allCalls, layerWeights } from "./cost.ts";
import type { Call, FlowGroup, Model } from "./ir.ts";
import { isFlow } from "./ir.ts";
import { checkPlain, checkPlans } from "./verify-plan.ts";

/** The invariants that do not hold, in words; empty where all is well. */
export function verify(model: Model): string[] {
  const whole = [
    ...verifyGraph(model),
    ...checkPlans(model),
    ...checkPlaces(model),
    ...checkPlain(model, "model", new Set()),
  ];
  const floors = Object.entries(model.floors ?? {}).flatMap(([name, floor]) =>
    verifyGraph({ ...model, ...floor }).map((problem) => `floor ${name}: ${problem}`),
  );
  return [...whole, ...floors];
}

/** `verify`, for callers that cannot go on: throws with every violation in its message. */
export function assertValid(model: Model, after: string): void {
  const problems = verify(model);
  if (problems.length > 0)
    throw new Error(`the IR of ${model.name} is wrong after ${after}:\n  ${problems.join("\n  ")}`);
}

function verifyGraph(model: Model): string[] {
  return [
    ...checkNames(model),
    ...checkValues(model),
    ...checkTypes(model),
    ...checkUse(model),
    ...checkGradient(model),
    ...checkFitted(model),
  ];
}

const flowsOf = (model: Model): FlowGroup[] => model.groups.filter(isFlow);

// ---------------------------------------------------------------- names

function checkNames(model: Model): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { id } of model.groups) {
    if (seen.has(id)) problems.push(`two groups are called ${id}`);
    seen.add(id);
  }
  for (const [key, layer] of Object.entries(model.layers)) {
    if (key !== layer.id) problems.push(`layer ${key} calls itself ${layer.id}`);
    if (!/^[\p{L}_][\p{L}\p{M}\p{N}_]*$/u.test(layer.id)) problems.push(`layer ${layer.id} is no identifier`);
    const names = layer.weights.map((weight) => weight.name);
    if (new Set(names).size < names.length) problems.push(`two weights of layer ${key} have the same name`);
  }
  for (const [key, value] of Object.entries(model.values)) {
    if (key !== value.id) problems.push(`value ${key} calls itself ${value.id}`);
  }
  return problems;
}

function checkPlaces(model: Model): string[] {
  return model.groups
    .filter((group) => !model.places[group.id])
    .map((group) => `group ${group.id} has no place in the spec`);
}

// ---------------------------------------------------------------- values

function checkValues(model: Model): string[] {
  const problems: string[] = [];
  const defined = new Set<string>();
  const define = (id: string) => {
    if (defined.has(id)) problems.push(`%${id} is defined twice`);
    defined.add(id);
    if (!model.values[id]) problems.push(`%${id} has no entry in values`);
  };
  const visit = (calls: readonly Call[], visible: Set<string>, group: string) => {
    for (const call of calls) {
      for (const id of call.ins) {
        if (!defined.has(id)) problems.push(`%${call.out} reads %${id}, which is not defined before it`);
        else if (!visible.has(id)) problems.push(`%${call.out} reads %${id}, which is no source of ${group}`);
      }
      for (const body of call.bodies ?? []) {
        const inner = new Set([...call.ins, ...(lastOfRepeat(model, call, body.name) ?? [])]);
        visit(body.calls, inner, `${body.name} of %${call.out}`);
      }
      // A structure's last stage may give the structure's own value.
      if (!call.bodies?.some((body) => body.calls[body.calls.length - 1]?.out === call.out)) define(call.out);
      visible.add(call.out);
    }
  };
  for (const group of model.groups) {
    if (group.kind === "modality") define(group.id);
    if (!isFlow(group)) continue;
    for (const id of group.sources)
      if (!defined.has(id)) problems.push(`${group.id} reads %${id}, which is not defined before it`);
    visit(group.calls, new Set(group.sources), group.id);
    const last = group.calls[group.calls.length - 1];
    if (last && last.out !== group.out)
      problems.push(`${group.id} gives %${group.out}, but its last stage %${last.out}`);
    if (!last && (group.sources.length !== 1 || group.out !== group.sources[0]))
      problems.push(`${group.id} has no stages and gives %${group.out} instead of its only source`);
  }
  // Targets are values of the losses.
  const named = new Set([
    ...defined,
    ...model.groups.flatMap((group) =>
      isFlow(group) ? [group.id] : [group.id, ...group.steps.map((step) => step.id)],
    ),
  ]);
  for (const id of Object.keys(model.values)) if (!named.has(id)) problems.push(`nothing defines %${id}`);
  return problems;
}

/** A repetition reads what the one before it gave. */
function lastOfRepeat(model: Model, call: Call, name: string): string[] | undefined {
  if (model.layers[call.layer]?.op !== "repeat") return undefined;
  const at = call.bodies?.findIndex((body) => body.name === name) ?? 0;
  const before = call.bodies?.[at - 1]?.calls;
  const last = before?.[before.length - 1];
  return last ? [last.out] : undefined;
}

// ---------------------------------------------------------------- types

function checkTypes(model: Model): string[] {
  const problems: string[] = [];
  const optional = new Set(
    model.groups
      .filter((group) => group.kind === "modality" && group.type.absentWith.length > 0)
      .map((group) => group.id),
  );
  for (const { id, type } of Object.values(model.values)) {
    for (const { name, size } of type.axes) {
      if (isKnown(size) && (!Number.isInteger(size) || size < 1)) problems.push(`%${id} has ${size} ${name}`);
    }
    for (const name of type.absentWith)
      if (!optional.has(name)) problems.push(`%${id} is absent with ${name}, which is no optional modality`);
  }
  for (const layer of Object.values(model.layers)) {
    for (const { name, shape } of layer.weights) {
      if (shape.some((size) => isKnown(size) && (!Number.isInteger(size) || size < 1)))
        problems.push(`weight ${name} of layer ${layer.id} has no size`);
    }
  }
  for (const group of model.groups) {
    const value = model.values[group.id];
    if (group.kind === "modality" && value && printType(value.type) !== printType(group.type)) {
      problems.push(`%${group.id} is ${printType(value.type)}, but its modality ${printType(group.type)}`);
    }
    if (!isFlow(group)) continue;
    for (const call of allCalls(group.calls)) problems.push(...checkStructure(model, call));
  }
  return problems;
}

function checkStructure(model: Model, call: Call): string[] {
  const op = model.layers[call.layer]?.op;
  const bodies = call.bodies ?? [];
  const body = op === "repeat" ? bodies[bodies.length - 1] : bodies[0];
  const last = body?.calls[body.calls.length - 1];
  const inner = last && model.values[last.out]?.type;
  const outer = model.values[call.out]?.type;
  if (!inner || !outer) return [];
  const differs = (expected: TensorType) =>
    sameSizes(outer, expected)
      ? []
      : [`%${call.out} is ${printType(outer)}, but its last stage gives ${printType(inner)}`];
  if (op === "repeat" || op === "block") return differs(inner);
  if (op === "residual" && inner.axes.length === outer.axes.length) return differs(inner);
  if (op === "each") return differs({ ...inner, axes: outer.axes.slice(0, 1).concat(inner.axes) });
  return [];
}

function sameSizes(a: TensorType, b: TensorType): boolean {
  return (
    a.dtype === b.dtype &&
    a.axes.length === b.axes.length &&
    a.axes.every((axis, i) => sameDim(axis.size, b.axes[i]?.size ?? 0))
  );
}

// ---------------------------------------------------------------- use

function checkUse(model: Model): string[] {
  const problems: string[] = [];
  const called = new Set<string>();
  for (const group of flowsOf(model)) {
    for (const call of allCalls(group.calls)) {
      called.add(call.layer);
      if (!model.layers[call.layer]) problems.push(`%${call.out} calls layer ${call.layer}, which does not exist`);
    }
  }
  for (const id of Object.keys(model.layers)) if (!called.has(id)) problems.push(`layer ${id} is never called`);

  const producer = producers(model);
  const useful = new Set<string>();
  const reached = new Set<string>();
  const markUseful = (id: string) => {
    if (useful.has(id)) return;
    useful.add(id);
    const group = model.groups.find((each) => each.id === id);
    if (group && isFlow(group)) for (const source of group.sources) markUseful(producer.get(source) ?? source);
  };
  for (const group of model.groups) {
    if (group.kind === "modality") reached.add(group.id);
    if (!isFlow(group)) continue;
    if (group.sources.some((source) => reached.has(producer.get(source) ?? source))) reached.add(group.id);
    if (group.kind === "head") markUseful(group.id);
  }
  for (const group of model.groups) {
    if (group.kind !== "target" && !useful.has(group.id)) problems.push(`${group.kind} ${group.id} leads to no head`);
    if (isFlow(group) && group.head?.output && !reached.has(group.id))
      problems.push(`head ${group.id} is not reached from a modality`);
  }
  return problems;
}

/** Value → the group that gives it. */
function producers(model: Model): Map<string, string> {
  const producer = new Map<string, string>();
  for (const group of model.groups) {
    if (group.kind === "modality") producer.set(group.id, group.id);
    if (!isFlow(group)) continue;
    for (const call of group.calls) producer.set(call.out, group.id);
    if (!producer.has(group.id)) producer.set(group.id, group.id);
  }
  return producer;
}

// ---------------------------------------------------------------- gradient

function checkGradient(model: Model): string[] {
  const problems: string[] = [];
  const flows = flowsOf(model);
  const producer = producers(model);
  const byId = new Map(flows.map((flow) => [flow.id, flow]));
  const trained = new Set<string>();
  const follow = (id: string, stops: ReadonlySet<string>) => {
    const flow = byId.get(producer.get(id) ?? id);
    if (!flow || stops.has(flow.id) || trained.has(flow.id)) return;
    trained.add(flow.id);
    for (const source of flow.sources) follow(source, stops);
  };
  for (const head of flows) {
    if (!head.head) continue;
    if (head.head.loss === "" || head.head.lossWeight === 0) {
      if (head.head.output) problems.push(`head ${head.id} is an output without a loss`);
      continue;
    }
    const late = model.training.heads[head.id]?.late;
    follow(head.id, new Set(late && !late.trainMembers ? late.members : []));
  }
  const learns = new Set(
    flows.filter((flow) => trained.has(flow.id)).flatMap((flow) => [...allCalls(flow.calls)].map((call) => call.layer)),
  );
  const frozenPrefixes = Object.entries(model.training.layers ?? {}).flatMap(([prefix, { frozen }]) =>
    frozen ? [prefix] : [],
  );
  for (const flow of flows) {
    for (const { layer: id } of allCalls(flow.calls)) {
      const layer = model.layers[id];
      const isFrozen =
        layer?.frozen === true || flow.frozen === true || frozenPrefixes.some((prefix) => id.startsWith(prefix));
      if (!layer || isFrozen || learns.has(id) || layerWeights(model, id) === 0) continue;
      if (layer.weights.some((weight) => weight.trainable))
        problems.push(`layer ${id} of ${flow.id} has trainable weights, but no loss reaches them`);
    }
  }
  return [...new Set(problems)];
}

// ---------------------------------------------------------------- leaks

/** Host steps whose numbers come from rows. `tokenize(pretrained(…))` brings its vocabulary, a window its own scale. */
const fitting =
  /^(?:tokenize\((?!pretrained|wordpiece|bpe)|normalize\((?:standard|minmax|robust|quantile)\b|impute\((?:mean|median|mode)\b|one_hot\b|vocabulary\b)/;

function checkFitted(model: Model): string[] {
  return model.groups.flatMap((group) =>
    group.kind !== "modality"
      ? []
      : group.steps
          .filter((step) => !step.fitted && step.text.split(/, (?![^(]*\))/).some((part) => fitting.test(part)))
          .map(
            (step) =>
              `step \`${step.text}\` of ${group.id} learns from rows, but is not fitted on the training rows only`,
          ),
  );
}
