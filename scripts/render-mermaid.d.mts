/** What `render-mermaid.mjs` gives to tests. */
export interface Picture {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** The text of nodes, arrows and titles as it is seen. */
  readonly labels: readonly string[];
  readonly nodes: number;
  readonly arrows: number;
  readonly clusters: number;
  readonly description: string;
}
export function findChromium(): string | undefined;
export function renderMermaid(
  texts: readonly string[],
  options?: { theme?: "default" | "dark"; scale?: number },
): Promise<Picture[]>;
