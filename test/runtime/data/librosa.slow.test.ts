/**
 * Sound as a spec asks for it, from the bytes of a WAV file to the batch, against librosa (librosa_reference.py): the
 * whole way of the data, not only the function inside.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { compileText } from "../../../compiler/compile.ts";
import { folder, prepared } from "./made.ts";
import { difference, type Numbers } from "./shared.ts";

interface FileCase {
  readonly rate: number;
  readonly length: string;
  /** WAV files in base64. */
  readonly files: { readonly [name: string]: string };
  readonly features: readonly {
    readonly text: string;
    readonly kind: string;
    readonly out: { readonly [file: string]: Numbers };
  }[];
}

interface ResampleCase {
  readonly resample: readonly [number, number];
  readonly file: string;
  readonly out: Numbers;
}

const reference = JSON.parse(
  gunzipSync(readFileSync(path.join(import.meta.dirname, "librosa-reference.json.gz"))).toString(),
).cases as (FileCase | ResampleCase)[];

/**
 * The batch and the samples are in single precision, 6e-8 of a number. Decibels and what is made of them are some tens:
 * 1e-4; power is compared with the largest of the file: 1e-5.
 */
function tolerance(kind: string, out: Numbers): number {
  if (!kind.endsWith("power") && kind !== "waveform") return 1e-4;
  return 1e-5 * Math.max(...(out.data as number[]).map(Math.abs), 1e-10);
}

interface Made {
  /** By modality and `NAME.mask`. */
  readonly inputs: { readonly [name: string]: { readonly data: Float32Array; readonly shape: readonly number[] } };
}

/** The batch of all files by a spec with a modality `m0`, `m1` … for each of the settings. */
async function batchOf(files: { readonly [name: string]: string }, settings: readonly string[]): Promise<Made> {
  const names = Object.keys(files);
  const at = folder();
  mkdirSync(path.join(at, "wav"), { recursive: true });
  for (const name of names) writeFileSync(path.join(at, `wav/${name}.wav`), Buffer.from(files[name]!, "base64"));
  writeFileSync(path.join(at, "table.csv"), `file,y\n${names.map((name, i) => `${name},${i}`).join("\n")}\n`);
  const lines = settings.flatMap((setting, i) => [
    `modality m${i}: audio { file: "wav/{file}.wav", ${setting}, normalize: none }`,
    `encoder e${i} = m${i} -> global_max_pooling1d`,
    `head h${i}: y = e${i}`,
  ]);
  const spec = `model Sounds {
  data { source: "table.csv", split: in_order(train: 100%, validation: 0%, test: 0%) }
  target y: regression { column: "y" }
  ${lines.join("\n  ")}
}
`;
  const { models, diagnostics } = await compileText(spec, { path: path.join(at, "sounds.mmf") });
  const plan = models[0]?.ir?.data;
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const { parts, close } = await prepared(plan, at);
  try {
    for await (const { inputs } of parts.train!.batches({ batchSize: names.length })) return { inputs } as Made;
    throw new Error("no batch");
  } finally {
    await close();
  }
}

describe.each(reference.filter((one): one is FileCase => "files" in one))("WAV files of $rate Hz", (one) => {
  const names = Object.keys(one.files);
  let made: Made;
  beforeAll(async () => {
    made = await batchOf(
      one.files,
      one.features.map(({ text }) => `length: ${one.length}, features: ${text}`),
    );
  });

  it.each(one.features.map((feature, i) => [feature.text, feature, i] as const))("%s", (_, { kind, out }, i) => {
    const { data, shape } = made.inputs[`m${i}`]!;
    const mask = made.inputs[`m${i}.mask`]!.data;
    const [, frames, bands] = shape as [number, number, number];
    for (const [name, wanted] of Object.entries(out)) {
      const row = names.indexOf(name);
      const there = mask.subarray(row * frames, (row + 1) * frames).reduce((sum, x) => sum + x, 0);
      expect([name, there, bands]).toEqual([name, ...wanted.shape]);
      const found = data.subarray(row * frames * bands, (row + 1) * frames * bands);
      expect(difference(found.subarray(0, there * bands), wanted.data), name).toBeLessThan(tolerance(kind, wanted));
      // What lies after the end of a sound is zeros.
      expect(found.subarray(there * bands).every((x) => x === 0)).toBe(true);
    }
  });
});

describe("resampling", () => {
  const cases = reference.filter((one): one is ResampleCase => "resample" in one);
  it.each(cases.map((one) => [...one.resample, one] as const))("%s to %s Hz", async (_, to, { file, out }) => {
    const { inputs } = await batchOf({ noise: file }, [`rate: ${to}Hz, length: 1s, features: waveform`]);
    const found = inputs.m0!.data;
    expect(inputs["m0.mask"]!.data.reduce((sum, x) => sum + x, 0)).toBe(out.data.length);
    // soxr's filter and ours differ near half of the lower rate, where the noise has nothing; both leave ripples of 1e-4.
    expect(difference(found.subarray(0, out.data.length), out.data)).toBeLessThan(3e-4);
  });
});
