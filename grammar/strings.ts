/**
 * Strings: escapes to characters and back. One-line strings have JSON's escapes; what stands in `"""` is taken as
 * written, so that SQL needs no second backslash.
 */

export interface BadEscape {
  readonly at: number;
  readonly text: string;
}

export interface ReadString {
  readonly value: string;
  /** The pieces that are no escapes of JSON, with their offset in the written text. */
  readonly badEscapes: readonly BadEscape[];
}

const simple: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** The value of what stands between one-line quotes. A bad escape stands for itself. */
export function readEscapes(written: string): ReadString {
  if (!written.includes("\\")) return { value: written, badEscapes: [] };
  let value = "";
  const badEscapes: BadEscape[] = [];
  for (let i = 0; i < written.length; i++) {
    const c = written[i] as string;
    if (c !== "\\") {
      value += c;
      continue;
    }
    const coded = /^\\u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})?/.exec(written.slice(i, i + 12))?.[0];
    const pair = coded === undefined ? undefined : unicode(coded);
    if (pair !== undefined) {
      value += pair.value;
      i += pair.length - 1;
      continue;
    }
    const next = written[i + 1];
    const plain = next === undefined ? undefined : simple[next];
    if (plain === undefined) {
      const text =
        coded?.slice(0, 6) ??
        written.slice(
          i,
          i + (next === undefined ? 1 : 1 + String.fromCodePoint(written.codePointAt(i + 1) as number).length),
        );
      badEscapes.push({ at: i, text });
      value += text;
      i += text.length - 1;
    } else {
      value += plain;
      i++;
    }
  }
  return { value, badEscapes };
}

/** One `\uXXXX`, or a surrogate pair of two; undefined for a lone surrogate. */
function unicode(coded: string): { value: string; length: number } | undefined {
  const first = Number.parseInt(coded.slice(2, 6), 16);
  if (first >= 0xdc00 && first <= 0xdfff) return undefined;
  if (first < 0xd800 || first > 0xdbff) return { value: String.fromCharCode(first), length: 6 };
  const second = Number.parseInt(coded.slice(8, 12), 16);
  if (!(second >= 0xdc00 && second <= 0xdfff)) return undefined;
  return { value: String.fromCharCode(first, second), length: 12 };
}

/** A string as the language writes it, on one line. */
export function printString(value: string): string {
  return JSON.stringify(value);
}
