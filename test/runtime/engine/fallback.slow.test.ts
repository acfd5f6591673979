import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { doctorReport } from "../../../runtime/engine/doctor.ts";
import { openEngine } from "../../../runtime/engine/engine.ts";
import { libraryFiles } from "../../../runtime/engine/library.ts";
import type { Machine } from "./machine.ts";
import { bareMachine } from "./machine.ts";

// The machine may be busy with other things; nothing here is about speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let machine: Machine;
beforeAll(async () => {
  machine = await bareMachine();
  for (const file of libraryFiles()) await machine.file(`broken/${file}`, "not a library");
  process.env.MMFC_TENSORFLOW = path.join(machine.folder, "broken");
});
afterAll(() => machine.restore());

test("a library that does not load and a download that does not come lead to wasm, with the reasons", async () => {
  const said: string[] = [];
  const engine = await openEngine({ install: "auto", onProgress: (line) => said.push(line) });
  expect(engine.kind).toBe("wasm");
  expect(engine.notes).toHaveLength(2);
  expect(engine.notes[0]).toMatch(/^TensorFlow named by MMFC_TENSORFLOW is not usable: .*libtensorflow_cc/);
  expect(engine.notes[1]).toMatch(/^TensorFlow for download is not usable: .+\.$/);
  expect(said).toEqual(engine.notes);
  expect([...engine.tf.tensor1d([1, 2]).square().dataSync()]).toEqual([1, 4]);
});

test("doctor says what is missing and what trains", async () => {
  const lines = await doctorReport();
  expect(lines[0]).toMatchObject({
    state: "ok",
    text: expect.stringMatching(/^Node \d+\.\d+, mmfc \d.*; cache \d.*, disk .* free$/),
  });
  expect(lines[1]).toMatchObject({
    state: "slower",
    text: expect.stringMatching(/^wasm, CPU, without TensorFlow, .* an LSTM step in [\d.]+ ms/),
  });
  expect(lines.some(({ text }) => text.startsWith("TensorFlow named by MMFC_TENSORFLOW is not usable"))).toBe(true);
  expect(lines.at(-1)).toMatchObject({
    state: "sentence",
    text: expect.stringMatching(/^Text, .* and tables train here\.$/),
  });
});
