/**
 * The data contract of a model as JSON Schema (2020-12): one row of a table that it predicts from. Columns and their kinds
 * come from the plan, classes and labels from what was fitted.
 */
import type { DataPlan, ModalityPlan, TargetPlan } from "../../plan/plan.ts";
import type { FittedData } from "../data/batch.ts";

interface Property {
  readonly type: string | readonly string[];
  readonly description: string;
}

/** The schema of a row: columns that modalities read are required, but for optional ones; targets may be left out. */
export function contractSchema(name: string, data: DataPlan, fitted: FittedData): object {
  const properties: { [column: string]: Property } = {};
  const required = new Set<string>();
  const add = (column: string, kind: "string" | "number" | "either", optional: boolean, description: string): void => {
    const types = kind === "either" ? ["string", "number", "boolean"] : [kind];
    const before = properties[column];
    const all = [...types, ...(optional ? ["null"] : [])];
    const whole = before === undefined ? description : `${before.description}; ${description}`;
    properties[column] = { type: all.length === 1 ? (all[0] as string) : all, description: whole };
    if (!optional) required.add(column);
  };

  if (data.id !== undefined) add(data.id, "either", false, "names the row");
  for (const [modality, plan] of Object.entries(data.modalities)) addModality(modality, plan, add);
  for (const [target, plan] of Object.entries(data.targets)) {
    for (const column of plan.columns) {
      properties[column] = targetProperty(target, plan, fitted);
    }
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: name,
    description: `One row of a table for ${name}.`,
    type: "object",
    properties,
    required: [...required],
  };
}

type Add = (column: string, kind: "string" | "number" | "either", optional: boolean, description: string) => void;

function addModality(name: string, plan: ModalityPlan, add: Add): void {
  const optional = plan.optional === true || plan.missing !== undefined;
  const about = `${plan.type} ${name}`;
  if (plan.type === "tabular") {
    const mayLack = optional || plan.impute !== undefined;
    for (const column of plan.numeric) add(column, "number", mayLack, `${about}, a number`);
    // A category that was never seen, an empty one among them, has a column of its own.
    for (const column of plan.categorical) add(column, "either", true, `${about}, a category`);
    return;
  }
  const columns = [...(plan.column === undefined ? [] : [plan.column]), ...(plan.columns ?? [])];
  const kind = plan.type === "vector" ? (plan.columns === undefined ? "string" : "number") : "string";
  for (const column of columns) add(column, kind, optional || plan.count !== undefined, about);
  for (const template of [...(plan.file === undefined ? [] : [plan.file]), ...(plan.files ?? [])]) {
    for (const [, column] of template.matchAll(/\{([^{}]+)\}/g)) {
      add(column as string, "either", optional || plan.count !== undefined, `${about}, part of the path ${template}`);
    }
  }
  if (plan.index !== undefined) add(plan.index, "number", optional, `${about}, the item of the file`);
}

/** A table may hold a label as text, number or truth value, so classes are named in words and not as `enum`. */
function targetProperty(name: string, plan: TargetPlan, fitted: FittedData): Property {
  const classes = fitted.targets[name]?.classes;
  const among = classes === undefined || classes.length > 50 ? "" : `, ${plan.type} of ${classes.join(", ")}`;
  const type = plan.type === "regression" ? ["number", "null"] : ["string", "number", "boolean", "null"];
  return { type, description: `target ${name}${among}; not needed to predict` };
}
