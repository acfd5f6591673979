/** A machine of its own for a test: an empty cache, a PATH with only the programs it names, no environment of ours. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

export interface Machine {
  folder: string;
  cache: string;
  /** Puts a shell script on the PATH. */
  program(name: string, script: string): Promise<void>;
  /** Writes a file below the machine's folder, with its folders. */
  file(name: string, content: string): Promise<string>;
  restore(): Promise<void>;
}

const NAMES = ["XDG_CACHE_HOME", "PATH", "MMFC_TENSORFLOW", "VIRTUAL_ENV", "CONDA_PREFIX"] as const;

export async function bareMachine(): Promise<Machine> {
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  const folder = await mkdtemp(path.join(os.tmpdir(), "mmfc-machine-"));
  const programs = path.join(folder, "programs");
  await mkdir(programs);
  for (const name of NAMES) delete process.env[name];
  process.env.XDG_CACHE_HOME = path.join(folder, "cache");
  process.env.PATH = programs;
  const file = async (name: string, content: string): Promise<string> => {
    const target = path.join(folder, name);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
    return target;
  };
  return {
    folder,
    cache: path.join(folder, "cache", "mmfc"),
    file,
    async program(name, script) {
      await chmod(await file(path.join("programs", name), `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`), 0o755);
    },
    async restore() {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
