/**
 * From a model to its diagram at one of three levels: `overview`, `blocks` (the same nodes with listings), `full` (each of
 * them opened). Owns labels, roles and marks of the boxes and keeps pictures below what renderers refuse.
 */
import { weightsText } from "../../ir/cost.ts";
import type { FlowGroup, Group, InputGroup, Model, TargetGroup } from "../../ir/ir.ts";
import { isFlow } from "../../ir/ir.ts";
import { isOptional } from "../../types/type.ts";
import { type Box, boxesOf } from "./boxes.ts";
import { descriptionOf, titleOf } from "./description.ts";
import {
  type Arrow,
  arrowsOf,
  type Detail,
  type Diagram,
  type DiagramNode,
  type Item,
  type Line,
  type Mark,
  nodesOf,
  plain,
  type Role,
  type Shape,
  type Span,
  subgraphsOf,
} from "./diagram.ts";
import { type FullDrawing, foldings, openBox } from "./full.ts";
import { safeIds } from "./ids.ts";
import { noteOf } from "./note.ts";
import { listing, pretty, shortType, summary, typeOf } from "./text.ts";

/** What a model with an error shows: the failing groups, and arrows by the groups at their ends. */
export interface Mistakes {
  /** Stands in the title for the weights: `a shape error`. */
  readonly title: string;
  readonly groups: readonly string[];
  readonly arrows: readonly { readonly from: string; readonly to: string }[];
}

/** More nodes than this at `full` and things are closed, step by step. */
const maxNodes = 120;

/**
 * The diagram of a model. `full` closes blocks, then structures, then host steps, then the middle of long runs, until
 * it has at most 120 nodes. Writers with harder limits draw a coarser level instead (`emitMermaid`).
 */
export function diagramOf(model: Model, detail: Detail = "overview", mistakes?: Mistakes): Diagram {
  if (detail !== "full") return draw(model, detail, mistakes);
  let diagram = draw(model, detail, mistakes, 0);
  for (let step = 1; step < foldings.length && nodesOf(diagram).length > maxNodes; step += 1) {
    diagram = draw(model, detail, mistakes, step);
  }
  return diagram;
}

function draw(model: Model, detail: Detail, mistakes: Mistakes | undefined, folding = 0): Diagram {
  const boxes = boxesOf(model, detail);
  const ids = safeIds(boxes.map((box) => box.id));
  const idOf = (box: string): string => ids.get(box) ?? box;
  const drawing: FullDrawing = {
    model,
    folding: foldings[folding] ?? (foldings[0] as never),
    sharedRole: sharedRoles(model),
    drawnIn: new Map(),
  };
  const items = boxes.map((box): Item => {
    const marks = marksOf(model, box, drawing, detail, mistakes);
    if (detail === "full") {
      const opened = openBox(
        drawing,
        box,
        idOf(box.id),
        subgraphTitle(box),
        roleOf(box.group),
        marks.filter((mark) => mark !== "shared" && mark !== "shared2"),
        lossLines(box.group),
      );
      if (opened) return opened;
    }
    return closedBox(model, box, idOf(box.id), detail, marks);
  });
  const note = detail === "full" ? noteOf(model) : [];
  return {
    name: model.name,
    title: titleOf(model, mistakes?.title),
    description: descriptionOf(model, boxes),
    spec: model.spec,
    detail,
    items,
    arrows: arrowsBetween(model, boxes, idOf, mistakes),
    ...(note.length > 0 ? { note } : {}),
  };
}

/** Counts that renderers limit. */
export function sizeOf(diagram: Diagram): { nodes: number; subgraphs: number; arrows: number } {
  return { nodes: nodesOf(diagram).length, subgraphs: subgraphsOf(diagram).length, arrows: arrowsOf(diagram).length };
}

// ---------------------------------------------------------------- boxes

function roleOf(group: Group): Role {
  if (!isFlow(group)) return "data";
  return group.kind === "fusion" && group.name !== undefined ? "fusion" : "model";
}

function shapeOf(group: Group): Shape {
  if (!isFlow(group)) return "rounded";
  if (group.kind === "head") return "stadium";
  return roleOf(group) === "fusion" ? "hexagon" : "box";
}

/** Purple for the first shared block of the model, green for another. */
function sharedRoles(model: Model): (block: string) => "shared" | "shared2" {
  const order: string[] = [];
  return (block) => {
    if (order.length === 0) {
      for (const group of model.groups) {
        if (isFlow(group))
          for (const call of group.calls)
            if (call.block?.shared && !order.includes(call.block.name)) order.push(call.block.name);
      }
    }
    return order.indexOf(block) <= 0 ? "shared" : "shared2";
  };
}

function marksOf(model: Model, box: Box, drawing: FullDrawing, detail: Detail, mistakes: Mistakes | undefined): Mark[] {
  const { group } = box;
  const training = isFlow(group) && group.head?.auxiliary === true;
  return [
    ...(isFlow(group) && group.shared !== undefined ? [drawing.sharedRole(group.shared)] : []),
    ...(detail === "blocks" && hasListing(group) ? (["listing"] as const) : []),
    ...(!training && isAbsentAtTimes(model, group) ? (["optional"] as const) : []),
    ...(training ? (["training"] as const) : []),
    ...(box.members.some((member) => isChanged(model, member)) ? (["changed"] as const) : []),
    ...(mistakes?.groups.includes(group.id) ? (["wrong"] as const) : []),
  ];
}

/** Differs from the base; a flow inside a fusion differs where its fusion does. */
function isChanged(model: Model, group: Group): boolean {
  const { changed = [] } = model.base ?? {};
  const isInline = isFlow(group) && group.name === undefined;
  return (
    changed.includes(group.id) ||
    (isInline &&
      model.groups.some((each) => isFlow(each) && each.sources.includes(group.id) && changed.includes(each.id)))
  );
}

function hasListing(group: Group): boolean {
  return isFlow(group) && group.kind !== "head" && group.calls.length > 0;
}

function isAbsentAtTimes(model: Model, group: Group): boolean {
  if (group.kind === "modality") return isOptional(group.type);
  if (group.kind === "target") return false;
  const type = typeOf(model, group.out);
  return type !== undefined && isOptional(type);
}

function closedBox(model: Model, box: Box, id: string, detail: Detail, marks: readonly Mark[]): DiagramNode {
  const { group } = box;
  const stacked = box.members.length > 1 || (group.kind === "modality" && group.items !== undefined);
  return {
    kind: "node",
    id,
    shape: shapeOf(group),
    lines:
      detail === "blocks" && hasListing(group)
        ? listingLines(model, box, group as FlowGroup)
        : overviewLines(model, box),
    role: roleOf(group),
    marks,
    ...(stacked ? { stacked: true as const } : {}),
  };
}

const bold = (text: string): Span => ({ text, bold: true });

function present(lines: readonly (string | undefined)[]): Line[] {
  return lines.filter((line): line is string => line !== undefined && line !== "").map(plain);
}

/** `audio · optional`; the kind is left out when it equals the name. */
function dataFacts(group: InputGroup | TargetGroup): string {
  const kind = group.kind === "modality" ? group.modality : group.target;
  const classes =
    group.kind === "target" && group.target !== "binary" && group.classes ? `${group.classes} classes` : undefined;
  const facts = [
    kind === group.id ? undefined : kind,
    group.kind === "modality" && group.items ? `${group.items} per row` : undefined,
    classes,
    (group.kind === "modality" ? isOptional(group.type) : group.optional) ? "optional" : undefined,
  ];
  return facts.filter((fact) => fact !== undefined).join(" · ");
}

function overviewLines(model: Model, box: Box): Line[] {
  const { group } = box;
  const name: Line[] = box.name === undefined ? [] : [[bold(box.name)]];
  if (!isFlow(group)) return [...name, ...present([dataFacts(group)])];
  return [
    ...name,
    ...present([
      stageWords(group),
      auxiliaryText(group),
      ...(group.kind === "head" ? lossLines(group) : []),
      summary(model, group),
      boxWeights(box),
    ]),
  ];
}

/** `**words** · mid fusion · 1.41 M weights`, then a line per stage; a flow inside a fusion ends in its weights instead. */
function listingLines(model: Model, box: Box, group: FlowGroup): Line[] {
  const stages = listing(model, group).map(plain);
  if (box.name === undefined) return [...stages, ...present([boxWeights(box)])];
  const facts = [stageWords(group), boxWeights(box)].filter((fact) => fact !== undefined);
  return [[bold(box.name), ...(facts.length > 0 ? [{ text: ` · ${facts.join(" · ")}` }] : [])], ...stages];
}

/** `**report** · text`, `**joint** · mid fusion`, `**read** · frozen`; a blank for a flow inside a fusion. */
function subgraphTitle(box: Box): Line {
  const { group, name } = box;
  if (name === undefined) return plain(" ");
  const facts = isFlow(group)
    ? [stageWords(group), group.frozen ? "frozen" : undefined, auxiliaryText(group)].filter(
        (fact) => fact !== undefined,
      )
    : [dataFacts(group)].filter((fact) => fact !== "");
  return [bold(name), ...(facts.length > 0 ? [{ text: ` · ${facts.join(" · ")}` }] : [])];
}

function stageWords(group: FlowGroup): string | undefined {
  return group.kind === "fusion" && group.name !== undefined && group.stage ? `${group.stage} fusion` : undefined;
}

function auxiliaryText(group: FlowGroup): string | undefined {
  return group.head?.auxiliary ? `auxiliary for ${group.head.target}` : undefined;
}

function boxWeights(box: Box): string | undefined {
  const text = weightsText(box.weights);
  if (text === undefined || !isFlow(box.group)) return undefined;
  return `${text}${box.group.frozen ? ", frozen" : ""}${box.group.shared === undefined ? "" : ", shared"}`;
}

function lossText(group: FlowGroup): string {
  const { loss, lossWeight } = group.head ?? { loss: "", lossWeight: 1 };
  return `${lossWeight === 1 ? "" : `${lossWeight} × `}${pretty(loss)}`;
}

/** A head without an arrow to its target says its loss inside. */
function lossLines(group: Group): string[] {
  if (!isFlow(group) || !group.head || group.head.output || group.head.loss === "") return [];
  return [`loss: ${lossText(group)}`];
}

// ---------------------------------------------------------------- arrows

/** By their end in the order of the file; a head's loss after its inputs. */
function arrowsBetween(
  model: Model,
  boxes: readonly Box[],
  idOf: (box: string) => string,
  mistakes: Mistakes | undefined,
): Arrow[] {
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const isWrong = (from: string, to: string) =>
    mistakes?.arrows.some((arrow) => arrow.from === from && arrow.to === to) ?? false;
  return boxes.flatMap((box): Arrow[] => {
    const { group } = box;
    const auxiliary = isFlow(group) && group.head?.auxiliary === true;
    const inputs = box.sources.map(({ box: from, value }): Arrow => {
      const source = byId.get(from);
      const type = typeOf(model, value);
      // Modalities share the first column, whatever reads them.
      const length = source?.group.kind === "modality" ? box.column : 1;
      return {
        kind: "arrow",
        from: idOf(from),
        to: idOf(box.id),
        label: shortType(model, value),
        ...(auxiliary ? { dotted: true as const } : type && isOptional(type) ? { optional: true as const } : {}),
        ...(isWrong(from, box.id) ? { wrong: true as const } : {}),
        length,
      };
    });
    const target = isFlow(group) && group.head?.output ? byId.get(group.head.target) : undefined;
    if (!target || !isFlow(group)) return inputs;
    const wrong = isWrong(box.id, target.id) ? { wrong: true as const } : {};
    return [
      ...inputs,
      {
        kind: "arrow",
        from: idOf(box.id),
        to: idOf(target.id),
        label: lossText(group),
        dotted: true,
        length: target.column - box.column,
        ...wrong,
      },
    ];
  });
}
