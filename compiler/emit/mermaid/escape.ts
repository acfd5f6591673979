/**
 * Text inside Mermaid: what must become an entity so that a label shows exactly its characters. Knows nothing of models.
 */
import type { Line } from "../diagram/diagram.ts";

const entity = (character: string): string => `#${character.codePointAt(0)};`;

/**
 * Text as it stands inside a label, an arrow's label or a title. Decimal entities for ``# " ` * ~ < > & \``, a `%` before
 * `%` or `{` (a comment, a directive), and a `_` that markdown could take for emphasis.
 */
export function escapeText(text: string): string {
  return text.replace(/[\r\n\t]+/g, " ").replace(/[#"`*~<>&\\]|%(?=[%{])|_(?![A-Za-z0-9])|(?<![A-Za-z0-9])_/g, entity);
}

/** A sentence outside of labels (`accDescr`): one line, nothing that starts a directive, an entity or a tag. */
export function escapeSentence(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[#<>&]|%(?=[%{])/g, entity);
}

/** A line of a markdown string: names bold, types italic. */
export function markdownLine(line: Line): string {
  return line
    .map((span) => {
      const text = escapeText(span.text);
      return span.bold ? `**${text}**` : span.italic ? `*${text}*` : text;
    })
    .join("");
}

/** ``"`…`"`` with real line breaks. */
export function markdownString(lines: readonly Line[]): string {
  return `"\`${lines.map(markdownLine).join("\n")}\`"`;
}

/** A string of a YAML front matter. */
export function yamlString(text: string): string {
  return JSON.stringify(text);
}
