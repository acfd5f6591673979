/**
 * Names, strings, numbers and comments of a spec as TypeScript text. Whatever a spec says enters a program through these
 * functions, so that nothing in it can end a literal or a comment. Knows no model.
 */

/** Controls, line separators and marks that turn the direction of text around: they never stand in a program as they are. */
const unsafe = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

const named: { readonly [character: string]: string } = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
  "\v": "\\v",
};

const escaped = (character: string): string =>
  named[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A string literal: in double quotes, or in single ones where it has more double quotes than single (as Biome has it). */
export function quote(text: string): string {
  const mark = text.split('"').length > text.split("'").length ? "'" : '"';
  return `${mark}${text.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`).replace(unsafe, escaped)}${mark}`;
}

/**
 * A number as people write it: `1 / 255`, `1e-3`, `20_000`.
 *
 * @throws RangeError for what is no number of a spec (NaN, infinity)
 */
export function numeral(n: number): string {
  if (!Number.isFinite(n)) throw new RangeError(`${n} cannot be written in a program`);
  if (n < 0) return `-${numeral(-n)}`;
  const plain = String(n).replace("e+", "e");
  if (Number.isInteger(n)) return n < 10_000 || plain.includes("e") ? plain : plain.replace(/\B(?=(\d{3})+$)/g, "_");
  const below = Math.round(1 / n);
  if (plain.length > 8 && 1 / below === n) return `1 / ${numeral(below)}`;
  const short = n.toExponential().replace("e+", "e");
  return short.length < plain.length ? short : plain;
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

export function isIdentifier(text: string): boolean {
  return identifier.test(text);
}

/** The name of a property. `__proto__` is computed: as it is, it would set what the object inherits from. */
export function propertyName(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return isIdentifier(name) ? name : quote(name);
}

/** Text for a comment of one line: nothing in it begins another line. */
export function lineComment(text: string): string {
  return `// ${oneLine(text)}`;
}

/** Lines of text as a JSDoc comment. */
export function docComment(text: string, indent = ""): string {
  const lines = text
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.replace(unsafe, " ").replaceAll("*/", "*\\/").trimEnd());
  if (lines.length === 1) return `${indent}/** ${lines[0]} */`;
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join("\n");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").replace(unsafe, " ").trim();
}
