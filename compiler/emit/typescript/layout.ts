/**
 * Expressions as text, broken into lines as Biome breaks them (120 columns, trailing commas): what fits stays on one line.
 * Knows only literals, lists and calls; comments stand before an item or after a property.
 */
import { columns } from "../../ir/print.ts";
import { lineComment, propertyName } from "./literals.ts";

export const lineWidth = 120;

export type Code =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "array"; readonly items: readonly Item[] }
  /** `open`: one property a line, even if all would fit on one. */
  | { readonly is: "object"; readonly properties: readonly Property[]; readonly open?: boolean }
  | { readonly is: "call"; readonly callee: string; readonly args: readonly Item[] };

export interface Item {
  readonly code: Code;
  /** Comments, a line each. */
  readonly before?: readonly string[];
  /** A blank line before it, if it is not the first. */
  readonly apart?: boolean;
  readonly spread?: true;
}

export interface Property {
  readonly name: string;
  /** Without it, the property is short for a variable of its name. */
  readonly code?: Code;
  /** A comment behind the comma. */
  readonly after?: string;
}

export const text = (value: string): Code => ({ is: "text", text: value });
export const call = (callee: string, ...args: readonly Code[]): Code => ({
  is: "call",
  callee,
  args: args.map((code) => ({ code })),
});

/** `{ a: 1, b }` from names and codes; without a code the property is short for a variable. */
export function object(entries: readonly (readonly [name: string, code?: Code])[], open = false): Code {
  return { is: "object", properties: entries.map(([name, code]) => ({ name, ...(code ? { code } : {}) })), open };
}

/**
 * The text of `code` in a line that is indented by `indent` and already has `column` columns; `rest` more follow it.
 */
export function print(code: Code, indent: number, column: number, rest = 0): string {
  const whole = flat(code);
  if (whole !== undefined && column + columns(whole) + rest <= lineWidth) return whole;
  switch (code.is) {
    case "text":
      return code.text;
    case "array":
      return `[${inner(code.items, indent)}]`;
    case "object": {
      const key = keys(code.properties);
      return `{\n${code.properties.map((property) => printProperty(property, key(property.name), indent + 2)).join("\n")}\n${" ".repeat(indent)}}`;
    }
    case "call": {
      const only = code.args.length === 1 ? code.args[0] : undefined;
      // One object or list keeps its brackets next to the call's.
      if (only && (only.code.is === "object" || only.code.is === "array") && !only.before && !only.spread) {
        return `${code.callee}(${print(only.code, indent, lineWidth)})`;
      }
      return code.args.length === 0 ? `${code.callee}()` : `${code.callee}(${inner(code.args, indent)})`;
    }
  }
}

/** On one line, or undefined where that cannot be. */
function flat(code: Code): string | undefined {
  switch (code.is) {
    case "text":
      return code.text;
    case "array": {
      const items = flatItems(code.items);
      return items === undefined || holdsLists(code.items) ? undefined : `[${items}]`;
    }
    case "object": {
      if (code.open && code.properties.length > 0) return undefined;
      const parts: string[] = [];
      const key = keys(code.properties);
      for (const { name, code: value, after } of code.properties) {
        const part = value ? flat(value) : "";
        if (part === undefined || after !== undefined) return undefined;
        parts.push(value ? `${key(name)}: ${part}` : name);
      }
      return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
    }
    case "call": {
      const args = flatItems(code.args);
      return args === undefined ? undefined : `${code.callee}(${args})`;
    }
  }
}

function flatItems(items: readonly Item[]): string | undefined {
  const parts: string[] = [];
  for (const [i, item] of items.entries()) {
    const part = flat(item.code);
    if (part === undefined || item.before?.length || (item.apart && i > 0)) return undefined;
    parts.push(item.spread ? `...${part}` : part);
  }
  return parts.join(", ");
}

/** Several lists, or several objects, of more than one thing each: these always take a line each. */
function holdsLists(items: readonly Item[]): boolean {
  if (items.length < 2) return false;
  return (
    items.every(({ code }) => code.is === "array" && code.items.length > 1) ||
    items.every(({ code }) => code.is === "object" && code.properties.length > 1)
  );
}

/** Items between brackets, a line each; numbers fill their lines. */
function inner(items: readonly Item[], indent: number): string {
  const margin = " ".repeat(indent + 2);
  const numbers = items.every(({ code, before }) => code.is === "text" && /^-?\d[\d._e-]*$/.test(code.text) && !before);
  if (numbers)
    return `\n${filled(
      items.map(({ code }) => (code as { text: string }).text),
      margin,
    )}\n${" ".repeat(indent)}`;
  const lines = items.map(({ code, before = [], apart, spread }, i) => {
    const dots = spread ? "..." : "";
    const comments = before.map((comment) => `${margin}${lineComment(comment)}\n`).join("");
    return `${apart && i > 0 ? "\n" : ""}${comments}${margin}${dots}${print(code, indent + 2, indent + 2 + dots.length, 1)},`;
  });
  return `\n${lines.join("\n")}\n${" ".repeat(indent)}`;
}

function filled(parts: readonly string[], margin: string): string {
  const lines: string[] = [];
  let line = margin;
  for (const part of parts) {
    const wider = line === margin ? `${line}${part},` : `${line} ${part},`;
    if (line !== margin && wider.length > lineWidth) {
      lines.push(line);
      line = `${margin}${part},`;
    } else line = wider;
  }
  return [...lines, line].join("\n");
}

/** How the properties of one object are named: whole numbers without quotes only if all are. */
function keys(properties: readonly Property[]): (name: string) => string {
  return properties.every(({ name }) => /^(0|[1-9]\d{0,8})$/.test(name)) ? (name) => name : propertyName;
}

function printProperty({ name, code, after }: Property, key: string, indent: number): string {
  const margin = " ".repeat(indent);
  const comment = after === undefined ? "" : ` ${lineComment(after)}`;
  if (!code) return `${margin}${name},${comment}`;
  const column = indent + columns(key) + 2;
  const value = print(code, indent, column, 1);
  // A string that is too long moves to a line of its own.
  const moves =
    code.is === "text" && /^["']/.test(code.text) && columns(key) > 2 && column + columns(value) + 1 > lineWidth;
  return `${margin}${key}:${moves ? `\n${margin}  ` : " "}${value},${comment}`;
}
