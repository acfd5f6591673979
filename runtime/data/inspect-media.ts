/**
 * Looking into media files without keeping any: each once, many at a time, with what earlier looks found out. How a kind
 * judges a file is its own affair (the same way as when it decodes); what is wrong goes to media-faults.ts.
 */

import { FfmpegMissing } from "./ffmpeg.ts";
import type { MediaCells, MediaItem } from "./media-cells.ts";
import { ArrayMismatch, type Faults } from "./media-faults.ts";
import { checkSignal, concurrently, type Workplace } from "./modality.ts";
import { FileChanged, TooLarge } from "./reasons.ts";
import { openVerdicts, type Verdict, type Verdicts } from "./verdicts.ts";

/** How one kind looks at its files. */
export interface Looking {
  /** What the record of its verdicts is called: "pictures". */
  readonly kind: string;
  /** Files looked at at the same time. */
  readonly width: number;
  /** Looks at an item, and throws what is wrong with it. What it returns is remembered. */
  judge(item: MediaItem): Promise<Verdict>;
  /** Called for every item that is fine. */
  fine?(item: number, verdict: Verdict): void;
}

/** Looks into items (their numbers in the cells). */
export async function lookInto(
  name: string,
  cells: MediaCells,
  used: readonly number[],
  place: Workplace,
  faults: Faults,
  looking: Looking,
): Promise<void> {
  const started = performance.now();
  const records = new Map<string, Verdicts>();
  const recordOf = (item: MediaItem): Verdicts => {
    const root = item.file.root ?? "";
    const known = records.get(root) ?? openVerdicts(place.cacheDir, looking.kind, root);
    records.set(root, known);
    return known;
  };
  let done = 0;
  let looked = 0;
  const tell = (): void =>
    place.progress({
      modality: name,
      done,
      total: used.length,
      cached: looked === 0,
      seconds: (performance.now() - started) / 1000,
    });
  try {
    await concurrently(used.length, looking.width, async (i) => {
      checkSignal(place.signal);
      const number = used[i]!;
      const item = cells.items[number]!;
      const record = recordOf(item);
      const id = item.index === undefined ? item.file.identity : `${item.file.identity}#${item.index}`;
      const known = record.get(id);
      if (known === undefined) looked++;
      try {
        if (known?.why !== undefined) throw known.most === undefined ? new Error(known.why) : new TooLarge(known.most);
        const verdict = known ?? (await looking.judge(item));
        if (known === undefined) record.set(id, verdict);
        looking.fine?.(number, verdict);
      } catch (error) {
        faults.add(number, error);
        if (known === undefined && isVerdict(error)) record.set(id, verdictOf(error as Error));
      }
      if (++done % 64 === 0) tell();
    });
    tell();
  } finally {
    // Also what was seen before Ctrl-C is known next time.
    for (const record of records.values()) record.save();
  }
}

/** Whether it is the content of the file that is wrong, and not the machine, the moment or the plan. */
function isVerdict(error: unknown): boolean {
  if ([FileChanged, FfmpegMissing, ArrayMismatch].some((kind) => error instanceof kind)) return false;
  return error instanceof Error && (error as NodeJS.ErrnoException).code === undefined;
}

function verdictOf(error: Error): Verdict {
  return error instanceof TooLarge ? { why: error.message, most: error.most } : { why: error.message };
}
