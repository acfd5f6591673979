/** Lowers the stages of a flow: a layer and a call for each, structures with their bodies, shared blocks with one set of layers. */
import { blockOp } from "../check/blocks.ts";
import type { CheckedDefinition } from "../check/checked.ts";
import type { CheckedStage } from "../check/flows.ts";
import type { Shapes } from "../registry/define.ts";
import { add, type Dim, multiply } from "../types/dim.ts";
import type { Body, Call, Layer, Value } from "./ir.ts";

/** Collects layers and values while groups are lowered. */
export interface Building {
  readonly values: { [id: string]: Value };
  readonly layers: { [id: string]: Layer };
  /** Layers of shared blocks by the block's use and the place in it. */
  readonly shared: Map<string, string>;
  readonly definitions: ReadonlyMap<string, CheckedDefinition>;
  /** Names that are another value: an encoder without stages, a fusion left with one source. */
  readonly same: Map<string, string>;
}

/** A name for a layer that no other has: `words_lstm`, `words_lstm_2`. */
export function layerId(building: Building, group: string, op: string): string {
  const base = group === "" ? op : `${group}_${op}`;
  const counts = numbers.get(building) ?? new Map<string, number>();
  numbers.set(building, counts);
  let n = counts.get(base) ?? 1;
  let id = n === 1 ? base : `${base}_${n}`;
  while (building.layers[id]) id = `${base}_${++n}`;
  counts.set(base, n);
  return id;
}

/** How far the numbers behind a name have come, so that a long flow does not count from the start for each of its layers. */
const numbers = new WeakMap<Building, Map<string, number>>();

export interface FlowOptions {
  readonly group: string;
  readonly frozen: boolean;
  readonly learningRate?: number;
  /** Inside a shared block: its use, so that the second finds the layers of the first. */
  readonly shared?: { readonly key: string; count: number };
}

export function learning(options: FlowOptions): Pick<Layer, "frozen" | "learningRate"> {
  return {
    ...(options.frozen ? { frozen: true as const } : {}),
    ...(options.learningRate === undefined ? {} : { learningRate: options.learningRate }),
  };
}

/** Costs of stages one after the other. */
const costOf = (calls: readonly Call[]): Dim => add(0, ...calls.map((c) => c.cost));

export function lowerStages(
  building: Building,
  stages: readonly CheckedStage[],
  input: string,
  prefix: string,
  last: string | undefined,
  options: FlowOptions,
  first = 1,
): Call[] {
  const calls: Call[] = [];
  let before = input;
  stages.forEach((stage, i) => {
    const out = last !== undefined && i === stages.length - 1 ? last : `${prefix}.${first + i}`;
    calls.push(lowerStage(building, stage, before, out, `${prefix}.${first + i}`, options));
    before = out;
  });
  return calls;
}

function lowerStage(
  building: Building,
  stage: CheckedStage,
  input: string,
  out: string,
  path: string,
  options: FlowOptions,
): Call {
  const { op } = stage;
  const isBlock = op === blockOp;
  const inner: FlowOptions = stage.block?.shared
    ? { ...options, group: stage.block.name, shared: { key: stage.block.key, count: 0 } }
    : options;
  const shapes: Shapes = { inputs: [stage.input], output: stage.output, args: stage.args };

  let id: string | undefined;
  const shared = options.shared;
  const slot = shared ? `${shared.key}#${shared.count++}` : undefined;
  if (slot) id = building.shared.get(slot);
  const bodies: Body[] = [];
  for (const [i, body] of stage.bodies.entries()) {
    // a repetition reads what the one before it gave, a branch what the structure reads
    const before = op.name === "repeat" ? (bodies[i - 1]?.calls.at(-1)?.out ?? input) : input;
    const prefix = stage.bodies.length === 1 ? path : `${path}.${bodyPath(body.name, i)}`;
    bodies.push({ name: body.name, calls: lowerStages(building, body.stages, before, prefix, undefined, inner) });
  }
  const innerCost = add(0, ...bodies.map((b) => costOf(b.calls)));
  if (id === undefined) {
    id = layerId(building, stage.block?.shared ? "" : options.group, isBlock ? stage.block!.name : op.name);
    if (slot) building.shared.set(slot, id);
    const weights = op.name === "bidirectional" ? backward(stage) : (op.weights?.(shapes) ?? []);
    building.layers[id] = {
      id,
      op: isBlock ? "block" : op.name,
      args: stage.args.plain,
      weights,
      origin: stage.span,
      ...learning(options),
    };
  }
  const cost =
    op.name === "each"
      ? multiply(stage.input.axes[0]!.size, innerCost)
      : op.name === "bidirectional"
        ? multiply(2, innerCost)
        : bodies.length > 0
          ? innerCost
          : (op.cost?.(shapes) ?? 0);
  building.values[out] = { id: out, type: stage.output };
  return {
    out,
    layer: id,
    ins: [input],
    ...(bodies.length > 0 ? { bodies } : {}),
    text: stage.text,
    ...(stage.block ? { block: { name: stage.block.name, shared: stage.block.shared } } : {}),
    cost,
    origin: stage.span,
  };
}

const bodyPath = (name: string, i: number): string => (/^[a-z]$|^\d+$/.test(name) ? name : String.fromCharCode(97 + i));

/** The second direction of a bidirectional op: the weights of the first once more. */
function backward(stage: CheckedStage): Layer["weights"] {
  const inner = stage.bodies[0]?.stages[0];
  if (!inner) return [];
  return (inner.op.weights?.({ inputs: [inner.input], output: inner.output, args: inner.args }) ?? []).map((w) => ({
    ...w,
    name: `backward/${w.name}`,
  }));
}
