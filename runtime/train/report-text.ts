/** What the terminal shows of losses, steps and long lines; counts, metrics and times are evaluate/numbers.ts's. */
import { cells, countText, secondsText } from "../evaluate/numbers.ts";

/** `17 ms`, `1.4 s`. */
export function stepText(seconds: number): string {
  if (seconds >= 1) return secondsText(seconds);
  const milliseconds = seconds * 1000;
  return milliseconds < 9.95 ? `${milliseconds.toFixed(1)} ms` : `${Math.round(milliseconds)} ms`;
}

/** `8 s`, without a decimal: it is an estimate. */
export function leftText(seconds: number): string {
  return seconds < 59.5 ? `${Math.max(1, Math.round(seconds))} s` : secondsText(seconds);
}

/** A loss: four decimals, fewer where it is large, a power of ten where it is tiny. */
export function lossText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "-" : "inf";
  const size = Math.abs(value);
  if (size >= 1e12) return value.toExponential(1);
  if (size >= 100_000) return countText(value);
  if (size >= 1000) return value.toFixed(1);
  return size > 0 && size < 5e-5 ? value.toExponential(1) : value.toFixed(4);
}

/** Signs that every terminal has, where the locale is not UTF-8. */
export function asciiText(text: string, ascii: boolean): string {
  return ascii ? text.replaceAll("→", "->").replaceAll("×", "x").replaceAll("·", "|").replaceAll("…", "...") : text;
}

/** Cuts to a width in cells, with an ellipsis. */
export function fitText(text: string, width: number, ascii: boolean): string {
  if (cells(text) <= width) return text;
  const end = ascii ? "..." : "…";
  let cut = "";
  for (const character of text) {
    if (cells(cut + character) > width - end.length) break;
    cut += character;
  }
  return cut + end;
}

/** A bar of so many cells, filled by its share. */
export function barText(share: number, size: number, ascii: boolean): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * size);
  return (ascii ? "#" : "━").repeat(full) + (ascii ? "-" : "─").repeat(size - full);
}
