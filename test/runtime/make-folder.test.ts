/** Folders that are made, and those that cannot be: the error of the system, and an end. */
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeFolder } from "../../runtime/make-folder.ts";

const folder = mkdtempSync(path.join(tmpdir(), "mmfc-make-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => path.join(folder, name);
const codeOf = (name: string): string | undefined => {
  try {
    makeFolder(name);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
};

it("makes what is not there, and says where it began", () => {
  expect(makeFolder(at("a/b/c"))).toBe(at("a"));
  expect(existsSync(at("a/b/c"))).toBe(true);
  expect(makeFolder(at("a/b/c"))).toBeUndefined();
  expect(makeFolder(at("a/b/d/"))).toBe(at("a/b/d"));
  expect(makeFolder(".")).toBeUndefined();
  expect(makeFolder("/")).toBeUndefined();
});

it("says what the system says", () => {
  writeFileSync(at("file"), "");
  symlinkSync("nowhere", at("dead"));
  expect(codeOf(at("file"))).toBe("EEXIST");
  expect(codeOf(at("file/below"))).toBe("ENOTDIR");
  expect(codeOf(at("dead"))).toBe("EEXIST");
  expect(codeOf(at("dead/below"))).toBe("EEXIST");
});

it.skipIf(!existsSync("/proc/self"))("ends where no folder can be made, which Node's own does not", () => {
  expect(codeOf("/proc/mmfc/below")).toBe("ENOENT");
  expect(codeOf("/proc/self/mmfc/below/it")).toBe("ENOENT");
});
