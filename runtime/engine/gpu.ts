/**
 * Which NVIDIA GPUs this machine has and whether TensorFlow's CUDA libraries are there; asks files and nvidia-smi,
 * never CUDA itself.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Gpu {
  /** As NVIDIA calls it: `NVIDIA A10`. */
  name: string;
  /** False if nvidia-smi sees it at work. */
  idle: boolean;
}

/** The NVIDIA GPUs of this machine; none if the driver is not there. */
export async function findGpus(): Promise<Gpu[]> {
  return (await askNvidiaSmi()) ?? (await readDriver());
}

/** What the builds of TensorFlow 2.21 look for. */
export const CUDA_IN_WORDS = "CUDA 12 with cuDNN 9";

/** Whether a library in this folder would find CUDA: in the Python packages beside its own, or on the system. */
export async function hasCuda(folder: string): Promise<boolean> {
  const beside = path.join(folder, "..", "nvidia", "cudnn", "lib");
  if (
    await stat(beside).then(
      () => true,
      () => false,
    )
  )
    return true;
  const cache = await run("ldconfig", ["-p"]).then(
    ({ stdout }) => stdout,
    () => "",
  );
  return cache.includes("libcudnn.so.9") && cache.includes("libcudart.so.12");
}

/** Above this share of its time a GPU counts as at work, in percent. */
const BUSY = 10;

async function askNvidiaSmi(): Promise<Gpu[] | undefined> {
  try {
    const query = ["--query-gpu=name,utilization.gpu", "--format=csv,noheader,nounits"];
    const { stdout } = await run("nvidia-smi", query, { timeout: 10_000 });
    return stdout
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [name = "", busy = "0"] = line.split(",").map((field) => field.trim());
        return { name: withMaker(name), idle: !(Number(busy) > BUSY) };
      });
  } catch {
    return undefined;
  }
}

async function readDriver(): Promise<Gpu[]> {
  const folder = "/proc/driver/nvidia/gpus";
  const gpus = await readdir(folder).catch(() => []);
  const facts = await Promise.all(
    gpus.map((gpu) => readFile(path.join(folder, gpu, "information"), "utf8").catch(() => "")),
  );
  return facts.flatMap((text) => {
    const name = /^Model:\s*(.+)$/m.exec(text)?.[1];
    return name === undefined ? [] : [{ name: withMaker(name.trim()), idle: true }];
  });
}

function withMaker(name: string): string {
  return name.startsWith("NVIDIA") ? name : `NVIDIA ${name}`;
}
