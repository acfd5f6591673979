/**
 * How things are printed in sentences: marks, lists, counts, sizes, times. Everything a user reads uses these, so that
 * one thing looks the same everywhere. Knows nothing of codes, spans or the language.
 */

const longest = 40;

/** Written text cut to 40 characters (code points) with `…`; line breaks become one space, invisible characters `U+200B`. */
export function cut(text: string, limit: number = longest): string {
  const visible = text
    .replace(/\s*[\r\n]\s*/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, (c) => (c === "\t" || c === "\u200d" ? c : codePoint(c)));
  const characters = Array.from(visible);
  return characters.length <= limit ? visible : `${characters.slice(0, limit - 1).join("")}…`;
}

function codePoint(character: string): string {
  const value = character.codePointAt(0) ?? 0;
  return `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Text that was written, in backticks, cut to 40 characters. A backtick itself stands in double quotes. */
export function tick(text: string): string {
  return text.includes("`") ? `"${cut(text)}"` : `\`${cut(text)}\``;
}

/** Code to write, in backticks and never cut. */
export function code(text: string): string {
  return text.includes("`") ? `"${text}"` : `\`${text}\``;
}

/** What comes from outside (a column, a label, a file's content), in double quotes, cut to 40 characters. */
export function quoted(text: string): string {
  return `"${cut(text)}"`;
}

/** A path as the user would type it: bare, quoted only with a space inside. */
export function path(text: string): string {
  return /\s/.test(text) ? `"${text}"` : text;
}

/** `A`, `A and B`, `A, B and C`; items are already printed. */
export function list(items: readonly string[], joint: "and" | "or" = "and"): string {
  if (items.length <= 1) return items[0] ?? "nothing";
  return `${items.slice(0, -1).join(", ")} ${joint} ${items[items.length - 1]}`;
}

/** A list of written or legal words, each in backticks. */
export function ticks(items: readonly string[], joint: "and" | "or" = "and"): string {
  return list(items.map(tick), joint);
}

/** A list of code to write, each in backticks, never cut. */
export function codes(items: readonly string[], joint: "and" | "or" = "or"): string {
  return list(items.map(code), joint);
}

/** Columns, labels or values from outside, the first of `all`: all if at most `most`, else the first ones and `7 more`. */
export function quotedList(items: readonly string[], most = 8, all = items.length): string {
  if (all <= most) return list(items.map(quoted));
  const shown = Math.min(5, most);
  return list([...items.slice(0, shown).map(quoted), `${number(all - shown)} more`]);
}

/** A number with commas, exact: `2,430`, `0.25`, `-1`. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "infinite" : "-infinite";
  const [whole = "0", fraction] = String(value).split(".");
  if (whole.includes("e") || fraction?.includes("e")) return String(value);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

const irregular: Readonly<Record<string, string>> = { class: "classes", loss: "losses", category: "categories" };

/** The plural of a noun of the catalogue. */
export function plural(noun: string): string {
  return irregular[noun] ?? `${noun}s`;
}

/** A count with its noun: `no rows`, `1 row`, `2,430 rows`. */
export function count(n: number, noun: string): string {
  return `${n === 0 ? "no" : number(n)} ${n === 1 ? noun : plural(noun)}`;
}

/** The form of a verb that agrees with a count: `agree(1, "is", "are")`. */
export function agree(n: number, one: string, many: string): string {
  return n === 1 ? one : many;
}

/** `a number`, `an image`. */
export function article(noun: string): string {
  return `${/^[aeio]/i.test(noun) ? "an" : "a"} ${noun}`;
}

/** The sentence with a capital at its start. */
export function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** A share (1 is all) as `1.4 %`; one decimal at most, and never rounded to nothing or to all. */
export function share(value: number): string {
  const tenths = Math.round(value * 1000) / 10;
  if (value > 0 && tenths === 0) return "under 0.1 %";
  if (value < 1 && tenths === 100) return "over 99.9 %";
  return `${number(tenths)} %`;
}

/** A metric: three decimals, `0.841`. */
export function metric(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : number(value);
}

/** Bytes as `812 bytes`, `12 kB`, `4.1 MB`, `274 MB`, `1.2 GB` (powers of 1000). */
export function size(bytes: number): string {
  if (bytes < 1000) return count(bytes, "byte");
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (Number(value.toPrecision(3)) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = value < 9.95 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
  return `${digits} ${units[unit]}`;
}

/** Seconds as `5.6 ms`, `17 ms`, `9.8 s`, `3 min 20 s`, `2 h 5 min`. */
export function time(seconds: number): string {
  if (seconds < 0.0995) {
    const ms = seconds * 1000;
    return `${ms < 9.95 ? ms.toFixed(1).replace(/\.0$/, "") : Math.round(ms)} ms`;
  }
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
