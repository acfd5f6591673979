/** `mmfc cache`: the prepared data of this user, listed or cleared. */
import { near } from "../../diagnostics/near.ts";
import { count, list, number, size } from "../../diagnostics/phrase.ts";
import type { CacheEntry } from "../../runtime/data/cache.ts";
import { cacheRoot, clearCache, listCache } from "../../runtime/data/cache.ts";
import type { Context, Run } from "../define.ts";
import { activity } from "../end.ts";
import { UsageMistake } from "../stop.ts";

const actions = ["list", "clear"] as const;
const help = "mmfc cache --help has its options";

export const run: Run = async (context) => {
  const [action = "list"] = context.args;
  activity.doing = "looking at";
  activity.place = cacheRoot();
  const days = ageOf(context);
  if (action === "clear") {
    const { entries, bytes } = clearCache(days);
    if (context.terminal.json) context.terminal.outJson({ entries, bytes });
    else
      context.terminal.out(entries === 0 ? "Nothing to clear\n" : `${entriesText(entries)} cleared, ${size(bytes)}\n`);
    return 0;
  }
  if (action === "list") return show(context, days);
  const found = near(action, actions);
  throw new UsageMistake(
    context.command,
    `no action ${action}; write ${found.kind === "one" ? found.word : list(actions, "or")}`,
    help,
  );
};

function show({ terminal }: Context, days: number | undefined): number {
  const entries = listCache().filter((entry) => days === undefined || entry.days >= days);
  if (terminal.json) {
    terminal.outJson({ folder: cacheRoot(), entries });
    return 0;
  }
  const rows = entries.map((entry) => [
    entry.kind,
    count(entry.items, "item"),
    size(entry.bytes),
    ageText(entry),
    entry.key.slice(0, 8),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  for (const row of rows) {
    const cells = row.map((cell, i) =>
      i === 0 || i > 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    terminal.out(`${cells.join("   ").trimEnd()}\n`);
  }
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  terminal.out(
    entries.length === 0
      ? `Nothing is prepared in ${cacheRoot()}\n`
      : `${entriesText(entries.length)}, ${size(bytes)} in ${cacheRoot()}\n`,
  );
  return 0;
}

function ageText({ days }: CacheEntry): string {
  if (days < 1) return "used today";
  return `${number(Math.floor(days))} ${days < 2 ? "day" : "days"} ago`;
}

function entriesText(entries: number): string {
  return `${number(entries)} ${entries === 1 ? "entry" : "entries"}`;
}

/** `30d`, `2w`, `12h` in days. */
function ageOf({ options, command }: Context): number | undefined {
  const text = options.older as string | undefined;
  if (text === undefined) return undefined;
  const [, value = "", unit = "d"] = /^(\d+(?:\.\d+)?)(h|d|w|y)?$/.exec(text) ?? [];
  if (value === "") throw new UsageMistake(command, `--older is an age, 12h, 30d or 2w, not ${text}`, help);
  return Number(value) * { h: 1 / 24, d: 1, w: 7, y: 365 }[unit as "h" | "d" | "w" | "y"];
}
