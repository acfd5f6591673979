/**
 * The inside of a box at `full`: a subgraph with a node per host step or stage; structures and blocks are nested
 * subgraphs. Arrows between boxes are not its matter.
 */
import { allCalls, countWeights, exactWeightsText, layerWeights } from "../../ir/cost.ts";
import type { Call, FlowGroup, HostStep, Model } from "../../ir/ir.ts";
import { isFlow } from "../../ir/ir.ts";
import type { Axis } from "../../types/type.ts";
import type { Box } from "./boxes.ts";
import {
  type Arrow,
  type DiagramNode,
  type Item,
  type Line,
  type Mark,
  plain,
  type Role,
  type Subgraph,
} from "./diagram.ts";
import {
  closedText,
  innerAxes,
  inputAxes,
  isStructure,
  longType,
  maxListing,
  mergeOf,
  opOf,
  pretty,
  repeatListing,
  shortened,
  structureTitle,
  typeOf,
} from "./text.ts";

/** How much is closed to keep a large picture readable, in the order it is tried. */
export interface Folding {
  readonly blocks: boolean;
  readonly structures: boolean;
  readonly hostSteps: boolean;
  readonly runs: boolean;
}

export const foldings: readonly Folding[] = [
  { blocks: false, structures: false, hostSteps: false, runs: false },
  { blocks: true, structures: false, hostSteps: false, runs: false },
  { blocks: true, structures: true, hostSteps: false, runs: false },
  { blocks: true, structures: true, hostSteps: true, runs: false },
  { blocks: true, structures: true, hostSteps: true, runs: true },
];

/** What one drawing at `full` needs to know, and what it remembers. */
export interface FullDrawing {
  readonly model: Model;
  readonly folding: Folding;
  /** Colour of a shared block. */
  readonly sharedRole: (block: string) => "shared" | "shared2";
  /** Shared block → where it was drawn first; grows while drawing. */
  readonly drawnIn: Map<string, string>;
}

/** A chain of items and where it starts and ends. */
interface Chain {
  readonly items: readonly Item[];
  readonly first?: string;
  readonly last?: string;
}

/** The subgraph of a box, or undefined where there is nothing to open: a head without stages, a target without steps. */
export function openBox(
  drawing: FullDrawing,
  box: Box,
  id: string,
  title: Line,
  role: Role,
  marks: readonly Mark[],
  loss: readonly string[],
): Subgraph | undefined {
  const { group } = box;
  const chain = isFlow(group) ? flowChain(drawing, group, id, box) : stepChain(drawing, box, id);
  if (chain.items.length === 0 || (!isFlow(group) && drawing.folding.hostSteps)) return undefined;
  const items = [...chain.items];
  if (loss.length > 0) {
    items.push({ kind: "node", id: `${id}.loss`, shape: "text", lines: loss.map(plain), role: "note", marks: [] });
    if (chain.last !== undefined)
      items.push({ kind: "arrow", from: chain.last, to: `${id}.loss`, dotted: true, tie: true, length: 1 });
  }
  return { kind: "subgraph", id, title, items, role, marks: marks.filter((mark) => mark !== "listing") };
}

function link(from: string, to: string): Arrow {
  return { kind: "arrow", from, to, length: 1 };
}

/** All items, then the arrows from each to the next. */
function chained(items: readonly (DiagramNode | Subgraph)[]): Chain {
  const arrows = items.slice(1).map((item, i) => link((items[i] as DiagramNode).id, item.id));
  return { items: [...items, ...arrows], first: items[0]?.id, last: items[items.length - 1]?.id };
}

function moreNode(prefix: string, role: Role): (count: number) => DiagramNode {
  return (count) => ({
    kind: "node",
    id: `${prefix}.more`,
    shape: role === "data" ? "rounded" : "box",
    lines: [plain(`… ${count} more`)],
    role,
    marks: [],
  });
}

function limited(drawing: FullDrawing, items: readonly (DiagramNode | Subgraph)[], prefix: string, role: Role): Chain {
  return chained(
    drawing.folding.runs && items.length > maxListing
      ? shortened<DiagramNode | Subgraph>(items, moreNode(prefix, role))
      : items,
  );
}

// ---------------------------------------------------------------- host steps

function stepChain(drawing: FullDrawing, box: Box, id: string): Chain {
  const [first, last] = [box.members[0], box.members[box.members.length - 1]];
  if (!first || !last || isFlow(first) || isFlow(last)) return { items: [] };
  const nodes = first.steps.map((step, i): DiagramNode => {
    const end = last.steps[i]?.text ?? step.text;
    const text = end === step.text ? pretty(step.text) : `${pretty(step.text)} … ${pretty(end)}`;
    return {
      kind: "node",
      id: `${id}.${i + 1}`,
      shape: "rounded",
      lines: stepLines(step, text),
      role: "data",
      marks: step.trainingOnly ? ["training"] : [],
    };
  });
  return limited(drawing, nodes, id, "data");
}

function stepLines(step: HostStep, text: string): Line[] {
  return [
    plain(text),
    ...(step.type === undefined ? [] : [[{ text: step.type.replace(/\?$/, ""), italic: true as const }]]),
    ...(step.fitted ? [plain("fitted on training rows")] : []),
    ...(step.trainingOnly ? [plain("training only")] : []),
  ];
}

// ---------------------------------------------------------------- stages

function flowChain(drawing: FullDrawing, group: FlowGroup, id: string, box: Box): Chain {
  const chain = sequence(drawing, group.calls, id, inputAxes(drawing.model, group), {
    owner: box.name ?? box.id,
    group: group.id,
    id,
  });
  if (group.kind !== "fusion" || group.name === undefined) return chain;
  // Only where the modalities meet is a hexagon.
  const hexagon = (item: Item): Item =>
    item.kind === "node" && item.id === `${id}.1` ? { ...item, shape: "hexagon", role: "fusion" } : item;
  return { ...chain, items: chain.items.map(hexagon) };
}

/** Where stages stand: the box they are in, and how ids of nested stages follow from their values' paths. */
interface Place {
  /** The name that a shared block's second use refers to. */
  readonly owner: string;
  readonly group: string;
  readonly id: string;
}

/** The value's path in the IR, so that a click finds its line; a group's own stages are numbered. */
function nestedId(call: Call, place: Place, otherwise: string): string {
  return call.out.startsWith(`${place.group}.`) ? `${place.id}${call.out.slice(place.group.length)}` : otherwise;
}

function sequence(
  drawing: FullDrawing,
  calls: readonly Call[],
  prefix: string,
  input: readonly Axis[] | undefined,
  place: Place,
): Chain {
  let axes = input;
  const items = calls.map((call, i) => {
    const before = axes;
    axes = typeOf(drawing.model, call.out)?.axes;
    const numbered = `${prefix}.${i + 1}`;
    return stage(drawing, call, prefix === place.id ? numbered : nestedId(call, place, numbered), before, place);
  });
  return limited(drawing, items, prefix, "model");
}

function stage(
  drawing: FullDrawing,
  call: Call,
  id: string,
  input: readonly Axis[] | undefined,
  place: Place,
): DiagramNode | Subgraph {
  const { model, folding } = drawing;
  if (call.block) return blockStage(drawing, call, call.block, id, input, place);
  if (!isStructure(model, call)) return stageNode(model, call, id, [pretty(call.text)]);
  if (opOf(model, call) === "repeat") {
    const lines = folding.structures ? [closedText(model, call)] : repeatListing(model, call, input);
    return { ...stageNode(model, call, id, lines), stacked: true, marks: lines.length > 1 ? ["listing"] : [] };
  }
  if (folding.structures) return stageNode(model, call, id, [closedText(model, call)]);
  return structureStage(drawing, call, id, input, place);
}

/** Text, type, weights. */
function stageNode(model: Model, call: Call, id: string, text: readonly string[], weights?: string): DiagramNode {
  const type = typeOf(model, call.out);
  const count = weights ?? exactWeightsText(countWeights(model, [call]));
  return {
    kind: "node",
    id,
    shape: "box",
    lines: [
      ...text.map(plain),
      ...(type ? [[{ text: longType(type), italic: true as const }]] : []),
      ...(count === undefined ? [] : [plain(count)]),
    ],
    role: "model",
    marks: [],
  };
}

/** A shared block is opened where it is used first; elsewhere one closed node says whose weights it has. */
function blockStage(
  drawing: FullDrawing,
  call: Call,
  block: { name: string; shared: boolean },
  id: string,
  input: readonly Axis[] | undefined,
  place: Place,
): DiagramNode | Subgraph {
  const { model, folding, drawnIn } = drawing;
  const role: Role = block.shared ? drawing.sharedRole(block.name) : "model";
  const key = `${block.name} ${[...allCalls([call])]
    .map((inner) => inner.layer)
    .filter((layer) => layerWeights(model, layer) !== 0)
    .join(" ")}`;
  const before = block.shared ? drawnIn.get(key) : undefined;
  if (before !== undefined)
    return { ...stageNode(model, call, id, [pretty(call.text)], `same weights as ${before}`), role };
  if (block.shared) drawnIn.set(key, place.owner);
  const inner = sequence(drawing, call.bodies?.flatMap((body) => body.calls) ?? [], id, input, place);
  if (folding.blocks || inner.items.length === 0) return { ...stageNode(model, call, id, [pretty(call.text)]), role };
  return {
    kind: "subgraph",
    id,
    title: plain(`${pretty(call.text)}${block.shared ? " · shared" : ""}`),
    items: inner.items,
    role,
    marks: [],
  };
}

function structureStage(
  drawing: FullDrawing,
  call: Call,
  id: string,
  input: readonly Axis[] | undefined,
  place: Place,
): Subgraph {
  const { model } = drawing;
  const op = opOf(model, call);
  const title = plain(structureTitle(model, call, input));
  const inner = innerAxes(model, call, input);
  const bodies = call.bodies ?? [];
  const subgraph = (items: readonly Item[]): Subgraph => ({
    kind: "subgraph",
    id,
    title,
    items,
    role: "model",
    marks: [],
  });
  if (op === "each") return subgraph(sequence(drawing, bodies[0]?.calls ?? [], id, inner, place).items);

  const point = (end: "in" | "out", text: string): DiagramNode => ({
    kind: "node",
    id: `${id}.${end}`,
    shape: "point",
    lines: [plain(text)],
    role: "model",
    marks: [],
  });
  const items: Item[] = [point("in", " ")];
  const ends: string[] = [];
  for (const body of bodies) {
    const prefix = bodies.length === 1 ? id : `${id}.${body.name}`;
    const chain = sequence(drawing, body.calls, prefix, inner, place);
    const nodes = chain.items.filter((item) => item.kind !== "arrow");
    const arrows = chain.items.filter((item) => item.kind === "arrow");
    items.push(...nodes);
    if (chain.first !== undefined) items.push(link(`${id}.in`, chain.first));
    items.push(...arrows);
    ends.push(chain.last ?? `${id}.in`);
  }
  const merge = mergeOf(model, call);
  if (op === "residual") {
    if (!bodies.some((body) => body.name === "shortcut")) ends.push(`${id}.in`);
    items.push(point("out", merge === "multiply" ? "×" : "+"));
  } else {
    items.push(stageNode(model, { ...call, bodies: [] }, `${id}.out`, [merge]));
  }
  items.push(...ends.map((end) => link(end, `${id}.out`)));
  return subgraph(items);
}
