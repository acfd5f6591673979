/**
 * Rules of what looks the same everywhere: comments, numbers, strings, separators.
 */
import { BOOLEAN_WORDS, UNITS } from "../../grammar/words.ts";
import { after, as, before, letter, name, oneOf, type Rule, sign, word } from "./patterns.ts";

/** Rules of comments; `mmfc-ignore` stands out in them. */
export function comments(): { [name: string]: Rule } {
  const ignore: Rule = {
    match: String.raw`(?<=//|//\s|/\*|/\*\s)\s*(mmfc-ignore)(?:\s+([\w-]+))?(?:\s*(:))?`,
    captures: {
      1: as("keyword.other.directive.ignore"),
      2: as("entity.name.tag.code"),
      3: as("punctuation.separator"),
    },
  };
  const line = (scope: string, begin: string): Rule => ({
    name: `comment.line.${scope}.mmf`,
    begin,
    end: "$",
    beginCaptures: { 0: as("punctuation.definition.comment") },
    patterns: [ignore],
  });
  return {
    comments: {
      patterns: [
        { ...line("documentation", "///(?!/)"), patterns: [{ match: "`[^`]*`", name: "markup.inline.raw.mmf" }] },
        line("double-slash", "//"),
        {
          name: "comment.block.mmf",
          begin: String.raw`/\*`,
          end: String.raw`\*/`,
          captures: { 0: as("punctuation.definition.comment") },
          patterns: [ignore],
        },
      ],
    },
  };
}

/** Rules of values that stand for themselves. */
export function literals(): { [name: string]: Rule } {
  const digits = String.raw`\d+(?:_\d+)*`;
  const plain = String.raw`${digits}(?:\.${digits})?`;
  const minus = String.raw`-?${before}`;
  const exponent = String.raw`(?:[eE][+-]?\d+)`;
  const number = (scope: string, match: string): Rule => ({ match, name: `constant.numeric.${scope}.mmf` });
  const letters = UNITS.filter((u) => u.unit !== "%").map((u) => u.unit);
  return {
    numbers: {
      patterns: [
        number("size", String.raw`${before}\d+(?:x\d+)+${after}`),
        number("ratio", String.raw`${before}${plain}/${plain}${after}`),
        {
          ...number("quantity", String.raw`${minus}${plain}${exponent}?(%|(?:${oneOf(letters)})${after})`),
          captures: { 1: as("keyword.other.unit") },
        },
        number("float", String.raw`${minus}${digits}(?:\.${digits}${exponent}?|${exponent})${after}`),
        number("integer", String.raw`${minus}${digits}${after}`),
        { match: String.raw`${minus}\d${letter}*`, name: "invalid.illegal.number.mmf" },
      ],
    },
    booleans: { match: word(...BOOLEAN_WORDS), name: "constant.language.boolean.mmf" },
    strings: {
      patterns: [
        {
          name: "string.quoted.triple.mmf",
          begin: '"""',
          end: '"""',
          beginCaptures: { 0: as("punctuation.definition.string.begin") },
          endCaptures: { 0: as("punctuation.definition.string.end") },
        },
        {
          name: "string.quoted.double.mmf",
          begin: '"',
          // a string ends with its line, closed or not
          end: '(")|$',
          beginCaptures: { 0: as("punctuation.definition.string.begin") },
          endCaptures: { 1: as("punctuation.definition.string.end") },
          patterns: [
            { match: String.raw`\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`, name: "constant.character.escape.mmf" },
            { match: String.raw`\\.`, name: "invalid.illegal.escape.mmf" },
            { match: String.raw`\{${name}\}`, name: "constant.other.placeholder.mmf" },
          ],
        },
        {
          name: "string.quoted.other.mmf",
          match: String.raw`([“”'‘’])[^“”'‘’"\n]*([“”'‘’])`,
          captures: { 1: as("invalid.illegal.quote"), 2: as("invalid.illegal.quote") },
        },
      ],
    },
    separators: {
      patterns: [
        { match: String.raw`\.\.`, name: "keyword.operator.range.mmf" },
        { match: "[,，]", name: "punctuation.separator.comma.mmf" },
        { match: sign("."), name: "punctuation.accessor.mmf" },
      ],
    },
  };
}
