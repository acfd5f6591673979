/** The .vsix of `npm run vsix`, read back by another reader than its writer: what VS Code needs is in it, twice the same. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { listZip, unzipTo } from "../../runtime/engine/unzip.ts";
import { root } from "../../scripts/build.mjs";
import { packExtension } from "../../scripts/vsix.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "mmfc-vsix-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the extension's package", () => {
  it("has the manifest, the description and the files that the description names", async () => {
    const file = await packExtension(folder);
    const entries = await listZip(file);
    const names = entries.map((entry) => entry.name);
    expect(names.slice(0, 2)).toEqual(["extension.vsixmanifest", "[Content_Types].xml"]);
    expect(names).toEqual(expect.arrayContaining(["extension/package.json", "extension/syntaxes/mmf.tmLanguage.json"]));
    for (const name of ["extension/package.json", "extension/syntaxes/mmf.tmLanguage.json"]) {
      const entry = entries.find((one) => one.name === name);
      if (entry === undefined) throw new Error(name);
      const target = path.join(folder, path.basename(name));
      await unzipTo(file, entry, target);
      expect(readFileSync(target)).toEqual(
        readFileSync(path.join(root, "editor/vscode", name.slice("extension/".length))),
      );
    }
    const first = readFileSync(file);
    expect(readFileSync(await packExtension(folder))).toEqual(first);
  });
});
