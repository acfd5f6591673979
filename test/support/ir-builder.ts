/**
 * Builds IR by hand for tests of what reads it: printer, verifier, cost, diagram. Types and weights are given as short
 * texts, so that a fixture reads like the picture it should give. Does no inference of its own.
 */

import type {
  ArgValue,
  Body,
  Call,
  FlowGroup,
  Group,
  HostStep,
  Layer,
  Model,
  TargetGroup,
  Value,
  WeightSpec,
} from "../../compiler/ir/ir.ts";
import { irVersion } from "../../compiler/ir/ir.ts";
import { type Dim, symbol } from "../../compiler/types/dim.ts";
import type { TensorType } from "../../compiler/types/type.ts";
import type { Span } from "../../diagnostics/span.ts";
import type { DataPlan, EvaluatePlan, HeadPlan, ModalityPlan, TargetPlan, TrainPlan } from "../../plan/plan.ts";

export const origin: Span = { file: "test.mmf", start: 0, end: 0 };

/** `f32[B, tokens=100, features=sheet.features]` */
export function type(text: string, absentWith: readonly string[] = []): TensorType {
  const match = /^(f32|i32|bool|string)\[B(.*)\]$/.exec(text);
  if (!match) throw new Error(`no type: ${text}`);
  const axes = [...(match[2] ?? "").matchAll(/, (\w+)=([^,\]]+)/g)].map(([, name, size]) => ({
    name: name as string,
    size: dim(size as string),
  }));
  return { dtype: match[1] as TensorType["dtype"], axes, absentWith };
}

function dim(text: string): Dim {
  return /^\d+$/.test(text) ? Number(text) : symbol(text);
}

/** A stage as a fixture writes it. */
export interface StageSpec {
  /** As written: `conv2d(32, 3x3, relu)`. */
  readonly text: string;
  readonly type: string;
  /** Shapes of its weights. */
  readonly weights?: readonly (readonly (number | string)[])[];
  readonly bodies?: { readonly [name: string]: readonly StageSpec[] };
  readonly block?: { readonly name: string; readonly shared: boolean };
  readonly args?: { readonly [name: string]: ArgValue };
  /** A layer that is used elsewhere too. */
  readonly layer?: string;
  readonly cost?: Dim;
}

export function stage(
  text: string,
  typeText: string,
  ...weights: readonly (readonly (number | string)[])[]
): StageSpec {
  return { text, type: typeText, ...(weights.length > 0 ? { weights } : {}) };
}

export interface FlowSpec {
  readonly kind: "encoder" | "fusion" | "head";
  readonly id: string;
  readonly unnamed?: true;
  readonly stage?: "early" | "mid" | "late";
  readonly sources: readonly string[];
  readonly stages: readonly StageSpec[];
  readonly head?: FlowGroup["head"];
  readonly shared?: string;
  readonly frozen?: boolean;
  readonly absentWith?: readonly string[];
}

/** A host step: its text, its type where it has one, and whether it is fitted or for training only. */
export type StepSpec = string | readonly [text: string, type: string, flag?: "fitted" | "training"];

export interface ModelSpec {
  readonly name: string;
  readonly spec: string;
  readonly doc: string;
  readonly base?: Model["base"];
  readonly modalities: readonly {
    readonly id: string;
    readonly modality: string;
    readonly type: string;
    readonly optional?: boolean;
    readonly items?: number;
    readonly steps: readonly StepSpec[];
  }[];
  readonly flows: readonly FlowSpec[];
  readonly targets: readonly (Pick<TargetGroup, "id" | "target" | "classes"> & {
    readonly steps?: readonly StepSpec[];
  })[];
  readonly sections: Model["sections"];
}

function hostStep(id: string, step: StepSpec): HostStep {
  if (typeof step === "string") return { id, text: step };
  const [text, typeText, flag] = step;
  return {
    id,
    text,
    type: typeText,
    ...(flag === "fitted" ? { fitted: true } : {}),
    ...(flag === "training" ? { trainingOnly: true } : {}),
  };
}

export function opName(text: string): string {
  return /^[\w]+/.exec(text)?.[0] ?? text;
}

/** A whole model; data, training and evaluation plans follow from the groups. */
export function buildModel(spec: ModelSpec): Model {
  const values: { [id: string]: Value } = {};
  const layers: { [id: string]: Layer } = {};
  const groups: Group[] = [];
  const places: { [id: string]: { file: string; line: number } } = {};
  const place = (id: string) => {
    places[id] = { file: spec.spec, line: 10 + Object.keys(places).length };
  };
  const layerId = (wanted: string): string => {
    let id = wanted;
    for (let i = 2; layers[id]; i += 1) id = `${wanted}_${i}`;
    return id;
  };

  for (const modality of spec.modalities) {
    const absent = modality.optional ? [modality.id] : [];
    values[modality.id] = { id: modality.id, type: type(modality.type, absent) };
    groups.push({
      kind: "modality",
      id: modality.id,
      modality: modality.modality,
      type: type(modality.type, absent),
      steps: modality.steps.map((step, i) => hostStep(`${modality.id}.${i + 1}`, step)),
      origin,
      ...(modality.items ? { items: modality.items } : {}),
    });
    place(modality.id);
  }

  const build = (
    stages: readonly StageSpec[],
    group: FlowSpec,
    prefix: string,
    ins: readonly string[],
    last: string | undefined,
  ): Call[] => {
    let inputs = ins;
    return stages.map((each, i) => {
      const path = `${prefix}.${i + 1}`;
      const out = last !== undefined && i === stages.length - 1 ? last : path;
      const op = each.block ? "block" : opName(each.text);
      const layer = each.layer ?? layerId(`${group.id}_${each.block?.name ?? op}`.replace(/[^A-Za-z0-9_]/g, "v"));
      const weights = (each.weights ?? []).map(
        (shape, k): WeightSpec => ({
          name: `w${k}`,
          shape: shape.map((size) => (typeof size === "string" ? dim(size) : size)),
          trainable: true,
        }),
      );
      layers[layer] ??= {
        id: layer,
        op,
        args: each.args ?? {},
        weights,
        origin,
        ...(group.frozen ? { frozen: true } : {}),
      };
      const from = inputs;
      values[out] = { id: out, type: type(each.type, group.absentWith) };
      const bodies = Object.entries(each.bodies ?? {}).map(([name, inner], k): Body => {
        // As the lowering numbers them: one body's stages follow the structure's path, several have a letter or number.
        const alone = Object.keys(each.bodies ?? {}).length === 1;
        const inside = alone ? path : `${path}.${/^[a-z]$|^\d+$/.test(name) ? name : "ab"[k]}`;
        const read = op === "repeat" && k > 0 ? [`${path}.${k}.${inner.length}`] : from;
        const calls = build(inner, group, inside, read, undefined);
        return { name, calls };
      });
      inputs = [out];
      return {
        out,
        layer,
        ins: from,
        ...(bodies.length > 0 ? { bodies } : {}),
        text: each.text,
        ...(each.block ? { block: each.block } : {}),
        cost: each.cost ?? 0,
        origin,
      };
    });
  };

  for (const flow of spec.flows) {
    const calls = build(flow.stages, flow, flow.id, flow.sources, flow.id);
    groups.push({
      kind: flow.kind,
      id: flow.id,
      ...(flow.unnamed ? {} : { name: flow.id }),
      ...(flow.stage ? { stage: flow.stage } : {}),
      sources: flow.sources,
      calls,
      out: calls.length > 0 ? flow.id : (flow.sources[0] as string),
      origin,
      ...(flow.head ? { head: flow.head } : {}),
      ...(flow.shared ? { shared: flow.shared } : {}),
      ...(flow.frozen ? { frozen: true } : {}),
    });
    place(flow.id);
  }

  for (const target of spec.targets) {
    groups.push({
      kind: "target",
      id: target.id,
      target: target.target,
      ...(target.classes ? { classes: target.classes } : {}),
      optional: false,
      steps: (target.steps ?? []).map((step, i) => hostStep(`${target.id}.${i + 1}`, step)),
      origin,
    });
    place(target.id);
  }

  return {
    version: irVersion,
    name: spec.name,
    ...(spec.base ? { base: spec.base } : {}),
    doc: spec.doc,
    spec: spec.spec,
    values,
    layers,
    groups,
    ...plansOf(spec),
    sections: spec.sections,
    places,
  };
}

function plansOf(spec: ModelSpec): { data: DataPlan; training: TrainPlan; evaluation: EvaluatePlan } {
  const modalities: { [name: string]: ModalityPlan } = {};
  for (const { id } of spec.modalities) modalities[id] = { type: "vector", column: id, normalize: "none" };
  const targets: { [name: string]: TargetPlan } = {};
  for (const { id } of spec.targets) targets[id] = { type: "binary", columns: [id] };
  const heads: { [name: string]: HeadPlan } = {};
  for (const { id, head, sources } of spec.flows) {
    if (!head) continue;
    const fusion = spec.flows.find((flow) => flow.stage === "late" && flow.id === sources[0]);
    heads[id] = {
      target: head.target,
      loss: head.loss,
      lossWeight: head.lossWeight,
      metrics: ["accuracy"],
      ...(head.auxiliary ? { auxiliary: true as const } : {}),
      output: head.output,
      ...(fusion ? { late: { members: fusion.sources, trainMembers: false } } : {}),
    };
  }
  return {
    data: {
      source: "table.csv",
      split: { by: "random", train: 0.7, validation: 0.15, test: 0.15, seed: 0 },
      modalities,
      targets,
    },
    training: {
      heads,
      optimizer: { adam: { learningRate: 1e-3 } },
      schedule: "constant",
      epochs: 10,
      batchSize: 32,
      seed: 0,
    },
    evaluation: { baselines: ["majority"], bootstrap: 1000 },
  };
}
