/**
 * Mermaid's real parser in Node: what it understood of a file. Mermaid looks for a window when it is imported, so jsdom's
 * stands there first.
 */

export interface ParsedDiagram {
  readonly nodes: {
    readonly id: string;
    readonly text: string;
    readonly shape: string;
    readonly classes: readonly string[];
  }[];
  readonly arrows: {
    readonly from: string;
    readonly to: string;
    readonly text: string;
    readonly stroke: string;
    readonly head: string;
    readonly length: number;
    readonly style: readonly string[];
  }[];
  readonly subgraphs: {
    readonly id: string;
    readonly title: string;
    readonly nodes: readonly string[];
    readonly classes: readonly string[];
    readonly direction: string;
  }[];
  readonly accTitle: string;
  readonly accDescription: string;
}

/** What the tests use of Mermaid's flowchart database; its own types do not promise it. */
interface FlowDb {
  getVertices(): Map<string, { id: string; text?: string; type?: string; classes: string[] }>;
  getEdges(): {
    start: string;
    end: string;
    text: string;
    stroke: string;
    type: string;
    length?: number;
    style?: string[];
  }[];
  getSubGraphs(): { id: string; title: string; nodes: string[]; classes: string[]; dir?: string }[];
  getAccTitle(): string;
  getAccDescription(): string;
}

async function mermaid() {
  if (!("window" in globalThis)) {
    // The package has no types of its own here; this is all that is used of it.
    const { JSDOM } = (await import("jsdom" as string)) as {
      JSDOM: new (html: string) => { window: { document: unknown } };
    };
    const { window } = new JSDOM("<!doctype html><body></body>");
    Object.assign(globalThis, { window, document: window.document });
  }
  const { default: api } = await import("mermaid");
  // Registers the kinds of diagrams; without it none is detected.
  api.initialize({ startOnLoad: false });
  return api;
}

/** Mermaid replaces `#34;` by a placeholder before it parses and puts the character back when it draws. */
function decoded(text: string): string {
  return text.replace(/ﬂ°°(\d+)¶ß/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

/** Parses a flowchart; throws Mermaid's error where Mermaid does. */
export async function parseMermaid(text: string): Promise<ParsedDiagram> {
  const diagram = await (await mermaid()).mermaidAPI.getDiagramFromText(text);
  const db = diagram.db as unknown as FlowDb;
  return {
    nodes: [...db.getVertices().values()].map(({ id, text: label = "", type = "", classes }) => ({
      id,
      text: decoded(label),
      shape: type,
      classes,
    })),
    arrows: db.getEdges().map((edge) => ({
      from: edge.start,
      to: edge.end,
      text: decoded(edge.text ?? ""),
      stroke: edge.stroke,
      head: edge.type,
      length: edge.length ?? 1,
      style: edge.style ?? [],
    })),
    subgraphs: db.getSubGraphs().map(({ id, title, nodes, classes, dir = "" }) => ({
      id,
      title: decoded(title),
      nodes,
      classes,
      direction: dir,
    })),
    accTitle: decoded(db.getAccTitle()),
    accDescription: decoded(db.getAccDescription()),
  };
}
