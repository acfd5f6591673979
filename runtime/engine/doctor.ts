/**
 * What `mmfc doctor` says: what is here, what is missing, what would be faster, and what trains on this machine.
 * Opens the engine and measures one small step; changes nothing.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, stat, statfs } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Tensor } from "@tensorflow/tfjs";
import type { Engine } from "./engine.ts";
import { openEngine } from "./engine.ts";
import { cacheFolder } from "./folders.ts";
import { CUDA_IN_WORDS, findGpus } from "./gpu.ts";
import { wheelForThisMachine } from "./wheels.ts";

const run = promisify(execFile);

export interface DoctorLine {
  /** `sentence` is the last line, which stands without a state: what trains here. */
  state: "ok" | "slower" | "missing" | "sentence";
  text: string;
}

/** The lines in the order in which they are printed. Nothing it meets makes it throw. */
export async function doctorReport(): Promise<DoctorLine[]> {
  const engine = await openEngine();
  const [machine, gpu, media] = await Promise.all([machineLine(), gpuLines(engine), mediaLines()]);
  const step = await measureStep(engine); // Last and alone, so that nothing else takes its time.
  return [machine, ...engineLines(engine, step), ...gpu, ...media.lines, media.sentence];
}

const FIRST_NODE = [20, 19] as const;

async function machineLine(): Promise<DoctorLine> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < FIRST_NODE[0] || (major === FIRST_NODE[0] && minor < FIRST_NODE[1])) {
    return {
      state: "missing",
      text: `mmfc runs on Node ${FIRST_NODE.join(".")} or later; this is ${process.versions.node}: install Node 24`,
    };
  }
  const [cached, free] = await Promise.all([folderSize(cacheFolder()), freeSpace(cacheFolder())]);
  const disk = free === undefined ? "" : `, disk ${inWords(free)} free`;
  return { state: "ok", text: `Node ${major}.${minor}, mmfc ${await ownVersion()}; cache ${inWords(cached)}${disk}` };
}

function engineLines(engine: Engine, milliseconds: number): DoctorLine[] {
  const step = `an LSTM step in ${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  const notes = engine.notes.map((note): DoctorLine => ({ state: "slower", text: note.replace(/\.$/, "") }));
  if (engine.kind === "tensorflow") return [{ state: "ok", text: `${engine.describe()}: ${step}` }, ...notes];
  const wheel = wheelForThisMachine(false);
  const remedy = "why" in wheel ? "" : ": mmfc engine install";
  return [{ state: "slower", text: `${engine.describe()}, slower on large models, ${step}${remedy}` }, ...notes];
}

async function gpuLines(engine: Engine): Promise<DoctorLine[]> {
  const idle = (await findGpus()).find((gpu) => gpu.idle);
  if (idle === undefined || engine.device === "GPU") return [];
  const built = engine.library?.device === "GPU";
  const remedy = built ? `${CUDA_IN_WORDS} is not found` : "mmfc engine install --gpu";
  return [{ state: "slower", text: `an ${idle.name} is idle: ${remedy}` }];
}

/** What reads each kind of data, by the packages and programs that do it. */
async function mediaLines(): Promise<{ lines: DoctorLine[]; sentence: DoctorLine }> {
  const [ffmpeg, pictures, tables] = await Promise.all([ffmpegVersion(), loads("sharp"), loads("@duckdb/node-api")]);
  const lines: DoctorLine[] = [];
  if (ffmpeg !== undefined) lines.push({ state: "ok", text: `${ffmpeg}, for MP3 and AAC` });
  else lines.push({ state: "missing", text: "ffmpeg, so MP3 and AAC are not readable: install ffmpeg" });
  if (!pictures) lines.push({ state: "missing", text: "sharp, so pictures are not readable: npm install sharp" });
  if (!tables) lines.push({ state: "missing", text: "duckdb, so nothing trains: npm install @duckdb/node-api" });

  if (!tables) return { lines, sentence: { state: "sentence", text: "Nothing trains here." } };
  const kinds = ["text", ...(pictures ? ["pictures"] : []), ...(ffmpeg === undefined ? ["WAV"] : ["sound"])];
  const list = `${kinds.join(", ")} and tables`;
  return {
    lines,
    sentence: { state: "sentence", text: `${list.charAt(0).toUpperCase()}${list.slice(1)} train here.` },
  };
}

/** The system's ffmpeg with its version, or the one inside the npm package, whose builds have none. */
async function ffmpegVersion(): Promise<string | undefined> {
  for (const command of ["ffmpeg", packagedFfmpeg()]) {
    if (command === undefined) continue;
    try {
      const { stdout } = await run(command, ["-version"], { timeout: 10_000 });
      const version = /version n?(\d[\d.]*)/.exec(stdout)?.[1];
      return version === undefined ? "ffmpeg" : `ffmpeg ${version}`;
    } catch {
      // Not there, or not for this processor: the next one.
    }
  }
  return undefined;
}

function packagedFfmpeg(): string | undefined {
  try {
    const installer = createRequire(import.meta.url)("@ffmpeg-installer/ffmpeg") as { path: string };
    return installer.path;
  } catch {
    return undefined; // It throws where it has no binary for this platform.
  }
}

async function loads(name: string): Promise<boolean> {
  return import(name).then(
    () => true,
    () => false,
  );
}

/** Milliseconds of one training step of a small LSTM: 16 rows, 20 tokens, 32 units; the best of five after two. */
async function measureStep({ tf }: Engine): Promise<number> {
  const layer = tf.layers.lstm({ units: 32, inputShape: [20, 16], recurrentInitializer: "glorotUniform" });
  const model = tf.sequential({ layers: [layer, tf.layers.dense({ units: 1 })] });
  const optimizer = tf.train.adam(1e-3);
  const x = tf.randomNormal([16, 20, 16], 0, 1, "float32", 1);
  const y = tf.zeros([16, 1]);
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const start = performance.now();
    const loss = optimizer.minimize(() => tf.losses.meanSquaredError(y, model.apply(x) as Tensor), true);
    await loss?.data();
    loss?.dispose();
    times.push(performance.now() - start);
  }
  model.dispose();
  optimizer.dispose();
  tf.dispose([x, y]);
  return Math.min(...times.slice(2));
}

async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map((file) =>
      stat(path.join(file.parentPath, file.name)).then(
        (s) => s.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Bytes free for this user where the folder is or would be made. */
async function freeSpace(folder: string): Promise<number | undefined> {
  for (let at = folder; ; at = path.dirname(at)) {
    const facts = await statfs(at).catch(() => undefined);
    if (facts !== undefined) return facts.bavail * facts.bsize;
    if (at === path.dirname(at)) return undefined;
  }
}

/** The version in the package.json above this file, from source and from dist alike. */
async function ownVersion(): Promise<string> {
  for (let at = path.dirname(fileURLToPath(import.meta.url)); at !== path.dirname(at); at = path.dirname(at)) {
    const text = await readFile(path.join(at, "package.json"), "utf8").catch(() => undefined);
    const parsed = text === undefined ? undefined : (JSON.parse(text) as { name?: string; version?: string });
    if (parsed?.name === "mmfc") return parsed.version ?? "";
  }
  return "";
}

function inWords(bytes: number): string {
  if (bytes >= 100e9) return `${Math.round(bytes / 1e9)} GB`;
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1).replace(/\.0$/, "")} GB`;
  return `${Math.round(bytes / 1e6)} MB`;
}
