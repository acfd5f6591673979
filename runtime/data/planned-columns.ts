/** The columns that a data plan reads, of those a table has: a table is loaded with these and no others. */
import type { DataPlan, ModalityPlan } from "../../plan/plan.ts";
import { expandColumn, templateColumns } from "./cells.ts";

/** Of a table's columns those that any of the plans names. */
export function plannedColumns(plans: readonly DataPlan[]): (names: readonly string[]) => string[] {
  const patterns = [...new Set(plans.flatMap(patternsOf))];
  return (names) => {
    const read = new Set(patterns.flatMap((pattern) => expandColumn(pattern, names)));
    return names.filter((name) => read.has(name));
  };
}

function patternsOf(data: DataPlan): string[] {
  const { split } = data;
  return [
    data.id ?? "id",
    ...given(data.time),
    ...given(data.group),
    ...(split.by === "random" ? given(split.stratify) : []),
    ...(split.by === "time" ? given(split.apart) : []),
    ...(split.by === "column" ? [split.column] : []),
    ...Object.entries(data.modalities).flatMap(([name, plan]) => ofModality(name, plan)),
    ...Object.values(data.targets).flatMap((target) => target.columns),
  ];
}

function ofModality(name: string, plan: ModalityPlan): string[] {
  return [
    name,
    ...given(plan.column),
    ...(plan.columns ?? []),
    ...[...given(plan.file), ...(plan.files ?? [])].flatMap(templateColumns),
    ...given(plan.index),
    ...(plan.type === "tabular" ? [...plan.numeric, ...plan.categorical] : []),
  ];
}

const given = (text: string | undefined): string[] => (text === undefined ? [] : [text]);
