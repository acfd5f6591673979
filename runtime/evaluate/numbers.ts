/**
 * How numbers, times and lengths of text are written in a scorecard. Knows no metric and no colour.
 */

/** Counts are exact, with commas: 2,430. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/**
 * Three decimals; from 1,000 on whole numbers with commas, under 0.0005 two digits with a power of ten, so that neither
 * a price nor a variance is unreadable. `-` for what is not defined (null: what JSON makes of NaN).
 */
export function metricText(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "-";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size >= 1e12) return value.toExponential(3);
  if (size >= 999.9995) return countText(value);
  if (size > 0 && size < 0.0005) return value.toExponential(1);
  return value.toFixed(3);
}

/** A difference on a scale of 0 to 1 as points: 0.0233 is 2.3. */
export function pointsText(difference: number): string {
  const text = (difference * 100).toFixed(1);
  return text === "-0.0" ? "0.0" : text;
}

/** 9.8 s, 3 min 20 s, 2 h 5 min. */
export function secondsText(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Cells of a terminal that a text takes: two for East Asian wide characters, none for combining marks. */
export function cells(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}|\p{Cf}/u.test(character)) continue;
    width += wide.test(character) ? 2 : 1;
  }
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** Text filled with blanks to a width, on the right (`left`-aligned) or on the left. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const blanks = " ".repeat(Math.max(0, width - cells(text)));
  return align === "left" ? text + blanks : blanks + text;
}

/** Pieces put into lines of at most `width` cells, joined by `joint`; a piece that is wider has a line of its own. */
export function fill(pieces: readonly string[], joint: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of pieces) {
    if (line === "") line = piece;
    else if (cells(line + joint + piece) <= width) line += joint + piece;
    else {
      lines.push(line);
      line = piece;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** A sentence in lines: it breaks at blanks, but not between a number and what it counts. */
export function wrap(sentence: string, width: number): string[] {
  const pieces: string[] = [];
  for (const word of sentence.split(" ")) {
    const before = pieces.at(-1);
    if (before !== undefined && /(?:^| |\()-?[\d.,]+$/.test(before) && /^[\p{L}%]/u.test(word))
      pieces[pieces.length - 1] = `${before} ${word}`;
    else pieces.push(word);
  }
  return fill(pieces, " ", width);
}
