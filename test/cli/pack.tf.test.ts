/** The package as users get it: packed, installed in an empty folder, its command run, its programs type-checked and run. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/build.mjs";
import { pointsSpec, pointsTable } from "./run.ts";

const folder = mkdtempSync(path.join(tmpdir(), "mmfc-pack-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function npm(args: readonly string[], cwd: string): string {
  return execFileSync("npm", [...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
}

function sh(command: string): { status: number | null; stdout: string; stderr: string } {
  const { FORCE_COLOR: _, VITEST: __, ...env } = process.env;
  return spawnSync("sh", ["-c", command], { cwd: folder, encoding: "utf8", env });
}

describe("the packed package", () => {
  beforeAll(() => {
    execFileSync(process.execPath, ["scripts/build.mjs", "--types"], { cwd: root });
    npm(["pack", "--pack-destination", folder], root);
    const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
    writeFileSync(path.join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
    writeFileSync(path.join(folder, "points.mmf"), pointsSpec);
    writeFileSync(path.join(folder, "points.csv"), pointsTable());
    npm(["install", "--prefer-offline", "--no-audit", "--no-fund", `./${archive}`], folder);
  });

  it("has a command that answers", () => {
    const help = sh("npx mmfc --help");
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toContain("Usage: mmfc COMMAND");
    expect(sh("npx mmfc check points.mmf")).toMatchObject({ status: 0, stderr: "" });
  });

  it("has no sources, tests or tools in it", () => {
    const top = readdirSync(path.join(folder, "node_modules/mmfc"));
    for (const name of ["compiler", "runtime", "cli", "test", "scripts", "node_modules/vitest"])
      expect(top).not.toContain(name);
    expect(existsSync(path.join(folder, "node_modules/vitest"))).toBe(false);
  });

  it("compiles a program that type-checks and that Node runs by itself", () => {
    expect(sh("npx mmfc compile points.mmf -o out")).toMatchObject({ status: 0 });
    const options =
      "--noEmit --strict --target es2022 --module nodenext --moduleResolution nodenext --types node --typeRoots";
    const tsc = `"${process.execPath}" "${path.join(root, "node_modules/typescript/bin/tsc")}"`;
    const types = sh(`${tsc} ${options} "${path.join(root, "node_modules/@types")}" --skipLibCheck out/program.ts`);
    expect(types).toMatchObject({ status: 0, stdout: "" });
    const trained = sh("node out/program.js train --epochs 1 -o run");
    expect(trained.stderr).not.toContain("error");
    expect(trained).toMatchObject({ status: 0 });
    expect(trained.stdout).toMatch(/^Points · 280 train/);
    expect(sh("npx mmfc predict run --data points.csv").stdout).toMatch(/^id,guess,guess_no,guess_yes\n/);
  });
});
