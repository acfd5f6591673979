/**
 * Which TensorFlow C libraries are on this machine: named by the user, installed for mmfc, or inside a Python package.
 * Only looks at files; nothing is loaded, no Python package is imported.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { engineFolder } from "./folders.ts";

const run = promisify(execFile);

/** A TensorFlow library on this machine; `why` says what keeps it from being used. */
export interface FoundLibrary {
  /** What `mmfc engine use` calls it. */
  name: string;
  /** The folder that holds both library files. */
  folder: string;
  source: "named" | "installed" | "python";
  /** As far as files tell; undefined if nothing beside the library says so. */
  version?: string;
  /** What the build can use: a GPU build also runs on the CPU. */
  device: "CPU" | "GPU";
  /** Bytes of the two library files. */
  size: number;
  /** Whose it is, in words: `mmfc's own`, `in Python 3.11`, `named by MMFC_TENSORFLOW`. */
  where: string;
  why?: string;
}

/** The first Python TensorFlow whose package holds the C library. */
const FIRST_VERSION = [2, 12] as const;

/** The names of the two library files on this platform; the first one is loaded and finds the second beside it. */
export function libraryFiles(platform: NodeJS.Platform = process.platform): readonly [main: string, framework: string] {
  return platform === "darwin"
    ? ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"]
    : ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
}

/**
 * Where to look, in the order in which an engine is tried. Asking Python takes a tenth of a second and comes last, so
 * that nothing is asked where something was found before.
 */
export const LIBRARY_SOURCES: readonly (() => Promise<FoundLibrary[]>)[] = [findNamed, findInstalled, findInPython];

/** Every library found, in the order in which an engine is tried. */
export async function findLibraries(): Promise<FoundLibrary[]> {
  return (await Promise.all(LIBRARY_SOURCES.map((find) => find()))).flat();
}

/** What MMFC_TENSORFLOW names: a folder with the two files, or a Python package's folder `tensorflow`, or its parent. */
async function findNamed(): Promise<FoundLibrary[]> {
  const named = process.env.MMFC_TENSORFLOW;
  if (named === undefined || named === "") return [];
  const base = path.resolve(named);
  const library = { name: "named", source: "named", where: "named by MMFC_TENSORFLOW" } as const;
  for (const folder of [base, path.join(base, "tensorflow"), path.join(base, "lib")]) {
    const size = await librarySize(folder);
    if (size === undefined) continue;
    return [{ ...library, folder, size, ...((await installedFacts(folder)) ?? (await packageFacts(folder))) }];
  }
  const why = `${named} has no ${libraryFiles()[0]}`;
  return [{ ...library, folder: base, device: "CPU", size: 0, why }];
}

/** What installEngine left behind. The facts file is written last, so a folder without one was never finished. */
async function findInstalled(): Promise<FoundLibrary[]> {
  const names = await readdir(engineFolder()).catch(() => []);
  const found: FoundLibrary[] = [];
  for (const name of names.sort().reverse()) {
    const folder = path.join(engineFolder(), name);
    const [facts, size] = await Promise.all([installedFacts(folder), librarySize(folder)]);
    if (facts === undefined || size === undefined) continue;
    const why = size === facts.size ? undefined : "its files are not complete";
    found.push({ name, folder, source: "installed", where: "mmfc's own", ...facts, ...(why && { why }) });
  }
  return found;
}

/** The file beside an installed library that tells what it is. */
export const FACTS_FILE = "engine.json";

export interface InstalledFacts {
  version: string;
  device: "CPU" | "GPU";
  size: number;
}

async function installedFacts(folder: string): Promise<InstalledFacts | undefined> {
  try {
    const facts = JSON.parse(await readFile(path.join(folder, FACTS_FILE), "utf8")) as Partial<InstalledFacts>;
    if (typeof facts.version !== "string" || typeof facts.size !== "number") return undefined;
    return { version: facts.version, device: facts.device === "GPU" ? "GPU" : "CPU", size: facts.size };
  } catch {
    return undefined;
  }
}

/** Prints its version and the folders where a Python looks for packages; imports nothing but the standard library. */
const ASK_PYTHON = [
  "import sys, site, json",
  "folders = list(sys.path) + site.getsitepackages() + [site.getusersitepackages()]",
  "print(json.dumps([sys.version_info[0], sys.version_info[1], folders]))",
].join("\n");

async function findInPython(): Promise<FoundLibrary[]> {
  const found = new Map<string, FoundLibrary>();
  for (const command of pythonCommands()) {
    const answer = await askPython(command);
    if (answer === undefined) continue;
    for (const site of answer.folders) {
      const folder = path.join(site, "tensorflow");
      if (found.has(folder)) continue;
      const library = await pythonLibrary(folder, answer.version);
      if (library !== undefined) found.set(folder, library);
    }
  }
  return [...found.values()];
}

/** The Pythons worth asking: that of an active virtual or conda environment first, then what the shell would start. */
function pythonCommands(): string[] {
  const environments = [process.env.VIRTUAL_ENV, process.env.CONDA_PREFIX].filter((folder) => folder !== undefined);
  return [...environments.map((folder) => path.join(folder, "bin", "python3")), "python3", "python"];
}

async function askPython(command: string): Promise<{ version: string; folders: string[] } | undefined> {
  try {
    const { stdout } = await run(command, ["-c", ASK_PYTHON], { timeout: 10_000 });
    const [major, minor, folders] = JSON.parse(stdout) as [number, number, string[]];
    return { version: `${major}.${minor}`, folders: folders.filter((folder) => path.isAbsolute(folder)) };
  } catch {
    return undefined; // No such Python, or one too old or broken to answer: it has no library for us either.
  }
}

async function pythonLibrary(folder: string, python: string): Promise<FoundLibrary | undefined> {
  const facts = await packageFacts(folder);
  const size = await librarySize(folder);
  if (facts.version === undefined && size === undefined) return undefined;
  const name = `python-${facts.version ?? python}`;
  const library: FoundLibrary = {
    name,
    folder,
    source: "python",
    where: `in Python ${python}`,
    size: size ?? 0,
    ...facts,
  };
  if (size !== undefined) return library;
  return { ...library, why: tooOld(facts.version) ?? `it has no ${libraryFiles()[0]}` };
}

/** The sentence of the catalogue for a TensorFlow from before its C library came inside the Python package. */
export function tooOld(version: string | undefined): string | undefined {
  if (version === undefined) return undefined;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [firstMajor, firstMinor] = FIRST_VERSION;
  const old = major < firstMajor || (major === firstMajor && minor < firstMinor);
  return old ? `it is ${major}.${minor}, and ${firstMajor}.${firstMinor} is the first that works` : undefined;
}

/** Reads version and build from the name of the package's dist-info folder, which lies beside it. */
async function packageFacts(folder: string): Promise<{ version?: string; device: "CPU" | "GPU" }> {
  const beside = await readdir(path.dirname(folder)).catch(() => []);
  for (const entry of beside) {
    const match =
      /^(tensorflow|tensorflow_cpu|tensorflow_gpu|intel_tensorflow|tf_nightly)-(\d+\.\d+[^-]*)\.dist-info$/.exec(entry);
    if (match === null) continue;
    const [, distribution, version] = match;
    // On Linux x64 the plain package is the CUDA build; elsewhere it is a CPU build.
    const cuda = process.platform === "linux" && os.arch() === "x64";
    const gpu = cuda && (distribution === "tensorflow" || distribution === "tensorflow_gpu");
    return { ...(version !== undefined && { version }), device: gpu ? "GPU" : "CPU" };
  }
  return { device: "CPU" };
}

/** Bytes of the two library files together, or undefined if one is not there. */
export async function librarySize(folder: string): Promise<number | undefined> {
  try {
    const sizes = await Promise.all(libraryFiles().map(async (file) => (await stat(path.join(folder, file))).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return undefined;
  }
}
