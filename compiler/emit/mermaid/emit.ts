/**
 * A model as Mermaid, at the level asked for or, where Mermaid would refuse that, at the next coarser one.
 */
import type { Model } from "../../ir/ir.ts";
import { arrowsOf, type Detail } from "../diagram/diagram.ts";
import { diagramOf, type Mistakes } from "../diagram/of.ts";
import { printMermaid } from "./print.ts";

/** Every renderer throws at 501 edges and draws an error in place of more than 50,000 UTF-16 units. */
export const mermaidLimits = { arrows: 500, characters: 50_000 } as const;

export interface MermaidOptions {
  /** `overview` by default. */
  readonly detail?: Detail;
  readonly mistakes?: Mistakes;
}

export interface MermaidDrawing {
  readonly text: string;
  /** The level that was drawn: coarser than the one asked for where that was too large for Mermaid. */
  readonly detail: Detail;
  /** False where even `overview` is larger than renderers take. */
  readonly fits: boolean;
}

const coarser: { readonly [level in Detail]?: Detail } = { full: "blocks", blocks: "overview" };

/** The file at the level asked for, or at the finest coarser one that Mermaid draws. */
export function drawMermaid(model: Model, { detail = "overview", mistakes }: MermaidOptions = {}): MermaidDrawing {
  const diagram = diagramOf(model, detail, mistakes);
  const text = printMermaid(diagram);
  const fits = arrowsOf(diagram).length <= mermaidLimits.arrows && text.length <= mermaidLimits.characters;
  const next = coarser[detail];
  return fits || next === undefined ? { text, detail, fits } : drawMermaid(model, { detail: next, mistakes });
}

/** The file alone. */
export function emitMermaid(model: Model, options: MermaidOptions = {}): string {
  return drawMermaid(model, options).text;
}
