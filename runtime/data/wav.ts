/**
 * WAV files: PCM of 8, 16, 24 and 32 bits and floats, any number of channels, also over 4 GB (RF64). Chunks are walked, and
 * what they promise is compared with what is there. Other codecs inside are for ffmpeg.
 */
import { type BytesAt, bytesIn } from "./open-file.ts";
import { cutOff, promises, TooLarge } from "./reasons.ts";

export interface Sound {
  readonly rate: number;
  readonly channels: number;
  /** Interleaved, -1 to 1. */
  readonly samples: Float32Array;
}

/** Where the samples of a WAV are, and how they are written. */
export interface WavLayout {
  readonly rate: number;
  readonly channels: number;
  readonly bits: number;
  readonly float: boolean;
  readonly start: number;
  readonly frames: number;
}

/** Over so many seconds a sound is taken for a mistake. */
export const mostSeconds = 24 * 3600;

export function isWav(head: Buffer): boolean {
  const mark = head.toString("latin1", 0, 4);
  return head.length >= 12 && (mark === "RIFF" || mark === "RF64") && head.toString("latin1", 8, 12) === "WAVE";
}

interface Format {
  readonly code: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

interface Chunk {
  readonly id: string;
  readonly start: number;
  readonly length: number;
}

const mostChunks = 10_000;
// What writers leave that could not go back to their header (a pipe): all ones, or as large as some programs read.
const unknown = 0x7ffff000;

/**
 * Finds the samples.
 * @returns undefined for a codec that only ffmpeg knows
 * @throws TooLarge over 24 hours, or Error with the reason
 */
export async function openWav(bytes: BytesAt): Promise<WavLayout | undefined> {
  const head = await bytes.read(0, 12);
  if (head.length < 12) throw cutOff(bytes.size);
  const riff = head.readUInt32LE(4);
  let format: Format | undefined;
  let long: number | undefined;
  let at = 12;
  for (let n = 0; at + 8 <= bytes.size; n++) {
    if (n === mostChunks) throw new Error("its chunks do not end");
    const { id, start, length } = await chunkAt(bytes, at);
    if (id === "fmt ") format = await formatAt(bytes, start, length);
    else if (id === "ds64") long = await longSize(bytes, start);
    else if (id === "data") {
      if (format === undefined) throw new Error("its format is not said before its samples");
      return layoutOf(format, start, await dataLength(bytes, riff, start, length, long));
    }
    at = start + length + (length % 2);
  }
  throw format === undefined || at > bytes.size + 1 ? cutOff(bytes.size) : new Error("no samples");
}

async function chunkAt(bytes: BytesAt, at: number): Promise<Chunk> {
  const head = await bytes.read(at, 8);
  return { id: head.toString("latin1", 0, 4), start: at + 8, length: head.readUInt32LE(4) };
}

async function formatAt(bytes: BytesAt, start: number, length: number): Promise<Format> {
  const part = await bytes.read(start, 40);
  if (part.length < 16) throw cutOff(bytes.size);
  if (length < 16) throw new Error("its header is damaged");
  const code = part.readUInt16LE(0);
  return {
    // The extensible form has the code further down.
    code: code === 0xfffe && length >= 26 && part.length >= 26 ? part.readUInt16LE(24) : code,
    channels: part.readUInt16LE(2),
    rate: part.readUInt32LE(4),
    bits: part.readUInt16LE(14),
  };
}

/** RF64: the size of the samples in 64 bits, second in its chunk. */
async function longSize(bytes: BytesAt, start: number): Promise<number | undefined> {
  const part = await bytes.read(start + 8, 8);
  return part.length < 8 ? undefined : Number(part.readBigUInt64LE(0));
}

/** How many bytes of samples there are: what the header says, if that is so. */
async function dataLength(
  bytes: BytesAt,
  riff: number,
  start: number,
  said: number,
  long: number | undefined,
): Promise<number> {
  const there = bytes.size - start;
  const length = said === 0xffffffff && long !== undefined ? long : said;
  if (length === said) {
    if (said === 0xffffffff || said === 0x7fffffff) return there;
    const openEnd = riff === 0 || riff >= unknown;
    if (said >= unknown && openEnd && said > there) return there;
    if (said === 0 && there > 0 && openEnd && !(await areChunks(bytes, start))) return there;
  }
  if (length > there) throw promises(length, there);
  // More bytes behind the samples than samples, and not in chunks: the header lies.
  const rest = there - length;
  if (rest > Math.max(length, 4096) && !(await areChunks(bytes, start + length + (length % 2))))
    throw promises(length, there);
  return length;
}

/** Whether chunks follow, one after the other to the end. */
async function areChunks(bytes: BytesAt, from: number): Promise<boolean> {
  let at = from;
  for (let n = 0; n < 100 && at + 8 <= bytes.size; n++) {
    const { id, start, length } = await chunkAt(bytes, at);
    if (!/^[\x20-\x7e]{4}$/.test(id) || start + length > bytes.size) return false;
    at = start + length + (length % 2);
  }
  return true;
}

// A radio telescope does not write WAV.
const mostHertz = 10_000_000;
const mostChannels = 1024;

function layoutOf(format: Format, start: number, length: number): WavLayout | undefined {
  const { code, channels, rate, bits } = format;
  const number = (n: number): string => n.toLocaleString("en-US");
  if (channels < 1 || channels > mostChannels) throw new Error(`its header says ${number(channels)} channels`);
  if (rate < 1 || rate > mostHertz) throw new Error(`its header says ${number(rate)} Hz`);
  const float = code === 3 && (bits === 32 || bits === 64);
  if (!float && !(code === 1 && [8, 16, 24, 32].includes(bits))) return undefined;
  const frames = Math.floor(length / ((bits / 8) * channels));
  if (frames === 0) throw new Error("no samples");
  if (frames / rate > mostSeconds) throw new TooLarge("24 h");
  return { rate, channels, bits, float, start, frames };
}

const blockBytes = 1 << 22;

/**
 * The first `most` frames. Floats are all looked at, because any of them may be no number.
 * @throws Error with the reason
 */
export async function readFrames(bytes: BytesAt, layout: WavLayout, most: number): Promise<Sound> {
  const { rate, channels, bits, float, start, frames } = layout;
  const width = (bits / 8) * channels;
  const kept = Math.min(frames, most);
  const samples = new Float32Array(kept * channels);
  const step = Math.max(1, Math.floor(blockBytes / width));
  for (let at = 0; at < (float ? frames : kept); at += step) {
    const count = Math.min(step, frames - at);
    const block = await bytes.read(start + at * width, count * width);
    const values = decode(block, bits, float);
    for (let i = 0; float && i < values.length; i++)
      if (!Number.isFinite(values[i]!)) throw new Error("samples that are no numbers");
    if (at < kept) samples.set(values.subarray(0, (kept - at) * channels), at * channels);
  }
  return { rate, channels, samples };
}

/** Samples as numbers from -1 to 1. */
function decode(data: Buffer, bits: number, float: boolean): Float32Array {
  const width = bits / 8;
  const samples = new Float32Array(Math.floor(data.length / width));
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let i = 0, p = 0; i < samples.length; i++, p += width) {
    if (float) samples[i] = width === 4 ? view.getFloat32(p, true) : view.getFloat64(p, true);
    else if (width === 2) samples[i] = view.getInt16(p, true) / 32768;
    else if (width === 1) samples[i] = (view.getUint8(p) - 128) / 128;
    else if (width === 3) samples[i] = (view.getUint16(p, true) + view.getInt8(p + 2) * 65536) / 8388608;
    else samples[i] = view.getInt32(p, true) / 2147483648;
  }
  return samples;
}

/** Reads a WAV in memory. As `openWav`, then all of its frames. */
export async function readWav(buffer: Buffer): Promise<Sound | undefined> {
  const bytes = bytesIn(buffer);
  const layout = await openWav(bytes);
  return layout === undefined ? undefined : readFrames(bytes, layout, layout.frames);
}
