import { describe, expect, it } from "vitest";
import { leftText, lossText, stepText } from "../../../runtime/train/report-text.ts";
import type { Reporter } from "../../../runtime/train/reporter.ts";
import { createBarReporter, createLineReporter } from "../../../runtime/train/reporter.ts";

function listen(create: typeof createBarReporter, ascii = false) {
  const written: string[] = [];
  const clock = { now: 0 };
  const reporter = create({
    stream: { write: (text: string) => written.push(text) },
    width: 100,
    ascii,
    now: () => clock.now,
  });
  return { reporter, written, clock, text: () => written.join("") };
}

function tell(reporter: Reporter): void {
  reporter.start({ model: "Digits", seed: 1, out: "runs/Digits/2026-11-24T05-31-07-1/" });
  reporter.engine("tensorflow 2.21, CPU, 2 threads, one graph per step");
  reporter.rows({ train: 2430, validation: 270, test: 300, source: "table.csv", split: 'by "split"' });
  reporter.prepared({ modality: "image", rows: 3000 });
  reporter.prepared({ modality: "sound", rows: 3000, seconds: 3.1 });
  reporter.model({
    rows: [
      { name: "seen", kind: "encoder", shapes: "28×28×1 → 64", weights: 173280, multiplyAdds: 270400 },
      { name: "heard", kind: "encoder", shapes: "63×20 → 64", weights: 39488, multiplyAdds: 2310912 },
      { name: "joint", kind: "mid fusion", shapes: "64, 64 → 64", weights: 8256, multiplyAdds: 8192 },
      { name: "guess", kind: "head", shapes: "64 → 10", weights: 650, multiplyAdds: 640 },
    ],
    weights: 221674,
    multiplyAdds: 2590144,
  });
  reporter.epochs({ validation: true, metrics: ["accuracy"] });
  reporter.epoch({ epoch: 1, loss: 1.3902, validationLoss: 0.6127, metrics: [0.83], seconds: 0.9, best: true });
}

const TABLE = `Digits, seed 1                                                    runs/Digits/2026-11-24T05-31-07-1/
engine    tensorflow 2.21, CPU, 2 threads, one graph per step
rows      2,430 train, 270 validation, 300 test of table.csv, by "split"
prepare   image   3,000   from the cache
          sound   3,000   3.1 s
model     seen    encoder      28×28×1 → 64   173,280 weights     270,400 multiply-adds a row
          heard   encoder        63×20 → 64    39,488           2,310,912
          joint   mid fusion    64, 64 → 64     8,256               8,192
          guess   head              64 → 10       650                 640
                                              221,674              2.59 M
epoch   train loss   validation loss   accuracy    time
    1       1.3902            0.6127      0.830   0.9 s   best
`;

describe("what a training says", () => {
  it("prints the table that the command line promises, alike for bar and lines", () => {
    for (const create of [createBarReporter, createLineReporter]) {
      const { reporter, text } = listen(create);
      tell(reporter);
      expect(text()).toBe(TABLE);
    }
  });

  const step = { epoch: 3, epochs: 15, steps: 38, loss: 0.3388, secondsPerStep: 0.0174, secondsLeft: 8.2 };

  it("redraws one line at most ten times a second, with the time left once half of it is measured", () => {
    const { reporter, written, clock } = listen(createBarReporter);
    for (let i = 1; i <= 23; i++) {
      clock.now = i * 10;
      reporter.step({ ...step, step: i });
    }
    expect(written).toHaveLength(3);
    expect(written[0]).not.toContain("left");
    clock.now = 1000;
    reporter.step({ ...step, step: 23 });
    expect(written[3]).toBe(
      "\r\u001b[2K    3 ━━━━━━━━━━━━━━━━━━━━━─────────────  23/38   loss 0.3388   17 ms a step   8 s left",
    );
    reporter.epoch({ epoch: 3, loss: 0.3, validationLoss: 0.2, metrics: [0.9], seconds: 0.6, best: false });
    expect(written[4]).toBe("\r\u001b[2K");
    expect(written[5]).toMatch(/^ {4}3 {7}0\.3000/);
  });

  it("keeps the live line shorter than the terminal, and ASCII where it has to be", () => {
    const { reporter, written } = listen(createBarReporter, true);
    reporter.step({ ...step, step: 23, floor: "only(a_modality_with_a_name_that_is_long)" });
    const line = (written[0] as string).replace("\r\u001b[2K", "");
    expect(line.length).toBeLessThanOrEqual(99);
    expect(line).toMatch(/^[\x20-\x7e]+$/);
  });

  it("writes a line every thirty seconds into a pipe", () => {
    const { reporter, written, clock } = listen(createLineReporter);
    for (let second = 1; second <= 95; second++) {
      clock.now = second * 1000;
      reporter.step({ ...step, step: 20 });
    }
    expect(written).toHaveLength(3);
    expect(written[0]).toBe("    3   20/38   loss 0.3388   17 ms a step   8 s left\n");
  });

  it("writes numbers so that they can be read", () => {
    expect([0.33881, 12.5, 250_000_000, 0.0000123, 0, Number.NaN].map(lossText)).toEqual([
      "0.3388",
      "12.5000",
      "250,000,000",
      "1.2e-5",
      "0.0000",
      "-",
    ]);
    expect([0.0042, 0.0174, 1.44, 75].map(stepText)).toEqual(["4.2 ms", "17 ms", "1.4 s", "1 min 15 s"]);
    expect([0.2, 8.2, 75].map(leftText)).toEqual(["1 s", "8 s", "1 min 15 s"]);
  });
});
