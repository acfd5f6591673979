/** tabular and vector: numbers of the row as one vector. */
import type { Scaling } from "../../../plan/plan.ts";
import { type Dim, symbol } from "../../types/dim.ts";
import { axis, printType, tensor } from "../../types/type.ts";
import { choice, int, list } from "../define.ts";
import {
  absence,
  asList,
  basePlan,
  count,
  hide,
  imputeParam,
  index,
  type Modality,
  media,
  own,
  planned,
  where,
  withItems,
} from "./kind.ts";

const scalings = ["standard", "minmax", "robust", "quantile", "log", "none"] as const;
const normalize = choice("How numbers are brought to one scale, on training rows.", {
  of: scalings,
  default: "standard",
});

export const tabular: Modality = {
  name: "tabular",
  role: "modality",
  doc: "Numbers and categories of the row as one vector: numbers scaled, categories one-hot with a column for unseen ones.",
  source: "scikit-learn StandardScaler, OneHotEncoder",
  example: 'modality sheet: tabular { numeric: ["leverage", "roa"], categorical: ["sector"] }',
  params: {
    numeric: list("Columns of numbers.", { of: { is: "column" } }),
    categorical: list("Columns of categories.", { of: { is: "column" } }),
    normalize,
    impute: imputeParam,
    bins: int("Piecewise-linear features: so many bins a number.", { min: 2 }),
    missing: absence.missing!,
    na: absence.na!,
    dropout: absence.dropout!,
    ...where,
    count: planned("Several rows of another table."),
  },
  infer(facts) {
    const numeric = asList(facts.args.value("numeric")) ?? [];
    const categorical = asList(facts.args.value("categorical")) ?? [];
    const plain =
      categorical.length === 0 &&
      !facts.args.has("impute") &&
      !facts.args.has("bins") &&
      !numeric.some((c) => c.includes("*"));
    const width: Dim = plain ? numeric.length : symbol(`${facts.name}.features`);
    return tensor("f32", [axis("features", width, facts.origin("numeric"))], facts.optional ? [facts.name] : []);
  },
  plan(facts) {
    const { args } = facts;
    const { column: _none, ...base } = basePlan(facts);
    return {
      type: "tabular",
      ...base,
      numeric: asList(args.value("numeric")) ?? [],
      categorical: asList(args.value("categorical")) ?? [],
      normalize: args.string("normalize") as Scaling,
      ...(args.has("impute") ? { impute: args.value("impute") as "mean" } : {}),
      ...(args.has("bins") ? { bins: args.number("bins") } : {}),
    };
  },
  steps(facts) {
    const { args } = facts;
    const type = printType(this.infer(facts));
    const parts = [
      ...(args.has("impute") ? [`impute(${String(args.value("impute"))})`] : []),
      ...(args.has("numeric") && args.string("normalize") !== "none" ? [`normalize(${args.string("normalize")})`] : []),
      ...(args.has("bins") ? [`bins(${args.number("bins")})`] : []),
      ...(args.has("categorical") ? ["one_hot"] : []),
    ];
    return [
      { text: parts.join(", ") || "as it is", type, ...(parts.length > 0 ? { fitted: true as const } : {}) },
      ...hide(facts, type),
    ];
  },
};

export const vector: Modality = {
  name: "vector",
  role: "modality",
  doc: "A vector that was computed elsewhere: a JSON list, columns, or an item of an array file.",
  example: 'modality past: vector { columns: ["px_*"] }',
  params: {
    ...own,
    ...media,
    index,
    dim: int("Width, where the columns do not say it.", { min: 1 }),
    normalize,
    impute: imputeParam,
    count,
    ...absence,
    ...where,
  },
  infer(facts) {
    const columns = asList(facts.args.value("columns"));
    const plain = columns !== undefined && !columns.some((c) => c.includes("*")) && !facts.args.has("impute");
    const width: Dim = facts.args.maybeNumber("dim") ?? (plain ? columns.length : symbol(`${facts.name}.features`));
    return withItems(
      facts,
      "vector",
      tensor("f32", [axis("features", width, facts.origin(facts.args.has("dim") ? "dim" : "columns"))]),
    );
  },
  plan(facts) {
    const { args } = facts;
    return {
      type: "vector",
      ...basePlan(facts),
      ...(args.has("dim") ? { dim: args.number("dim") } : {}),
      normalize: args.string("normalize") as Scaling,
      ...(args.has("impute") ? { impute: args.value("impute") as "mean" } : {}),
    };
  },
  steps(facts) {
    const type = printType(this.infer(facts));
    const normalized = facts.args.string("normalize");
    return [
      ...(facts.args.has("index") ? [{ text: `item ${JSON.stringify(facts.args.string("index"))}`, type }] : []),
      ...(normalized === "none" ? [] : [{ text: `normalize(${normalized})`, type, fitted: true as const }]),
      ...hide(facts, type),
    ];
  },
};
