/**
 * What stderr shows while tables and files are looked at: nothing in the first second, then one line that is redrawn; in a
 * pipe a plain line every 30 seconds. Knows no files, only how many there are.
 */
import { number } from "../../diagnostics/phrase.ts";
import type { Progress } from "../../runtime/data/modality.ts";
import { barText, fitText } from "../../runtime/train/report-text.ts";
import type { Terminal } from "../terminal.ts";

export interface LookProgress {
  readonly onProgress?: (progress: Progress) => void;
  /** Clears what is half drawn. */
  end(): void;
}

/** Where it writes and what time it is, in milliseconds; tests bring their own. */
export interface LookProgressWorld {
  write(text: string): void;
  now(): number;
}

const stderr: LookProgressWorld = {
  write: (text) => void process.stderr.write(text),
  now: () => performance.now(),
};

export function createLookProgress(
  { progress: how, shape: { err } }: Pick<Terminal, "progress" | "shape">,
  world: LookProgressWorld = stderr,
): LookProgress {
  if (how === "none") return { end() {} };
  const bar = how === "bar";
  const pause = bar ? 100 : 30_000;
  let due = world.now() + (bar ? 1000 : pause);
  let live = false;
  return {
    onProgress({ modality, done, total }) {
      const now = world.now();
      if (now < due || done >= total) return;
      due = now + pause;
      const share = bar ? `${barText(done / total, 34, err.ascii)}  ` : "";
      const text = `look at   ${modality}  ${share}${number(done)}/${number(total)}`;
      // A line of the full width would wrap, and could then not be redrawn.
      world.write(bar ? `\r\u001b[2K${fitText(text, err.width - 1, err.ascii)}` : `${text}\n`);
      live = bar;
    },
    end() {
      if (live) world.write("\r\u001b[2K");
      live = false;
    },
  };
}
