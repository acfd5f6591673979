/**
 * The part of `verify` that looks at the plans beside the graph: they name what the model has, and all is plain data.
 */
import type { CallPlan } from "../../plan/plan.ts";
import { callOf } from "../../plan/plan.ts";
import type { Model } from "./ir.ts";
import { isFlow } from "./ir.ts";

/** Data, training and evaluation name modalities, targets, heads and layers of the model, and all of them. */
export function checkPlans(model: Model): string[] {
  const problems: string[] = [];
  const ids = (kind: string) => model.groups.filter((group) => group.kind === kind).map((group) => group.id);
  const [modalities, targets, heads] = [ids("modality"), ids("target"), ids("head")];
  const same = (what: string, planned: readonly string[], present: readonly string[]) => {
    for (const id of planned) if (!present.includes(id)) problems.push(`the plan has ${what} ${id}, the model has not`);
    for (const id of present) if (!planned.includes(id)) problems.push(`the model has ${what} ${id}, the plan has not`);
  };
  same("modality", Object.keys(model.data.modalities), modalities);
  same("target", Object.keys(model.data.targets), targets);
  same("head", Object.keys(model.training.heads), heads);
  const refers = (from: string, what: string, id: string, known: readonly string[]) => {
    if (!known.includes(id)) problems.push(`${from} names ${what} ${id}, which does not exist`);
  };
  for (const [name, modality] of Object.entries(model.data.modalities)) {
    if (modality.type === "text" && modality.shares !== undefined)
      refers(`modality ${name}`, "modality", modality.shares, modalities);
  }
  for (const [name, head] of Object.entries(model.training.heads)) {
    refers(`head ${name}`, "target", head.target, targets);
    for (const member of head.late?.members ?? []) refers(`head ${name}`, "member", member, heads);
    for (const modality of head.needs ?? []) refers(`head ${name}`, "modality", modality, modalities);
    const group = model.groups.find((each) => each.id === name);
    if (group && isFlow(group) && group.head) {
      if (group.head.target !== head.target)
        problems.push(`head ${name} predicts ${group.head.target}, but ${head.target} in the plan`);
      if (group.head.output !== head.output)
        problems.push(
          `head ${name} is ${group.head.output ? "an" : "no"} output, but ${head.output ? "one" : "none"} in the plan`,
        );
      if (group.head.lossWeight !== head.lossWeight)
        problems.push(`head ${name} has the loss weight ${group.head.lossWeight}, but ${head.lossWeight} in the plan`);
    }
  }
  for (const group of model.groups)
    if (isFlow(group) && group.head) refers(`head ${group.id}`, "target", group.head.target, targets);
  const monitor = model.training.stop?.monitor;
  if (monitor?.includes(".")) refers("stop", "head", monitor.slice(0, monitor.indexOf(".")), heads);
  for (const prefix of Object.keys(model.training.layers ?? {})) {
    if (!Object.keys(model.layers).some((id) => id.startsWith(prefix)))
      problems.push(`training names layers ${prefix}, which do not exist`);
  }
  for (const baseline of model.evaluation.baselines)
    for (const id of namedModalities(baseline)) refers("a baseline", "modality", id, modalities);
  for (const id of model.base?.changed ?? [])
    refers(
      "base",
      "group",
      id,
      model.groups.map((group) => group.id),
    );
  return problems;
}

const readsModality = new Set(["only", "linear", "ridge", "logistic"]);

function namedModalities(baseline: CallPlan): string[] {
  const { word, args } = callOf(baseline);
  return readsModality.has(word)
    ? Object.values(args)
        .flat()
        .filter((value): value is string => typeof value === "string")
    : [];
}

/** Nothing that JSON cannot say: no classes, no functions, no cycles, no NaN. */
export function checkPlain(value: unknown, path: string, above: Set<object>): string[] {
  if (value === null || typeof value === "string" || typeof value === "boolean" || value === undefined) return [];
  if (typeof value === "number") return Number.isFinite(value) ? [] : [`${path} is ${value}, which JSON cannot say`];
  if (typeof value !== "object") return [`${path} is a ${typeof value}`];
  if (above.has(value)) return [`${path} contains itself`];
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null)
    return [`${path} is a ${prototype.constructor?.name ?? "class"}`];
  above.add(value);
  const problems = Object.entries(value).flatMap(([key, inner]) => checkPlain(inner, `${path}.${key}`, above));
  above.delete(value);
  return problems;
}
