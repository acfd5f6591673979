/**
 * One engine per process: the best of TensorFlow, wasm and plain JavaScript that works here.
 * Owns the order of the ladder and what is said on the way; the rungs are tensorflow.ts and wasm.ts.
 */
import os from "node:os";
import path from "node:path";
import type { TensorflowBinding } from "./binding.ts";
import { einsumKernel } from "./einsum-kernel.ts";
import { rememberedChoice } from "./folders.ts";
import { fixGradients } from "./gradients.ts";
import { installEngine } from "./install.ts";
import { jsKernels } from "./js-kernels.ts";
import type { FoundLibrary } from "./library.ts";
import { findLibraries, LIBRARY_SOURCES, libraryFiles } from "./library.ts";
import { openTensorflow } from "./tensorflow.ts";
import { openWasm } from "./wasm.ts";

type Tfjs = typeof import("@tensorflow/tfjs");

/** What computes: tfjs with an active backend, and what it stands on. */
export interface Engine {
  tf: Tfjs;
  kind: "tensorflow" | "wasm" | "cpu";
  device: "CPU" | "GPU";
  /** TensorFlow's version (`2.21.0`), or that of tfjs where there is no TensorFlow. */
  version: string;
  /** Processor threads that one step may use. */
  threads: number;
  /** Where the library was found, with kind tensorflow. */
  library?: FoundLibrary;
  /** The C library's side of tfjs, with kind tensorflow; a tracer may stand in for it. */
  binding?: TensorflowBinding;
  /** What was tried before and why it is not used, a sentence each. */
  notes: readonly string[];
  /** As the terminal shows it: `tensorflow 2.21, CPU, 2 threads`, or `wasm, CPU, without TensorFlow`. */
  describe(): string;
}

export interface OpenOptions {
  /** `auto` takes the best that works; a kind takes that one or throws. */
  prefer?: "auto" | "tensorflow" | "wasm" | "cpu";
  /** Processor threads for TensorFlow, all by default. */
  threads?: number;
  /** Keep TensorFlow's log and the banners of tfjs off the terminal; true by default. */
  quiet?: boolean;
  /** Whether TensorFlow may be fetched where there is none; `never` by default. */
  install?: "never" | "auto";
  /** Told what happens, a line each: what is not usable and why, what is being fetched. */
  onProgress?(line: string): void;
}

let opened: Promise<Engine> | undefined;

/**
 * Opens the engine of this process, or returns the one that is open already.
 *
 * @throws EngineError if a kind was asked for that does not work here, or if another engine is open already
 */
export async function openEngine(options: OpenOptions = {}): Promise<Engine> {
  if (opened === undefined) {
    opened = open(options);
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  }
  const engine = await opened;
  const { prefer = "auto", threads } = options;
  if (prefer !== "auto" && prefer !== engine.kind)
    throw new EngineError(`This process runs on ${engine.kind} already; ${prefer} needs a process of its own.`);
  if (threads !== undefined && engine.kind === "tensorflow" && threads !== engine.threads)
    throw new EngineError(
      `TensorFlow runs with ${threadsInWords(engine.threads)} already; that holds for the process.`,
    );
  return engine;
}

/** The engine of this process, if one is open; opens nothing. */
export async function currentEngine(): Promise<Engine | undefined> {
  return opened?.catch(() => undefined);
}

/** No engine as asked for; the message is a sentence for the user. */
export class EngineError extends Error {
  override name = "EngineError";
}

async function open(options: OpenOptions): Promise<Engine> {
  const { prefer = "auto", quiet = true } = options;
  const tf = await loadTfjs(quiet);
  fixGradients(tf);
  fixPlainKernels(tf);

  const notes: string[] = [];
  const note = (line: string): void => {
    notes.push(line);
    options.onProgress?.(line);
  };

  const choice = prefer === "auto" ? await rememberedChoice() : undefined;
  const kind = prefer === "auto" && (choice === "wasm" || choice === "cpu") ? choice : prefer;
  if (kind === "auto" || kind === "tensorflow") {
    const engine = await tryTensorflow(tf, options, choice, notes, note);
    if (engine !== undefined) return engine;
    if (kind === "tensorflow") throw new EngineError(notes.at(-1) ?? "There is no TensorFlow on this machine.");
  }
  if (kind !== "cpu") {
    try {
      await openWasm(tf);
      return withoutTensorflow(tf, "wasm", notes);
    } catch (error) {
      if (kind === "wasm") throw new EngineError(`wasm is not usable: ${reason(error)}.`);
      note(`wasm is not usable: ${reason(error)}.`);
    }
  }
  await tf.setBackend("cpu");
  return withoutTensorflow(tf, "cpu", notes);
}

/** Each library in turn, then, if that is allowed, a fetched one. */
async function tryTensorflow(
  tf: Tfjs,
  options: OpenOptions,
  choice: string | undefined,
  notes: readonly string[],
  note: (line: string) => void,
): Promise<Engine | undefined> {
  let tried = 0;
  for await (const library of libraries(choice)) {
    tried++;
    const engine = await tryLibrary(tf, library, options, notes, note);
    if (engine !== undefined) return engine;
  }
  if (options.install !== "auto") {
    if (tried === 0) note("There is no TensorFlow on this machine.");
    return undefined;
  }
  try {
    const library = await installEngine({ ...(options.onProgress && { onProgress: options.onProgress }) });
    return await tryLibrary(tf, library, options, notes, note);
  } catch (error) {
    note(`${reason(error)}.`);
    return undefined;
  }
}

async function tryLibrary(
  tf: Tfjs,
  library: FoundLibrary,
  options: OpenOptions,
  notes: readonly string[],
  note: (line: string) => void,
): Promise<Engine | undefined> {
  const unusable = (why: string): undefined => {
    note(`TensorFlow ${placeInWords(library)} is not usable: ${why}.`);
    return undefined;
  };
  if (library.why !== undefined) return unusable(library.why);
  const threads = options.threads ?? os.availableParallelism();
  const file = path.join(library.folder, libraryFiles()[0]);
  try {
    const backend = await openTensorflow(tf, file, { threads, quiet: options.quiet ?? true });
    const { version, device, binding } = backend;
    const short = version.split(".").slice(0, 2).join(".");
    const describe = (): string => `tensorflow ${short}, ${device}, ${threadsInWords(threads)}`;
    return { tf, kind: "tensorflow", device, version, threads, library, binding, notes, describe };
  } catch (error) {
    return unusable(reason(error));
  }
}

/**
 * The libraries in the order of trying. What was chosen comes before the others, but after what MMFC_TENSORFLOW names:
 * that was said for this very process.
 */
async function* libraries(choice: string | undefined): AsyncGenerator<FoundLibrary> {
  if (choice === undefined) {
    for (const find of LIBRARY_SOURCES) yield* await find();
    return;
  }
  const rank = ({ source, name }: FoundLibrary): number => (source === "named" ? 0 : name === choice ? 1 : 2);
  yield* (await findLibraries()).sort((a, b) => rank(a) - rank(b));
}

function withoutTensorflow(tf: Tfjs, kind: "wasm" | "cpu", notes: readonly string[]): Engine {
  const name = kind === "wasm" ? "wasm" : "JavaScript";
  const describe = (): string => `${name}, CPU, without TensorFlow`;
  return { tf, kind, device: "CPU", version: tf.version.tfjs, threads: 1, notes, describe };
}

/** Puts right what tfjs's own JavaScript backend computes wrongly or slowly; wasm borrows kernels from it. */
function fixPlainKernels(tf: Tfjs): void {
  const fixed = { ...jsKernels(tf), [tf.Einsum]: einsumKernel(tf, "cpu") };
  for (const [kernelName, kernelFunc] of Object.entries(fixed)) {
    tf.unregisterKernel(kernelName, "cpu");
    tf.registerKernel({ kernelName, backendName: "cpu", kernelFunc });
  }
}

async function loadTfjs(quiet: boolean): Promise<Tfjs> {
  // The package's CommonJS build: the same objects that its kernels, layers and backends register with.
  const module = await import("@tensorflow/tfjs");
  const tf = ("default" in module ? module.default : module) as Tfjs;
  // tfjs greets on the first tensor of its own backend and warns when a kernel is registered anew; PROD is its switch
  // for both and for nothing else.
  if (quiet) tf.env().set("PROD", true);
  return tf;
}

function placeInWords(library: FoundLibrary): string {
  return library.source === "installed" ? `in ${library.folder}` : library.where;
}

function threadsInWords(threads: number): string {
  return threads === 1 ? "1 thread" : `${threads} threads`;
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replace(/\.$/, "");
}
