/** What stderr shows while files are looked at: nothing at first, then a line that is redrawn, or plain lines. */
import { expect, it } from "vitest";
import { createLookProgress } from "../../cli/check/progress.ts";
import { createTerminal } from "../../cli/terminal.ts";

function looking(progress: "bar" | "lines" | "none", width = 100) {
  const written: string[] = [];
  let now = 0;
  const shape = { color: false, width, ascii: false };
  const { onProgress, end } = createLookProgress(
    { progress, shape: { out: shape, err: shape } },
    { write: (text) => void written.push(text), now: () => now },
  );
  return {
    written,
    end,
    at(milliseconds: number, done: number): void {
      now = milliseconds;
      onProgress?.({ modality: "call", done, total: 6629, cached: false, seconds: 0 });
    },
  };
}

it("is nothing for a second, then one line ten times a second, then gone", () => {
  const bar = looking("bar");
  bar.at(500, 100);
  bar.at(999, 200);
  expect(bar.written).toEqual([]);
  bar.at(1000, 3315);
  bar.at(1050, 3320);
  expect(bar.written).toEqual([`\r\u001b[2Klook at   call  ${"━".repeat(17)}${"─".repeat(17)}  3,315/6,629`]);
  bar.at(1100, 3330);
  expect(bar.written).toHaveLength(2);
  bar.end();
  bar.end();
  expect(bar.written.slice(2)).toEqual(["\r\u001b[2K"]);
});

it("does not wrap on a narrow terminal", () => {
  const bar = looking("bar", 40);
  bar.at(2000, 10);
  expect(bar.written[0]?.replace("\r\u001b[2K", "")).toHaveLength(39);
});

it("is a line every 30 seconds in a pipe", () => {
  const lines = looking("lines");
  for (let second = 0; second <= 70; second++) lines.at(second * 1000, second * 10);
  lines.end();
  expect(lines.written).toEqual(["look at   call  300/6,629\n", "look at   call  600/6,629\n"]);
});

it("is nothing where nobody looks", () => {
  const none = looking("none");
  none.at(5000, 10);
  none.end();
  expect(none.written).toEqual([]);
  const world = { stdout: { write: () => 0 }, stderr: { write: () => 0 }, stdin: {}, env: {}, platform: "linux" };
  for (const options of [{ quiet: true }, { json: true }])
    expect(createLookProgress(createTerminal(options, world)).onProgress).toBeUndefined();
});
