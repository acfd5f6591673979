/** The target among the inputs: a model that reads the answer is perfect in the scorecard and useless in use. */
import type { Span } from "../../diagnostics/span.ts";
import type { Property, Value } from "../../grammar/ast.ts";
import type { CheckedSection } from "./checked.ts";
import type { ModelState } from "./model.ts";

interface ColumnUse {
  readonly column: string;
  readonly property: string;
  readonly span: Span;
  /** In a list, so that it can be taken out. */
  readonly list?: { readonly items: readonly Value[]; readonly index: number };
}

/** Columns that a property names, with their places; of templates the columns in braces. */
export function columnsOf(property: Property): ColumnUse[] {
  const { value } = property;
  const key = property.key.text;
  if (!value || !["column", "columns", "numeric", "categorical", "index", "file", "files"].includes(key)) return [];
  const items = value.kind === "list" ? value.items : [value];
  const isTemplate = key === "file" || key === "files";
  return items.flatMap((item, index) => {
    if (item.kind !== "string") return [];
    const names = isTemplate ? [...item.value.matchAll(/\{([^{}]+)\}/g)].map((m) => m[1]!) : [item.value];
    return names.map((column) => ({
      column,
      property: key,
      span: item.span,
      ...(value.kind === "list" ? { list: { items, index } } : {}),
    }));
  });
}

/** The item with its comma. */
function withoutItem(list: NonNullable<ColumnUse["list"]>): Span {
  const item = list.items[list.index]!;
  const next = list.items[list.index + 1];
  const before = list.items[list.index - 1];
  if (before) return { ...item.span, start: before.span.end };
  return next ? { ...item.span, end: next.span.start } : item.span;
}

/** What a name with `*` stands for; undefined where it is one name. */
function patternOf(column: string): RegExp | undefined {
  if (!column.includes("*")) return undefined;
  const parts = column.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "su");
}

/**
 * Columns only. A path that holds the label (`"{label}/{id}.png"`) is no leak, because a model sees the picture and not its
 * name; nor is what a query selects. What has another name but the same cells is found with the table (runtime/data/leaks.ts).
 */
export function checkLeaks(state: ModelState, _data: CheckedSection): void {
  const { session } = state;
  for (const target of state.targets.values()) {
    const place = target.statement.props?.entries.find((p) => p.key.text === "column" || p.key.text === "columns");
    for (const modality of state.modalities.values()) {
      const written = (modality.statement.props?.entries ?? [])
        .filter((p) => p.key.text !== "file" && p.key.text !== "files" && p.key.text !== "index")
        .flatMap(columnsOf);
      const own: ColumnUse[] =
        written.length === 0 &&
        modality.entry.name !== "tabular" &&
        !["file", "files"].some((p) => modality.args.has(p))
          ? [{ column: modality.name, property: "column", span: modality.span }]
          : [];
      for (const use of [...written, ...own]) {
        const pattern = patternOf(use.column);
        const named = target.columns.find(
          (c) => c === use.column || pattern?.test(c) || patternOf(c)?.test(use.column),
        );
        if (named === undefined) continue;
        // Of two patterns the narrower one is what both name.
        const column = named.includes("*") && !pattern ? use.column : named;
        session.say(
          "target-leak",
          use.span,
          {
            column,
            target: target.name,
            how: "input",
            modality: modality.name,
            property: use.property,
            ...(pattern && { pattern: use.column }),
          },
          {
            marks: [{ span: place?.value?.span ?? target.span, style: "-", label: "the target" }],
            ...(use.list && !pattern
              ? {
                  fix: {
                    title: `remove it from ${use.property}`,
                    edits: [{ span: withoutItem(use.list), text: "" }],
                    certain: true,
                  },
                }
              : {}),
          },
        );
      }
    }
  }
}
