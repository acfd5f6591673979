/**
 * Calls of the IR as the runtime's factories: `tf.layers.conv2d({ name, filters, … })`, structures with their stages inside,
 * blocks in line, layers that are used twice as one variable. Knows the registry, no op by name but the structures.
 */
import type { Body, Call, Layer, ReducedModel } from "../../ir/ir.ts";
import type { Fusion, Op } from "../../registry/define.ts";
import { fusions, lateFusions, ops } from "../../registry/index.ts";
import { type TensorType, withAxes } from "../../types/type.ts";
import { argumentsOf, isDefault } from "./arguments.ts";
import { type Code, call as callCode, type Item, type Property, print, text } from "./layout.ts";
import { lineComment } from "./literals.ts";
import { camelCase, type Names } from "./names.ts";
import { literal } from "./plain.ts";
import { type Asked, sizeExpression } from "./sizes.ts";

/** What stages of one function are written with. */
export interface StageScope {
  readonly model: ReducedModel;
  readonly names: Names;
  readonly asked: Asked;
  /** Layers and blocks that are used in two places, with the variable that holds them once it is declared. */
  readonly shared: ReadonlyMap<string, Shared>;
  /** Declarations that must stand before the statement being written. */
  readonly declarations: string[];
  /** How a late fusion combines the predictions it reads: what its members predict. */
  readonly lateTarget?: string;
  /** The stage of the fusion whose first call joins its sources. */
  readonly fusion?: "early" | "mid" | "late";
  /** Values that stand for one item of themselves: what `each` reads, inside it. */
  readonly items?: ReadonlySet<string>;
}

export interface Shared {
  /** Undefined until it is declared; empty where nothing is written of it. */
  variable?: string;
  /** Whether the variable holds several stages. */
  list: boolean;
}

/** The stages of a flow, in order. A stage of which nothing is left (`rename`) is not among them. */
export function stagesOf(calls: readonly Call[], scope: StageScope): Item[] {
  const items: Item[] = [];
  let afterBlock = false;
  for (const [i, call] of calls.entries()) {
    const inner = i > 0 && scope.fusion ? { ...scope, fusion: undefined } : scope;
    const written = itemsOf(call, inner);
    if (written.length === 0) continue;
    const isBlock = call.block !== undefined && written[0]?.spread === undefined;
    // A blank line says where the block before ends.
    if (afterBlock && !isBlock) written[0] = { ...(written[0] as Item), apart: true };
    afterBlock = isBlock;
    items.push(...written);
  }
  return items;
}

function itemsOf(call: Call, scope: StageScope): Item[] {
  const shared = scope.shared.get(useOf(call));
  if (!shared) return ownItems(call, scope);
  if (shared.variable === undefined) {
    const items = ownItems(call, scope);
    shared.list = items.length !== 1 || call.block !== undefined;
    shared.variable = items.length === 0 ? "" : scope.names.fresh(call.block?.name ?? call.layer);
    if (items.length > 0) {
      const stages = items.map((item, i) => (i === 0 && call.block ? { code: item.code } : item));
      const code: Code = shared.list ? { is: "array", items: stages } : (items[0] as Item).code;
      const start = `  const ${shared.variable} = `;
      const title = call.block ? `block ${call.text}` : call.text;
      scope.declarations.push(
        `  ${lineComment(`${title}: one set of weights wherever it is used`)}\n${start}${print(code, 2, start.length, 1)};`,
      );
    }
  }
  if (shared.variable === "") return [];
  return [{ code: text(shared.variable as string), ...(shared.list ? { spread: true as const } : {}) }];
}

function ownItems(call: Call, scope: StageScope): Item[] {
  const layer = layerOf(call, scope);
  if (call.block) {
    const items = stagesOf(
      (call.bodies ?? []).flatMap((body) => body.calls),
      { ...scope, fusion: undefined },
    );
    return items.map((item, i) => (i === 0 ? { ...item, before: [call.text, ...(item.before ?? [])] } : item));
  }
  const entry = entryOf(layer, scope);
  const factory = entry.emit?.factory === undefined ? entry.name : entry.emit.factory;
  if (factory === null) return [];
  const properties: Property[] = [
    { name: "name", code: literal(layer.id) },
    ...(entry.role === "late" ? [{ name: "target", code: literal(scope.lateTarget) }] : []),
    ...bodiesOf(call, layer, { ...scope, fusion: undefined }),
    ...optionsOf(call, layer, entry, scope),
  ];
  return [{ code: callCode(`tf.layers.${camelCase(factory)}`, { is: "object", properties }) }];
}

function layerOf(call: Call, { model }: StageScope): Layer {
  const layer = model.layers[call.layer];
  if (!layer) throw new Error(`the model has no layer ${call.layer}`);
  return layer;
}

function entryOf(layer: Layer, { fusion }: StageScope): Op | Fusion {
  const joining = fusion === undefined ? undefined : (fusion === "late" ? lateFusions : fusions).get(layer.op);
  const entry = joining ?? ops.get(layer.op);
  if (!entry || entry.later) throw new Error(`the registry has no op ${layer.op} for layer ${layer.id}`);
  return entry;
}

/** Arguments that differ from the registry's defaults, in camelCase; or what the entry itself says. */
function optionsOf(call: Call, layer: Layer, entry: Op | Fusion, scope: StageScope): Property[] {
  if (entry.emit?.options) {
    const shapes = {
      inputs: call.ins.map((id) => typeOf(id, scope)),
      output: typeOf(call.out, scope),
      args: argumentsOf(layer, entry),
    };
    const texts = entry.emit.options(shapes, (dim) => sizeExpression(dim, scope.asked));
    return Object.entries(texts).map(([name, value]) => ({ name, code: text(value) }));
  }
  return Object.entries(entry.params).flatMap(([name, param]): Property[] => {
    const value = layer.args[name];
    if (value === undefined || param.kind.is === "stages" || isDefault(entry, name, value)) return [];
    // All repetitions are written out.
    if (entry.name === "repeat") return [];
    return [{ name: camelCase(name), code: literal(value) }];
  });
}

function typeOf(id: string, { model, items }: StageScope): TensorType {
  const value = model.values[id];
  if (!value) throw new Error(`the model has no value ${id}`);
  return items?.has(id) ? withAxes(value.type, value.type.axes.slice(1)) : value.type;
}

/** The stages inside a structure. */
function bodiesOf(call: Call, layer: Layer, scope: StageScope): Property[] {
  const bodies = call.bodies ?? [];
  const list = (body: Body): Code => ({ is: "array", items: stagesOf(body.calls, scope) });
  if (bodies.length === 0) return [];
  switch (layer.op) {
    case "parallel":
      return [{ name: "branches", code: { is: "array", items: bodies.map((body) => ({ code: list(body) })) } }];
    case "repeat": {
      const rounds = bodies.map((body, i) => {
        const [first, ...rest] = stagesOf(body.calls, scope);
        return first ? [{ ...first, before: [`${i + 1} of ${bodies.length}`, ...(first.before ?? [])] }, ...rest] : [];
      });
      return [{ name: "layers", code: { is: "array", items: rounds.flat() } }];
    }
    case "bidirectional": {
      const inner = stagesOf(
        bodies.flatMap((body) => body.calls),
        scope,
      );
      if (inner.length !== 1) throw new Error(`${layer.id} holds ${inner.length} recurrent layers instead of one`);
      return [{ name: "layer", code: (inner[0] as Item).code }];
    }
    case "each":
      return bodies.map((body) => ({
        name: "layers",
        code: { is: "array", items: stagesOf(body.calls, { ...scope, items: new Set(call.ins) }) },
      }));
    default:
      return bodies.map((body) => ({ name: body.name === "shortcut" ? "shortcut" : "layers", code: list(body) }));
  }
}

/**
 * What two calls have in common that use the same weights: a layer's name. Uses of a shared block are layers of their own
 * around the same inner ones.
 */
function useOf(call: Call): string {
  if (!call.block) return call.layer;
  const inner = (call.bodies ?? []).flatMap((body) => body.calls).map(useOf);
  return `${call.block.name}(${inner.join(", ")})`;
}

/** Layers and blocks that are used in more than one place; what is only inside of one of these is not among them. */
export function sharedUses(calls: readonly Call[]): Map<string, Shared> {
  const seen = new Set<string>();
  const shared = new Map<string, Shared>();
  const visit = (list: readonly Call[]): void => {
    for (const call of list) {
      const use = useOf(call);
      if (seen.has(use)) {
        shared.set(use, { list: false });
        continue;
      }
      seen.add(use);
      for (const body of call.bodies ?? []) visit(body.calls);
    }
  };
  visit(calls);
  return shared;
}
