/**
 * What a model weighs and costs: weights (every layer once, however often it is called), multiply-adds a row, the table
 * that `train` prints, and how such numbers are written. Knows the IR only, no op.
 */
import { add, atLeast, type Dim, isKnown, multiply, printDim, symbolsOf } from "../types/dim.ts";
import { printShort } from "../types/type.ts";
import type { Call, FlowGroup, Group, Layer, Model } from "./ir.ts";
import { isFlow } from "./ir.ts";

/** What counting needs of a model; a reduced model has it as well. */
export type Counted = Pick<Model, "layers" | "groups">;

/** A group, or some calls of the model; without it the whole model. */
export type Part = Group | readonly Call[];

/** Every call, those inside structures and blocks too, outer before inner. */
export function* allCalls(calls: readonly Call[]): Generator<Call> {
  for (const call of calls) {
    yield call;
    for (const body of call.bodies ?? []) yield* allCalls(body.calls);
  }
}

function callsOf(model: Counted, part: Part | undefined): readonly Call[] {
  if (part === undefined) return model.groups.flatMap((group) => (isFlow(group) ? group.calls : []));
  if ("kind" in part) return isFlow(part) ? part.calls : [];
  return part;
}

const weightsOf = new WeakMap<Layer, Dim>();

/** Weights of one layer, frozen ones and statistics (`batch_normalization`) included, as Keras counts them. */
export function layerWeights(model: Counted, id: string): Dim {
  const layer = model.layers[id];
  if (!layer) return 0;
  let weights = weightsOf.get(layer);
  if (weights === undefined) {
    weights = add(...layer.weights.map((weight) => multiply(...weight.shape)));
    weightsOf.set(layer, weights);
  }
  return weights;
}

/** Weights of the model, of a group or of calls: each layer once, however often it is called. */
export function countWeights(model: Counted, part?: Part): Dim {
  const layers = new Set<string>();
  for (const call of allCalls(callsOf(model, part))) layers.add(call.layer);
  return add(...[...layers].map((id) => layerWeights(model, id)));
}

/**
 * Multiply-adds for one row. The cost of a structure or a block is that of all it does (`each` its items times), so
 * inner calls are not added again; a layer that is called twice costs twice.
 */
export function countCost(model: Counted, part?: Part): Dim {
  return add(...callsOf(model, part).map((call) => call.cost));
}

export interface GroupRow {
  readonly name: string;
  /** `encoder`, `mid fusion`, `head`. */
  readonly kind: string;
  readonly stage?: "early" | "mid" | "late";
  /** `28×28×1 → 64`; several sources are joined by commas. */
  readonly shapes: string;
  readonly weights: Dim;
  readonly cost: Dim;
}

/** One row per encoder, fusion and head, in the model's order: the table under `model` that `train` prints. */
export function groupTable(model: Pick<Model, "groups" | "layers" | "values">): GroupRow[] {
  const short = (id: string): string => {
    const value = model.values[id];
    return value ? printShort(value.type) : "?";
  };
  return model.groups.filter(isFlow).map((group) => ({
    name: group.name ?? group.id,
    kind: kindText(group),
    ...(group.stage ? { stage: group.stage } : {}),
    shapes: `${group.sources.map(short).join(", ")} → ${short(group.out)}`,
    weights: countWeights(model, group),
    cost: countCost(model, group),
  }));
}

/** `mid fusion`, else the kind: `encoder`, `head`. */
export function kindText(group: FlowGroup): string {
  return group.kind === "fusion" && group.stage ? `${group.stage} fusion` : group.kind;
}

// One formatter: `toLocaleString` makes a new one each time.
const grouped = new Intl.NumberFormat("en-US");

/** `1,280,000` */
export function withCommas(n: number): string {
  return grouped.format(n);
}

const units = ["", " k", " M", " G", " T"];

/** Below 10,000 exact (`3,456`), else three digits and a unit: `41.0 k`, `1.28 M`; 999,950 is `1.00 M`. */
export function shortNumber(n: number): string {
  if (n < 10_000) return withCommas(n);
  return threeDigits(n);
}

/** Three digits and a unit, for multiply-adds: `2.59 M`, `640`. */
export function threeDigits(n: number): string {
  let scaled = n;
  let unit = 0;
  // toPrecision rounds 999.95 to 1.00e+3: one unit further.
  while (unit < units.length - 1 && Number(scaled.toPrecision(3)) >= 1000) {
    scaled /= 1000;
    unit += 1;
  }
  if (unit === 0) return withCommas(n);
  return `${Number(scaled.toPrecision(3)) >= 1000 ? withCommas(Math.round(scaled)) : scaled.toPrecision(3)}${units[unit]}`;
}

/** A count that may depend on the data: each size only the data know counts as 1, and `≥` says so. */
export function shortCount(dim: Dim): string {
  return isKnown(dim) ? shortNumber(dim) : `≥ ${shortNumber(atLeast(dim))}`;
}

/** Multiply-adds, three digits: `2.59 M`. */
export function costText(dim: Dim): string {
  return isKnown(dim) ? threeDigits(dim) : `≥ ${threeDigits(atLeast(dim))}`;
}

const noun = (one: boolean): string => (one ? "weight" : "weights");

/** `41.0 k weights`, `≥ 64 weights`, `1 weight`; undefined for none, and while a size in it is undetermined (`?`). */
export function weightsText(dim: Dim): string | undefined {
  if (dim === 0 || symbolsOf(dim).includes("?")) return undefined;
  return `${shortCount(dim)} ${noun(dim === 1)}`;
}

/** All digits, or the expression: `1,280,000 weights`, `32·sheet.features + 32 weights`. */
export function exactWeightsText(dim: Dim): string | undefined {
  if (dim === 0 || symbolsOf(dim).includes("?")) return undefined;
  return `${printDim(dim, withCommas)} ${noun(dim === 1)}`;
}
