/** Small data sets made on the spot: a table with pictures, sound, text and numbers in a temporary folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll } from "vitest";
import type { AudioPlan, DataPlan, ImagePlan, TabularPlan, TextPlan } from "../../../plan/plan.ts";
import { DataError, type DataProblem } from "../../../runtime/data/batch.ts";
import { type Prepared, type PrepareOptions, prepareData } from "../../../runtime/data/prepare.ts";

const made: string[] = [];

/** A folder that goes when the tests end. */
export function folder(): string {
  const at = mkdtempSync(path.join(tmpdir(), "mmfc-data-"));
  made.push(at);
  return at;
}

afterAll(() => {
  for (const one of made) rmSync(one, { recursive: true, force: true });
});

/** A gray picture of one value. */
export async function picture(file: string, value: number, width = 8, height = 8): Promise<void> {
  const { default: sharp } = await import("sharp");
  mkdirSync(path.dirname(file), { recursive: true });
  await sharp({ create: { width, height, channels: 3, background: { r: value, g: value, b: value } } })
    .png()
    .toFile(file);
}

/** 16-bit mono WAV. */
export function wav(file: string, samples: ArrayLike<number>, rate = 8000): void {
  const data = Buffer.alloc(samples.length * 2);
  for (let i = 0; i < samples.length; i++) data.writeInt16LE(Math.round(samples[i]! * 32767), i * 2);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, Buffer.concat([head, data]));
}

/** A tar archive of regular files, or of links (`link: true`). */
export function tar(file: string, members: readonly { name: string; data: Buffer; link?: boolean }[]): void {
  const blocks: Buffer[] = [];
  for (const { name, data, link } of members) {
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write("0000644\0", 100);
    head.write("0000000\0", 108);
    head.write("0000000\0", 116);
    head.write(`${(link ? 0 : data.length).toString(8).padStart(11, "0")}\0`, 124);
    head.write("00000000000\0", 136);
    head.write("        ", 148);
    head.write(link ? "2" : "0", 156);
    if (link) head.write("/etc/passwd", 157);
    head.write("ustar\x0000", 257);
    const sum = head.reduce((all, byte) => all + byte, 0);
    head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    blocks.push(head);
    if (!link) blocks.push(data, Buffer.alloc((512 - (data.length % 512)) % 512));
  }
  blocks.push(Buffer.alloc(1024));
  const whole = Buffer.concat(blocks);
  writeFileSync(file, /gz$/.test(file) ? gzipSync(whole) : whole);
}

export const text: TextPlan = { type: "text", tokenizer: "words", tokens: 5, lower: true, pad: "post", output: "ids" };
export const image: ImagePlan = {
  type: "image",
  size: [4, 4],
  channels: 1,
  rescale: 1 / 255,
  normalize: "none",
  resize: "stretch",
  augment: [],
};
export const audio: AudioPlan = {
  type: "audio",
  rate: 8000,
  seconds: 0.5,
  channels: 1,
  features: { mel: { bands: 16, fft: 256, hop: 128, scale: "db", fmin: 0 } },
  normalize: "standard",
  augment: [],
};
export const tabular: TabularPlan = { type: "tabular", numeric: [], categorical: [], normalize: "standard" };

/** 40 rows: text, picture, sound, two numbers, a category, a label. */
export async function firms(rows = 40): Promise<string> {
  const at = folder();
  const lines = ["id,text,chart,call,size,debt,sector,label,day,part"];
  for (let i = 0; i < rows; i++) {
    await picture(path.join(at, `media/${i}.png`), (i * 6) % 256);
    wav(
      path.join(at, `media/${i}.wav`),
      Float32Array.from({ length: 2000 + i * 50 }, (_, t) => Math.sin(t * (0.1 + i / 100)) / 2),
    );
    const day = new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10);
    const part = i % 5 === 0 ? "test" : i % 5 === 1 ? "dev" : "train";
    lines.push(
      `r${i},"Profit ${i % 2 === 0 ? "rose" : "fell"}, again",${i}.png,${i}.wav,${i},${i % 3},${["a", "b"][Math.floor(i / 2) % 2]},${i % 2 === 0 ? "yes" : "no"},${day},${part}`,
    );
  }
  writeFileSync(path.join(at, "firms.csv"), `${lines.join("\n")}\n`);
  return at;
}

export const firmsPlan: DataPlan = {
  source: "firms.csv",
  media: ["media"],
  split: { by: "column", column: "part", train: "train", validation: "dev", test: "test", seed: 0 },
  modalities: {
    text,
    chart: { ...image, file: "{chart}" },
    call: { ...audio, file: "{call}" },
    sheet: { ...tabular, numeric: ["size", "debt"], categorical: ["sector"] },
  },
  targets: { label: { type: "binary", columns: ["label"] } },
};

/** Prepares with a cache of its own. */
export function prepared(plan: DataPlan, base: string, more: Partial<PrepareOptions> = {}): Promise<Prepared> {
  return prepareData(plan, { base, seed: 0, cacheDir: path.join(base, ".cache"), threads: 2, ...more });
}

/** The problems that preparing meets. */
export async function problemsOf(
  plan: DataPlan,
  base: string,
  more: Partial<PrepareOptions> = {},
): Promise<readonly DataProblem[]> {
  try {
    const done = await prepared(plan, base, more);
    await done.close();
    return [];
  } catch (error) {
    if (error instanceof DataError) return error.problems;
    throw error;
  }
}
