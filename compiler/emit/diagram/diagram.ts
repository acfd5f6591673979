/**
 * The diagram as plain data: what is drawn, in which order, with which text, role and marks. Every writer (Mermaid, later
 * SVG) and the preview read this and nothing else. Knows neither the model nor a picture format.
 */

export type Detail = "overview" | "blocks" | "full";

/** A run of text; bold is a name the user gave, italic a type. */
export interface Span {
  readonly text: string;
  readonly bold?: true;
  readonly italic?: true;
}

export type Line = readonly Span[];

/** `point` is a small circle with one character in it, or none. */
export type Shape = "rounded" | "box" | "hexagon" | "stadium" | "framed" | "point" | "text";

/** What a thing is; its colour. `shared2` is the second shared block of a model. */
export type Role = "data" | "model" | "fusion" | "shared" | "shared2" | "note";

/** What else is to be said of a thing: a colour over its role (`shared`), left-aligned lines, the kind of border. */
export type Mark = "shared" | "shared2" | "listing" | "optional" | "training" | "changed" | "wrong";

export interface DiagramNode {
  readonly kind: "node";
  readonly id: string;
  readonly shape: Shape;
  readonly lines: readonly Line[];
  readonly role: Role;
  readonly marks: readonly Mark[];
  /** Several of the same: stacked sheets. */
  readonly stacked?: true;
}

export interface Subgraph {
  readonly kind: "subgraph";
  readonly id: string;
  readonly title: Line;
  readonly items: readonly Item[];
  readonly role: Role;
  readonly marks: readonly Mark[];
}

export interface Arrow {
  readonly kind: "arrow";
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  /** Dotted: in training only. */
  readonly dotted?: true;
  /** A line without a head, from a stage to a text about it. */
  readonly tie?: true;
  /** Dashed: may be absent. */
  readonly optional?: true;
  readonly wrong?: true;
  /** Columns it spans, from 1. */
  readonly length: number;
}

/** In the order of the file; inner arrows stand among the nodes of their subgraph. */
export type Item = DiagramNode | Subgraph | Arrow;

export interface Diagram {
  readonly name: string;
  readonly title: string;
  /** One line that says the whole picture, for those who do not see it. */
  readonly description: string;
  readonly spec: string;
  /** The level drawn; coarser than the one asked for where that one had become too large. */
  readonly detail: Detail;
  readonly items: readonly Item[];
  /** Arrows between the outermost items. */
  readonly arrows: readonly Arrow[];
  readonly note?: readonly Line[];
}

export function plain(text: string): Line {
  return [{ text }];
}

/** Nodes, subgraphs and inner arrows at any depth; a subgraph comes after what is in it. */
export function* allItems(items: readonly Item[]): Generator<Item> {
  for (const item of items) {
    if (item.kind === "subgraph") yield* allItems(item.items);
    yield item;
  }
}

export function nodesOf(diagram: Pick<Diagram, "items">): DiagramNode[] {
  return [...allItems(diagram.items)].filter((item) => item.kind === "node");
}

export function subgraphsOf(diagram: Pick<Diagram, "items">): Subgraph[] {
  return [...allItems(diagram.items)].filter((item) => item.kind === "subgraph");
}

/** All arrows in file order: those inside subgraphs first. */
export function arrowsOf(diagram: Pick<Diagram, "items" | "arrows">): Arrow[] {
  return [...[...allItems(diagram.items)].filter((item) => item.kind === "arrow"), ...diagram.arrows];
}

/** The text of a line without its emphasis. */
export function textOf(line: Line): string {
  return line.map((span) => span.text).join("");
}
