/**
 * The parts of a model with their weights and costs, for the table that a training starts with: the compiler's counts,
 * with the sizes filled in that only the data know.
 */
import { groupTable } from "../compiler/ir/cost.ts";
import type { Model, Value } from "../compiler/ir/ir.ts";
import type { Dim } from "../compiler/types/dim.ts";
import type { FittedData } from "../runtime/data/batch.ts";
import { createFitted, type Fitted } from "../runtime/layers/fitted.ts";
import type { ModelRow } from "../runtime/train/reporter.ts";

/** The rows, once the training rows were seen. */
export function modelRows(model: Model): (fitted: FittedData) => readonly ModelRow[] {
  return (data) => {
    const fitted = createFitted(data);
    const values = Object.fromEntries(Object.entries(model.values).map(([id, value]) => [id, sized(value, fitted)]));
    return groupTable({ ...model, values }).map(({ name, kind, shapes, weights, cost }) => ({
      name,
      kind,
      shapes,
      weights: numberOf(weights, fitted),
      multiplyAdds: numberOf(cost, fitted),
    }));
  };
}

function sized(value: Value, fitted: Fitted): Value {
  const axes = value.type.axes.map((axis) => ({ ...axis, size: numberOf(axis.size, fitted) }));
  return { ...value, type: { ...value.type, axes } };
}

/** A size as a number. */
export function numberOf(dim: Dim, fitted: Pick<Fitted, "size">): number {
  if (typeof dim === "number") return dim;
  return dim.terms.reduce(
    (sum, { coefficient, symbols }) =>
      sum + symbols.reduce((product, text) => product * evaluate(text, fitted), coefficient),
    0,
  );
}

/**
 * The value of a symbol: a question to the data (`sheet.features`), or the text of what is no polynomial,
 * `floor((call.time - 4)/2 + 1)`.
 */
function evaluate(text: string, fitted: Pick<Fitted, "size">): number {
  if (/^[^\s()·+*/]+$/u.test(text)) return fitted.size(text);
  const tokens =
    text.match(
      /floor\(|ceil\(|[()]|[-+*/·]|\d+(?![\p{ID_Continue}.])|[\p{ID_Start}_][\p{ID_Continue}]*\.\p{ID_Start}+/gu,
    ) ?? [];
  let at = 0;
  const next = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw new Error(`the size ${text} cannot be read`);
    return token;
  };
  const atom = (): number => {
    const token = next();
    if (token === "-") return -atom();
    if (token === "(" || token === "floor(" || token === "ceil(") {
      const inner = sum();
      next();
      return token === "(" ? inner : token === "floor(" ? Math.floor(inner) : Math.ceil(inner);
    }
    return /^\d/.test(token) ? Number(token) : fitted.size(token);
  };
  const product = (): number => {
    let value = atom();
    while (/^[*/·]$/.test(tokens[at] ?? "")) value = next() === "/" ? value / atom() : value * atom();
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (/^[-+]$/.test(tokens[at] ?? "")) value = next() === "-" ? value - product() : value + product();
    return value;
  };
  const value = sum();
  if (at !== tokens.length) throw new Error(`the size ${text} cannot be read`);
  return value;
}
