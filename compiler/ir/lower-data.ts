/** Lowers modalities and targets: their values and the steps on the host that make them. */
import type { CheckedModality, CheckedTarget } from "../check/checked.ts";
import { sourceStep } from "../registry/modality/index.ts";
import { axis, printType, tensor } from "../types/type.ts";
import type { HostStep, InputGroup, TargetGroup } from "./ir.ts";
import type { Building } from "./lower-stages.ts";

export function lowerModality(building: Building, m: CheckedModality): InputGroup {
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

export function lowerTarget(t: CheckedTarget): TargetGroup {
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
