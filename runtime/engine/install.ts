/**
 * Installs TensorFlow's C library for mmfc alone: pip fetches the wheel, two files are taken out of it, the rest is
 * dropped. Everything happens in a folder aside that is renamed at the end, so half an engine never looks whole.
 */
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { makeFolder } from "../make-folder.ts";
import { engineFolder, rememberChoice, rememberedChoice } from "./folders.ts";
import type { FoundLibrary, InstalledFacts } from "./library.ts";
import { FACTS_FILE, libraryFiles, librarySize } from "./library.ts";
import type { ZipEntry } from "./unzip.ts";
import { listZip, unzipTo } from "./unzip.ts";
import type { Wheel } from "./wheels.ts";
import { TENSORFLOW_VERSION, wheelForThisMachine } from "./wheels.ts";

const run = promisify(execFile);

export interface InstallOptions {
  /** The build for NVIDIA GPUs, twice as large. */
  gpu?: boolean;
  /** Told a line at each step and while the download grows. */
  onProgress?(line: string): void;
}

/** Why no engine was installed; the message is a sentence for the user. */
export class InstallError extends Error {
  override name = "InstallError";
}

/**
 * Installs the engine, or returns the one that is installed already.
 *
 * @throws InstallError with the reason; nothing is left behind then
 */
export async function installEngine(options: InstallOptions = {}): Promise<FoundLibrary> {
  const wheel = wheelForThisMachine(options.gpu ?? false);
  if ("why" in wheel) throw unusable(wheel.why);
  const name = `tensorflow-${TENSORFLOW_VERSION}-${wheel.device.toLowerCase()}`;
  const folder = path.join(engineFolder(), name);
  const there = await readFacts(folder);
  if (there !== undefined) return found(name, folder, there);

  makeFolder(engineFolder());
  await sweep();
  const aside = await mkdtemp(path.join(engineFolder(), `${ASIDE}${process.pid}-`));
  try {
    await checkSpace(aside, wheel);
    const downloaded = await download(wheel, aside, options);
    options.onProgress?.("unpacking TensorFlow's library");
    const unpacked = path.join(aside, name);
    const facts = await unpack(downloaded, unpacked, wheel);
    return found(name, folder, await moveInto(unpacked, folder, facts));
  } catch (error) {
    if (error instanceof InstallError) throw error;
    throw unusable(error instanceof Error ? error.message.trim().replace(/\.$/, "") : String(error));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * Removes what installEngine installed: the named engine, or all of them.
 *
 * @returns the names that are gone
 */
export async function removeEngine(name?: string): Promise<string[]> {
  const entries = await readdir(engineFolder(), { withFileTypes: true }).catch(() => []);
  const engines = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(ASIDE))
    .map((entry) => entry.name);
  const gone = name === undefined ? engines : engines.filter((engine) => engine === name);
  for (const engine of gone) await rm(path.join(engineFolder(), engine), { recursive: true, force: true });
  const choice = await rememberedChoice();
  if (choice !== undefined && gone.includes(choice)) await rememberChoice(undefined);
  return gone;
}

/** How folders of unfinished installations begin; the number of the process follows. */
const ASIDE = ".installing-";
/** Room for the wheel and what is taken out of it, in units of the wheel. */
const SPACE_FACTOR = 4.5;

function unusable(why: string): InstallError {
  return new InstallError(`TensorFlow for download is not usable: ${why}.`);
}

function found(name: string, folder: string, facts: InstalledFacts): FoundLibrary {
  return { name, folder, source: "installed", where: "mmfc's own", ...facts };
}

async function readFacts(folder: string): Promise<InstalledFacts | undefined> {
  try {
    const facts = JSON.parse(await readFile(path.join(folder, FACTS_FILE), "utf8")) as InstalledFacts;
    return (await librarySize(folder)) === facts.size ? facts : undefined;
  } catch {
    return undefined;
  }
}

/** Removes what killed installations left; that of a living process is left alone. */
async function sweep(): Promise<void> {
  for (const entry of await readdir(engineFolder())) {
    if (!entry.startsWith(ASIDE)) continue;
    const owner = Number(entry.slice(ASIDE.length).split("-")[0]);
    if (!isAlive(owner)) await rm(path.join(engineFolder(), entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // Signal 0 asks without sending anything.
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function checkSpace(folder: string, wheel: Wheel): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const needed = wheel.megabytes * 1e6 * SPACE_FACTOR;
  if (free < needed)
    throw unusable(`the disk of ${engineFolder()} has ${megabytes(free)} free, and ${megabytes(needed)} are needed`);
}

/** The ways to start pip, the best first; uvx brings a pip where there is none. */
const PIPS: readonly (readonly [command: string, ...first: string[]])[] = [
  ["python3", "-m", "pip"],
  ["pip3"],
  ["pip"],
  ["python", "-m", "pip"],
  ["uvx", "pip"],
];

async function findPip(): Promise<readonly [command: string, ...first: string[]]> {
  for (const pip of PIPS) {
    const [command, ...first] = pip;
    const works = await run(command, [...first, "--version"], { timeout: 60_000 }).then(
      () => true,
      () => false,
    );
    if (works) return pip;
  }
  throw unusable("no pip and no uv");
}

/** Fetches the wheel into the folder with pip, whatever Python pip itself runs on, and verifies its checksum. */
async function download(wheel: Wheel, folder: string, options: InstallOptions): Promise<string> {
  const [command, ...first] = await findPip();
  options.onProgress?.(`fetching ${wheel.distribution} ${TENSORFLOW_VERSION} (${wheel.megabytes} MB)`);
  // pip writes the growing file to the temporary folder; ours lies on the disk that was checked, and can be measured.
  const temporary = path.join(folder, "tmp");
  await mkdir(temporary);
  const stopWatching = watchGrowth(temporary, wheel, options);
  try {
    await runPip(command, [...first, ...pipArguments(wheel, folder)], temporary);
  } finally {
    stopWatching();
  }
  const file = (await readdir(folder)).find((entry) => entry.endsWith(".whl"));
  if (file === undefined) throw unusable("pip fetched nothing");
  options.onProgress?.("verifying the checksum");
  const downloaded = path.join(folder, file);
  if ((await sha256(downloaded)) !== wheel.sha256) throw unusable("the checksum differs");
  return downloaded;
}

function pipArguments(wheel: Wheel, folder: string): string[] {
  const python = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--platform", wheel.platform];
  const quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-cache-dir"];
  const what = `${wheel.distribution}==${TENSORFLOW_VERSION}`;
  return ["download", "--no-deps", "--only-binary=:all:", ...python, ...quiet, "--dest", folder, what];
}

function runPip(command: string, args: string[], temporary: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, TMPDIR: temporary };
    const child = spawn(command, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000);
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(unusable(pipReason(said)))));
  });
}

/** What pip's last error line means for the user. */
function pipReason(said: string): string {
  const errors = said.split("\n").filter((line) => line.startsWith("ERROR:"));
  const last = errors.at(-1)?.slice("ERROR:".length).trim();
  if (/Failed to establish|NameResolution|Max retries|timed out|Connection|from versions: none/i.test(said))
    return "no answer";
  return last === undefined ? "pip stopped without a reason" : `pip says "${last.replace(/\.$/, "")}"`;
}

/** Reports the download every two seconds; pip itself is silent when piped. */
function watchGrowth(folder: string, wheel: Wheel, options: InstallOptions): () => void {
  if (options.onProgress === undefined) return () => {};
  const timer = setInterval(async () => {
    const bytes = await folderSize(folder).catch(() => 0);
    if (bytes > 0) options.onProgress?.(`fetched ${Math.round(bytes / 1e6)} of ${wheel.megabytes} MB`);
  }, 2000);
  return () => clearInterval(timer);
}

async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(file.parentPath, file.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Takes the two libraries out of the wheel, each verified against the wheel's own list of checksums. */
async function unpack(wheelFile: string, folder: string, wheel: Wheel): Promise<InstalledFacts> {
  await mkdir(folder);
  const entries = new Map((await listZip(wheelFile)).map((entry) => [entry.name, entry]));
  const checksums = await readRecord(wheelFile, entries, path.dirname(folder));
  let size = 0;
  for (const file of libraryFiles()) {
    const name = `tensorflow/${file}`;
    const entry = entries.get(name);
    if (entry === undefined) throw unusable(`the wheel has no ${file}`);
    const digest = await unzipTo(wheelFile, entry, path.join(folder, file));
    if (digest.toString("base64url") !== checksums.get(name)) throw unusable("the checksum differs");
    size += entry.size;
  }
  const facts: InstalledFacts = { version: TENSORFLOW_VERSION, device: wheel.device, size };
  await writeFile(path.join(folder, FACTS_FILE), `${JSON.stringify(facts)}\n`);
  return facts;
}

/** The wheel's RECORD: one line a file, `path,sha256=BASE64URL,bytes`. */
async function readRecord(
  wheelFile: string,
  entries: ReadonlyMap<string, ZipEntry>,
  folder: string,
): Promise<Map<string, string>> {
  const entry = [...entries.values()].find(({ name }) => /^[^/]+\.dist-info\/RECORD$/.test(name));
  if (entry === undefined) throw unusable("the wheel has no list of checksums");
  const file = path.join(folder, "RECORD");
  await unzipTo(wheelFile, entry, file);
  const lines = (await readFile(file, "utf8")).split("\n");
  return new Map(
    lines.flatMap((line) => {
      const match = /^"?([^",]+)"?,sha256=([^,]+),/.exec(line);
      return match?.[1] !== undefined && match[2] !== undefined ? [[match[1], match[2]] as const] : [];
    }),
  );
}

/** Puts the finished folder in its place; if another process was faster, its engine is taken. */
async function moveInto(unpacked: string, folder: string, facts: InstalledFacts): Promise<InstalledFacts> {
  try {
    await rename(unpacked, folder);
    return facts;
  } catch (error) {
    const there = await readFacts(folder);
    if (there !== undefined) return there;
    // A damaged engine stands in the way: removed here, since nothing can be using it.
    await rm(folder, { recursive: true, force: true });
    await rename(unpacked, folder).catch(() => {
      throw error;
    });
    return facts;
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
