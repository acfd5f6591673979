/**
 * A diagram as Mermaid: front matter, nodes, shapes, arrows, note, classes, `linkStyle`, in this order and byte for byte
 * the same for the same diagram. Reads the diagram alone.
 */
import {
  type Arrow,
  allItems,
  arrowsOf,
  type Diagram,
  type DiagramNode,
  type Item,
  type Mark,
  nodesOf,
  type Role,
  type Subgraph,
  textOf,
} from "../diagram/diagram.ts";
import { escapeSentence, escapeText, markdownString, yamlString } from "./escape.ts";

const brackets: { readonly [shape in DiagramNode["shape"]]: readonly [string, string] } = {
  rounded: ["(", ")"],
  box: ["[", "]"],
  text: ["[", "]"],
  hexagon: ["{{", "}}"],
  stadium: ["([", "])"],
  framed: ["[[", "]]"],
  point: ["((", "))"],
};

type ClassName = Role | Mark;

/** In the order of the file. A fill is its stroke with alpha, and no text colour is set: the page's theme supplies the rest. */
const classes: readonly (readonly [ClassName, string])[] = [
  ["data", "fill:#1F7DBF1F,stroke:#1F7DBF"],
  ["model", "fill:#8080801A,stroke:#808080"],
  ["fusion", "fill:#D55E0040,stroke:#D55E00"],
  ["shared", "fill:#AA449926,stroke:#AA4499"],
  ["shared2", "fill:#22883326,stroke:#228833"],
  ["listing", "text-align:left"],
  ["note", "fill:none,stroke:none,text-align:left"],
  ["optional", "stroke-dasharray:6 4"],
  ["training", "stroke-dasharray:2 3"],
  ["changed", "stroke-width:3px"],
  ["wrong", "stroke:#CF222E,stroke-width:3px"],
];

/** The whole file, with a line break at its end. */
export function printMermaid(diagram: Diagram): string {
  const sections = [
    head(diagram),
    [
      ...diagram.items.flatMap((item) => printItem(item, "  ")),
      ...nodesOf(diagram)
        .filter((node) => node.stacked)
        .map((node) => `  ${node.id}@{ shape: st-rect }`),
    ],
    diagram.arrows.map((arrow) => `  ${printArrow(arrow)}`),
    diagram.note ? [`  note[${markdownString(diagram.note)}]:::note`] : [],
    [...printClasses(diagram), ...printLinkStyles(diagram)],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function head(diagram: Diagram): string[] {
  return [
    "---",
    `title: ${yamlString(diagram.title)}`,
    "config:",
    "  layout: dagre",
    "  look: classic",
    "  flowchart: { curve: monotoneX, nodeSpacing: 24, rankSpacing: 40, padding: 10, wrappingWidth: 640, minNodeWidth: 0 }",
    "---",
    "flowchart LR",
    `  %% Written by mmfc from ${diagram.spec.replace(/\s+/g, " ")}. Change the spec, not this file.`,
    `  accTitle: ${escapeSentence(diagram.name)}`,
    `  accDescr: ${escapeSentence(diagram.description)}`,
  ];
}

function printItem(item: Item, indent: string): string[] {
  if (item.kind === "arrow") return [`${indent}${printArrow(item)}`];
  if (item.kind === "node") return [`${indent}${printNode(item)}`];
  return [
    `${indent}subgraph ${item.id}[${printTitle(item)}]`,
    `${indent}  direction TB`,
    ...item.items.flatMap((inner) => printItem(inner, `${indent}  `)),
    `${indent}end`,
  ];
}

function printNode(node: DiagramNode): string {
  const [open, close] = brackets[node.shape];
  const label =
    node.shape === "point" ? `"${escapeText(node.lines.map(textOf).join(" "))}"` : markdownString(node.lines);
  return `${node.id}${open}${label}${close}:::${node.role}`;
}

/** A title with a name in it is a markdown string; that of a block or structure is plain. */
function printTitle(subgraph: Subgraph): string {
  return subgraph.title.some((span) => span.bold)
    ? markdownString([subgraph.title])
    : `"${escapeText(textOf(subgraph.title))}"`;
}

function printArrow({ from, to, label, dotted, tie, length }: Arrow): string {
  if (tie) return `${from} -.- ${to}`;
  const text = label === undefined ? "" : ` "${escapeText(label)}" `;
  if (dotted) return `${from} -${text === "" ? "" : `.${text}`}${".".repeat(length)}-> ${to}`;
  return `${from} --${text}${"-".repeat(text === "" ? length - 1 : length + 1)}> ${to}`;
}

/** Nodes say their role by `:::`; subgraphs, and everything's marks, by `class`. */
function printClasses(diagram: Diagram): string[] {
  const items = [...allItems(diagram.items)].filter((item) => item.kind !== "arrow");
  const used = new Set<ClassName>(items.flatMap((item) => [item.role, ...item.marks]));
  if (diagram.note) used.add("note");
  return classes
    .filter(([name]) => used.has(name))
    .flatMap(([name, style]) => {
      const ids = items
        .filter((item) => (item.kind === "subgraph" && item.role === name) || item.marks.some((mark) => mark === name))
        .map((item) => item.id);
      return [`  classDef ${name} ${style}`, ...(ids.length > 0 ? [`  class ${ids.join(",")} ${name}`] : [])];
    });
}

function printLinkStyles(diagram: Diagram): string[] {
  const arrows = arrowsOf(diagram);
  const places = (wanted: (arrow: Arrow) => boolean) =>
    arrows.flatMap((arrow, i) => (wanted(arrow) ? [i] : [])).join(",");
  const optional = places((arrow) => arrow.optional === true);
  const wrong = places((arrow) => arrow.wrong === true);
  return [
    ...(optional === "" ? [] : [`  linkStyle ${optional} stroke-dasharray:6 4`]),
    ...(wrong === "" ? [] : [`  linkStyle ${wrong} stroke:#CF222E,stroke-width:2px`]),
  ];
}
