import { readdir } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listEngines, useEngine } from "../../../runtime/engine/choices.ts";
import { rememberedChoice } from "../../../runtime/engine/folders.ts";
import { installEngine, removeEngine } from "../../../runtime/engine/install.ts";
import { findLibraries, libraryFiles, tooOld } from "../../../runtime/engine/library.ts";
import { wheelForThisMachine } from "../../../runtime/engine/wheels.ts";
import type { Machine } from "./machine.ts";
import { bareMachine } from "./machine.ts";

// The machine may be busy with other things; nothing here is about speed.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let machine: Machine;
beforeEach(async () => {
  machine = await bareMachine();
});
afterEach(() => machine.restore());

const hasWheel = !("why" in wheelForThisMachine(false));
const engines = (): Promise<string[]> => readdir(path.join(machine.cache, "engine")).catch(() => []);

describe.skipIf(!hasWheel)("an installation that does not succeed says why and leaves nothing", () => {
  test("no pip", async () => {
    await expect(installEngine()).rejects.toThrow("TensorFlow for download is not usable: no pip and no uv.");
    expect(await engines()).toEqual([]);
  });

  test("no network", async () => {
    await machine.program(
      "pip3",
      `[ "$1" = --version ] && exit 0
       echo "WARNING: Retrying: Failed to establish a new connection" >&2
       echo "ERROR: No matching distribution found for tensorflow-cpu==2.21.0" >&2; exit 1`,
    );
    await expect(installEngine()).rejects.toThrow("TensorFlow for download is not usable: no answer.");
    expect(await engines()).toEqual([]);
  });

  test("another reason of pip's", async () => {
    await machine.program("pip", `[ "$1" = --version ] && exit 0; echo "ERROR: Disk quota exceeded." >&2; exit 2`);
    await expect(installEngine()).rejects.toThrow('is not usable: pip says "Disk quota exceeded".');
    expect(await engines()).toEqual([]);
  });

  test("a wheel that was changed on the way", async () => {
    await machine.program(
      "uvx",
      `[ "$2" = --version ] && exit 0
       while [ "$1" != --dest ]; do shift; done; echo not a wheel > "$2/tensorflow_cpu-2.21.0.whl"`,
    );
    const said: string[] = [];
    await expect(installEngine({ onProgress: (line) => said.push(line) })).rejects.toThrow("the checksum differs");
    expect(said.at(-1)).toBe("verifying the checksum");
    expect(await engines()).toEqual([]);
  });

  test("what a killed installation left is swept, a running one's is not", async () => {
    await machine.file("cache/mmfc/engine/.installing-999999999-x/half", "");
    await machine.file(`cache/mmfc/engine/.installing-${process.pid}-y/half`, "");
    await expect(installEngine()).rejects.toThrow();
    expect(await engines()).toEqual([`.installing-${process.pid}-y`]);
  });
});

async function pretendInstalled(name: string, version: string, size = 4): Promise<void> {
  for (const file of libraryFiles()) await machine.file(`cache/mmfc/engine/${name}/${file}`, "so");
  await machine.file(`cache/mmfc/engine/${name}/engine.json`, JSON.stringify({ version, device: "CPU", size }));
}

async function pretendPython(distribution: string, files: readonly string[]): Promise<void> {
  const site = path.join(machine.folder, "site");
  await machine.file(`site/${distribution}.dist-info/METADATA`, "");
  for (const file of ["__init__.py", ...files]) await machine.file(`site/tensorflow/${file}`, "so");
  await machine.program("python3", `echo '[3, 9, ["", "${site}"]]'`);
}

describe("libraries are found without loading them", () => {
  test("nothing on a bare machine", async () => {
    expect(await findLibraries()).toEqual([]);
    expect(await listEngines()).toMatchObject([{ name: "wasm", state: "in use" }]);
  });

  test("installed ones, the newest first; half of one does not count", async () => {
    await pretendInstalled("tensorflow-2.20.0-cpu", "2.20.0");
    await pretendInstalled("tensorflow-2.21.0-cpu", "2.21.0");
    await pretendInstalled("tensorflow-2.22.0-cpu", "2.22.0", 5);
    await machine.file("cache/mmfc/engine/tensorflow-2.23.0-cpu/libtensorflow_cc.so.2", "so");
    const found = await findLibraries();
    expect(found.map(({ name, why }) => [name, why])).toEqual([
      ["tensorflow-2.22.0-cpu", "its files are not complete"],
      ["tensorflow-2.21.0-cpu", undefined],
      ["tensorflow-2.20.0-cpu", undefined],
    ]);
    expect((await listEngines()).map(({ title, state }) => `${state} ${title}`)).toEqual([
      "in use tensorflow 2.21",
      "here tensorflow 2.22",
      "here tensorflow 2.20",
      "always wasm",
    ]);
  });

  test("the one in a Python", async () => {
    await pretendPython("tensorflow_cpu-2.16.1", libraryFiles());
    expect(await findLibraries()).toMatchObject([
      { source: "python", version: "2.16.1", device: "CPU", where: "in Python 3.9", size: 4 },
    ]);
  });

  test("one that is too old, and why", async () => {
    await pretendPython("tensorflow-2.8.0", []);
    expect(await findLibraries()).toMatchObject([{ why: "it is 2.8, and 2.12 is the first that works" }]);
    expect(tooOld("2.12.0")).toBeUndefined();
    expect(tooOld("3.0.0")).toBeUndefined();
    expect(tooOld("1.15.0")).toContain("it is 1.15");
  });

  test("the one MMFC_TENSORFLOW names comes first, as a folder or as a Python package", async () => {
    await pretendInstalled("tensorflow-2.21.0-cpu", "2.21.0");
    for (const file of libraryFiles()) await machine.file(`mine/tensorflow/${file}`, "so");
    for (const named of ["mine", "mine/tensorflow"]) {
      process.env.MMFC_TENSORFLOW = path.join(machine.folder, named);
      expect((await findLibraries()).map(({ source }) => source)).toEqual(["named", "installed"]);
    }
    process.env.MMFC_TENSORFLOW = path.join(machine.folder, "nowhere");
    expect((await findLibraries())[0]?.why).toBe(`${machine.folder}/nowhere has no ${libraryFiles()[0]}`);
  });
});

describe("choosing", () => {
  test("a choice is remembered, auto forgets it, a name that is not there is refused", async () => {
    await pretendInstalled("tensorflow-2.20.0-cpu", "2.20.0");
    await pretendInstalled("tensorflow-2.21.0-cpu", "2.21.0");
    await useEngine("tensorflow-2.20.0-cpu");
    expect((await listEngines())[0]).toMatchObject({ name: "tensorflow-2.20.0-cpu", state: "in use" });
    await useEngine("wasm");
    expect((await listEngines())[0]).toMatchObject({ name: "wasm", state: "in use" });
    await useEngine("cpu");
    expect((await listEngines())[0]).toMatchObject({ name: "cpu", state: "in use" });
    await useEngine("auto");
    expect((await listEngines())[0]).toMatchObject({ name: "tensorflow-2.21.0-cpu", state: "in use" });
    await expect(useEngine("tensorflow-9")).rejects.toThrow(
      "There is no engine `tensorflow-9`; there are `tensorflow-2.21.0-cpu`",
    );
  });

  test("removing takes the files and a choice that named them", async () => {
    await pretendInstalled("tensorflow-2.20.0-cpu", "2.20.0");
    await pretendInstalled("tensorflow-2.21.0-cpu", "2.21.0");
    await useEngine("tensorflow-2.20.0-cpu");
    expect(await removeEngine("tensorflow-2.20.0-cpu")).toEqual(["tensorflow-2.20.0-cpu"]);
    expect(await rememberedChoice()).toBeUndefined();
    expect(await removeEngine()).toEqual(["tensorflow-2.21.0-cpu"]);
    expect(await findLibraries()).toEqual([]);
  });

  test("a choice file that is damaged counts as none", async () => {
    await machine.file("cache/mmfc/engine/choice.json", "{");
    expect(await rememberedChoice()).toBeUndefined();
  });
});
