/**
 * The engines of this machine side by side, for `mmfc engine`: which one runs, which others are here, what always
 * works; and the choice between them. Opens none of them.
 */
import { currentEngine, EngineError } from "./engine.ts";
import { rememberChoice, rememberedChoice } from "./folders.ts";
import { CUDA_IN_WORDS, findGpus, hasCuda } from "./gpu.ts";
import type { FoundLibrary } from "./library.ts";
import { findLibraries } from "./library.ts";

export interface EngineChoice {
  /** What `useEngine` takes. */
  name: string;
  state: "in use" | "here" | "always";
  /** `tensorflow 2.21`, `wasm`. */
  title: string;
  /** What it would compute on. */
  device: "CPU" | "GPU";
  /** Bytes on disk, for a TensorFlow. */
  size?: number;
  /** Whose it is or how fast, in words. */
  where: string;
  /** Why it cannot be used, or cannot use the GPU it was built for. */
  why?: string;
  usable: boolean;
}

/** Every engine, the one in use first. "In use" is what the next training takes, or what this process has open. */
export async function listEngines(): Promise<EngineChoice[]> {
  const [libraries, gpus, choice, open] = await Promise.all([
    findLibraries(),
    findGpus(),
    rememberedChoice(),
    currentEngine(),
  ]);
  const choices = await Promise.all(libraries.map((library) => describeLibrary(library, gpus.length > 0)));
  choices.push({
    name: "wasm",
    state: "always",
    title: "wasm",
    device: "CPU",
    where: "slower, the more so the larger the model",
    usable: true,
  });
  if (choice === "cpu" || open?.kind === "cpu") {
    const where = "slower still; chosen by hand";
    choices.push({ name: "cpu", state: "always", title: "JavaScript", device: "CPU", where, usable: true });
  }
  const inUse =
    open === undefined
      ? chosen(choices, choice)
      : choices.find(({ name }) => name === (open.library?.name ?? open.kind));
  if (inUse !== undefined) inUse.state = "in use";
  return choices.sort((a, b) => Number(b.state === "in use") - Number(a.state === "in use"));
}

/**
 * Makes an engine the first choice of every later run; `auto` goes back to the best that works.
 *
 * @throws EngineError if there is no such engine or it is not usable
 */
export async function useEngine(name: string): Promise<void> {
  if (name === "auto") return rememberChoice(undefined);
  if (name === "cpu") return rememberChoice("cpu");
  const engines = await listEngines();
  const engine = engines.find((candidate) => candidate.name === name);
  if (engine === undefined)
    throw new EngineError(
      `There is no engine \`${name}\`; there are ${engines.map((e) => `\`${e.name}\``).join(", ")} and \`auto\`.`,
    );
  if (!engine.usable) throw new EngineError(`\`${name}\` is not usable: ${engine.why}.`);
  await rememberChoice(name);
}

function chosen(choices: readonly EngineChoice[], choice: string | undefined): EngineChoice | undefined {
  const usable = choices.filter((candidate) => candidate.usable);
  const named = usable.find(({ name }) => name === "named");
  return named ?? usable.find(({ name }) => name === choice) ?? usable[0];
}

async function describeLibrary(library: FoundLibrary, gpuHere: boolean): Promise<EngineChoice> {
  const { name, where, size, version } = library;
  const title = version === undefined ? "tensorflow" : `tensorflow ${version.split(".").slice(0, 2).join(".")}`;
  const choice = { name, state: "here", title, where, ...(size > 0 && { size }) } as const;
  if (library.why !== undefined) return { ...choice, device: library.device, why: library.why, usable: false };
  if (library.device === "CPU" || !gpuHere) return { ...choice, device: "CPU", usable: true };
  if (await hasCuda(library.folder)) return { ...choice, device: "GPU", usable: true };
  return { ...choice, device: "CPU", why: `${CUDA_IN_WORDS} is not found, so the GPU is not used`, usable: true };
}
