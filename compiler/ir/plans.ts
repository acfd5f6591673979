/** The plain data of a program: what is read, how it is trained and judged. Defaults of the language are filled in here. */
import type {
  CallPlan,
  DataPlan,
  EvaluatePlan,
  HeadPlan,
  MediaPlan,
  PartName,
  SourcePlan,
  SplitPlan,
  TargetPlan,
  TrainPlan,
} from "../../plan/plan.ts";
import type { CheckedModel, CheckedTarget } from "../check/checked.ts";
import { planCall } from "../check/head.ts";
import { wordsOf } from "../registry/index.ts";
import { secondsOf } from "../registry/modality/index.ts";
import type { Group, Layer } from "./ir.ts";
import { isFlow } from "./ir.ts";

type Arg =
  | string
  | number
  | boolean
  | readonly Arg[]
  | { readonly word: string; readonly args: { readonly [name: string]: Arg } };
type Called = { readonly word: string; readonly args: { readonly [name: string]: Arg } };

const parts: readonly PartName[] = ["train", "validation", "test"];

const strings = (value: unknown): string[] => (Array.isArray(value) ? value : [value]).map(String);

function sourcePlan(value: unknown): SourcePlan {
  if (typeof value === "string") return value;
  const { word, args } = value as Called;
  if (word === "query") return { query: args.sql as string };
  if (word === "folders") return { folders: args.folder as string };
  return {
    files: Object.fromEntries(
      parts.filter((p) => args[p] !== undefined).map((p) => [p, strings(args[p])[0] as string]),
    ),
  };
}

function mediaPlan(value: unknown): MediaPlan | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" || Array.isArray(value)) return strings(value);
  const { args } = value as Called;
  return { files: Object.fromEntries(parts.filter((p) => args[p] !== undefined).map((p) => [p, strings(args[p])])) };
}

/** Shares as written; of those not written the rest goes to train, nothing to the others; of none, 70/15/15. */
function shares(given: ReadonlySet<string>, args: Called["args"]): { train: number; validation: number; test: number } {
  if (!parts.some((p) => given.has(p))) return { train: 0.7, validation: 0.15, test: 0.15 };
  const of = (part: string): number => (given.has(part) ? (args[part] as number) : 0);
  const train = given.has("train") ? of("train") : 1 - of("validation") - of("test");
  return { train, validation: of("validation"), test: of("test") };
}

/** Arguments that a call of the section gives by name or place. */
function writtenIn(model: CheckedModel, property: string): ReadonlySet<string> {
  const value = model.data.statement?.props?.entries.find((p) => p.key.text === property)?.value;
  const args = value?.kind === "flow" ? (value.calls[0]?.args ?? []) : [];
  return new Set(args.flatMap((a) => (a.key ? [a.key.text] : [])));
}

function splitPlan(model: CheckedModel): SplitPlan {
  const { args } = model.data;
  const split = args.value("split") as Called | undefined;
  if (!split) {
    const all = { train: 0.7, validation: 0.15, test: 0.15 };
    if (args.has("time")) return { by: "time", ...all };
    if (args.has("group")) return { by: "group", ...all, seed: 0 };
    return { by: "random", ...all, seed: 0 };
  }
  const given = writtenIn(model, "split");
  const of = split.args;
  const seed = (of.seed as number | undefined) ?? 0;
  switch (split.word) {
    case "in_order":
      return { by: "in_order", ...shares(given, of) };
    case "by_time": {
      const embargo = secondsOf(of.embargo as never) ?? (of.embargo as number | undefined);
      const none = !parts.some((p) => given.has(p));
      const days = parts.some((p) => typeof of[p] === "string");
      const amounts = days
        ? Object.fromEntries(parts.map((p) => [p, given.has(p) ? (of[p] as string | number) : 0]))
        : none
          ? { train: 0.7, validation: 0.15, test: 0.15 }
          : shares(given, of);
      return {
        by: "time",
        ...(amounts as { train: number; validation: number; test: number }),
        ...(embargo === undefined ? {} : { embargo }),
        ...(of.apart === undefined ? {} : { apart: of.apart as string }),
      };
    }
    case "by_group":
      return { by: "group", ...shares(given, of), seed };
    case "by_column":
      return {
        by: "column",
        column: of.column as string,
        train: of.train as string,
        ...(of.validation === undefined ? {} : { validation: of.validation as string }),
        ...(of.test === undefined ? {} : { test: of.test as string }),
        seed,
      };
    case "by_file":
      return { by: "file", ...(of.validation === undefined ? {} : { validation: of.validation as number }), seed };
    default:
      return {
        by: "random",
        ...shares(given, of),
        seed,
        ...(of.stratify === undefined ? {} : { stratify: of.stratify as string }),
      };
  }
}

export function lowerData(model: CheckedModel): DataPlan {
  const { args } = model.data;
  const media = mediaPlan(args.value("media"));
  return {
    source: sourcePlan(args.value("source")),
    ...(media === undefined ? {} : { media }),
    ...(args.boolean("header") ? {} : { header: false as const }),
    ...(args.has("id") ? { id: args.string("id") } : {}),
    ...(args.has("time") ? { time: args.string("time") } : {}),
    ...(args.has("group") ? { group: args.string("group") } : {}),
    ...(args.has("where") ? { where: args.string("where") } : {}),
    split: splitPlan(model),
    modalities: Object.fromEntries(model.modalities.map((m) => [m.name, m.entry.plan(m.facts)])),
    targets: Object.fromEntries(model.targets.map((t) => [t.name, targetPlan(t)])),
  };
}

function targetPlan(t: CheckedTarget): TargetPlan {
  const { args } = t;
  const classes = args.value("classes");
  const positive = args.value("positive");
  const transform = args.maybeString("transform");
  return {
    type: t.entry.name as TargetPlan["type"],
    columns: t.columns,
    ...(classes === undefined ? {} : { classes: typeof classes === "number" ? classes : strings(classes) }),
    ...(positive === undefined ? {} : { positive: String(positive) }),
    ...(t.optional ? { optional: true as const } : {}),
    ...(args.maybeString("class_weight") === "balanced" ? { classWeight: "balanced" as const } : {}),
    ...(transform === "log" || transform === "standard" ? { transform: transform as "log" } : {}),
    ...(args.has("na") ? { na: strings(args.value("na")) } : {}),
  };
}

/** A call with every argument by name, those that are defaults left out but the learning rate. */
function callPlan(value: unknown, role: "optimizer" | "schedule" | "loss"): CallPlan {
  const { word, args } = value as Called;
  const params = wordsOf([role]).get(word)?.params ?? {};
  const plan = planCall({ word, args } as never, params);
  if (role !== "optimizer") return plan;
  const rest = typeof plan === "string" ? {} : Object.values(plan)[0]!;
  return { [word]: { learningRate: args.learning_rate, ...rest } };
}

export function lowerTraining(
  model: CheckedModel,
  groups: readonly Group[],
  layers: { readonly [id: string]: Layer },
): TrainPlan {
  const { args } = model.train;
  const heads: { [name: string]: HeadPlan } = {};
  for (const d of model.definitions) {
    const head = d.head;
    if (!head) continue;
    const group = groups.find((g) => g.id === d.name);
    if (!group || !isFlow(group)) continue;
    heads[d.name] = {
      target: head.target,
      loss: head.loss,
      lossWeight: group.head!.lossWeight,
      metrics: head.metrics,
      ...(head.auxiliary ? { auxiliary: true as const } : {}),
      output: group.head!.output,
      ...(head.late ? { late: { members: head.members!, trainMembers: head.trainMembers ?? false } } : {}),
      ...(d.out.type.absentWith.length > 0 ? { needs: d.out.type.absentWith } : {}),
    };
  }
  const clip = args.value("clip") as Called | undefined;
  const stop = args.value("stop") as Called | undefined;
  const special = Object.values(layers).filter(
    (l) => l.weights.length > 0 && (l.frozen || l.learningRate !== undefined),
  );
  return {
    heads,
    optimizer: callPlan(args.value("optimizer"), "optimizer"),
    schedule: callPlan(args.value("schedule"), "schedule"),
    epochs: args.number("epochs"),
    batchSize: args.number("batch_size"),
    ...(clip === undefined
      ? {}
      : { clip: clip.word === "norm" ? { norm: clip.args.max as number } : { value: clip.args.max as number } }),
    ...(stop === undefined
      ? {}
      : {
          stop: {
            patience: stop.args.patience as number,
            monitor: watched(stop.args.monitor as string | undefined, heads),
          },
        }),
    seed: args.number("seed"),
    ...(special.length === 0
      ? {}
      : {
          layers: Object.fromEntries(
            special.map((l) => [
              l.id,
              {
                ...(l.frozen ? { frozen: true as const } : {}),
                ...(l.learningRate === undefined ? {} : { learningRate: l.learningRate }),
              },
            ]),
          ),
        }),
  };
}

/** What an inherited `monitor` names may not be there any more: a model that replaced that head watches its loss. */
function watched(monitor: string | undefined, heads: TrainPlan["heads"]): string {
  if (monitor === undefined || !monitor.includes(".")) return monitor ?? "loss";
  return heads[monitor.slice(0, monitor.indexOf("."))] === undefined ? "loss" : monitor;
}

/** The floors that are always there, then those asked for. */
export function lowerEvaluation(model: CheckedModel): EvaluatePlan {
  const given = (model.evaluate.args.value("baselines") as readonly Called[] | undefined) ?? [];
  const kinds = model.definitions.flatMap((d) =>
    d.head ? [model.targets.find((t) => t.name === d.head!.target)!.entry.classifies] : [],
  );
  const always = [...(kinds.includes(true) ? ["majority"] : []), ...(kinds.includes(false) ? ["mean"] : [])];
  const asked = given
    .filter((g) => g.word === "only" && model.floors.has(`only(${String(g.args.modality)})`))
    .map((g): CallPlan => ({ only: { modality: g.args.modality } }));
  return { baselines: [...always, ...asked], bootstrap: model.evaluate.args.number("bootstrap") };
}
