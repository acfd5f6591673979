/** Walking the syntax tree: the children of a node in source order. Knows the shape of the tree and nothing else. */
import type {
  Arg,
  BlockParam,
  Call,
  Dim,
  File,
  Kind,
  Model,
  Name,
  Property,
  Props,
  Ref,
  Statement,
  Use,
  Value,
} from "./ast.ts";

/** Everything of the tree that has a span. */
export type Node =
  | File
  | Use
  | Model
  | Statement
  | Props
  | Property
  | Kind
  | Dim
  | Call
  | Ref
  | Arg
  | BlockParam
  | Value
  | Name;

type Child = Node | number | undefined;

/** The direct children of a node, in source order. */
export function children(node: Node): Node[] {
  return childrenOf(node)
    .filter((child): child is Node => typeof child === "object")
    .sort((a, b) => a.span.start - b.span.start);
}

/**
 * Calls `enter` on a node and all below it, from top to bottom. Where it answers `false`, what is below is left out.
 */
export function visit(node: Node, enter: (node: Node, parents: readonly Node[]) => unknown): void {
  const parents: Node[] = [];
  const walk = (current: Node) => {
    if (enter(current, parents) === false) return;
    parents.push(current);
    for (const child of children(current)) walk(child);
    parents.pop();
  };
  walk(node);
}

function childrenOf(node: Node): Child[] {
  if (!("kind" in node)) {
    if ("entries" in node) return [...node.entries];
    if ("parts" in node) return [...node.parts];
    if ("key" in node) return [node.key, node.value];
    if ("value" in node) return [node.value as Value];
    if ("optional" in node) return [node.name, ...(node.dims ?? [])];
    if ("default" in node || "name" in node) return [node.name, node.default];
    if ("size" in node || "ref" in node || "equals" in node) return [node.ref, node.equals];
    return [];
  }
  switch (node.kind) {
    case "file":
      return [...node.uses, ...node.models, ...node.compares, ...node.blocks];
    case "use":
      return [node.path];
    case "model":
      return [node.name, node.base, ...node.statements];
    case "section":
      return [node.props];
    case "declaration":
      return [node.name, node.type, node.props];
    case "definition":
      return [node.name, node.type, node.flow, node.props];
    case "let":
      return [node.name, node.value, node.candidates];
    case "compare":
      return [node.name, node.alternatives];
    case "block":
      return [node.name, ...node.params, node.flow];
    case "flow":
      return [...node.calls];
    case "call":
      return [node.ref, ...(node.args ?? [])];
    case "range":
      return [node.from, node.to];
    case "list":
      return [...node.items];
    default:
      return [];
  }
}
