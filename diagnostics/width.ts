/**
 * How many terminal cells a text takes: East Asian wide characters and emoji two, combining marks none. Also what stands
 * for characters that would move the cursor or reorder a line. Knows nothing of frames.
 */

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Wide and full-width blocks of Unicode's EastAsianWidth.txt, coarse to whole blocks, in order. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

/** A piece that is drawn as one: `at` is its UTF-16 offset in the line. */
export interface Glyph {
  readonly at: number;
  readonly length: number;
  readonly shown: string;
  readonly cells: number;
}

/** A line as it is drawn: a tab is two spaces; control characters and bidirectional overrides show as `\ufffd`. */
export function glyphs(line: string): Glyph[] {
  const result: Glyph[] = [];
  if (/^[\x20-\x7e]*$/.test(line)) {
    for (let at = 0; at < line.length; at++) result.push({ at, length: 1, shown: line.charAt(at), cells: 1 });
    return result;
  }
  for (const { segment, index } of segmenter.segment(line)) {
    const shown = segment === "\t" ? "  " : segment.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
    result.push({ at: index, length: segment.length, shown, cells: segment === "\t" ? 2 : graphemeWidth(shown) });
  }
  return result;
}

/** Cells of a text on one line. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let cells = 0;
  for (const glyph of glyphs(text)) cells += glyph.cells;
  return cells;
}

function graphemeWidth(grapheme: string): number {
  // U+FE0F asks for the picture form of a character.
  if (grapheme.includes("\ufe0f")) return 2;
  for (const character of grapheme) {
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) continue;
    const value = character.codePointAt(0) ?? 0;
    if (/\p{Emoji_Presentation}/u.test(character)) return 2;
    return wide.some(([from, to]) => value >= from && value <= to) ? 2 : 1;
  }
  return 0;
}
