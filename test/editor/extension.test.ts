/** The extension's files and the .vsix: complete, readable for others, the same bytes each time. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { inflateRawSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileText } from "../../compiler/compile.ts";
import { textmateGrammar } from "../../editor/textmate.ts";
import { parse } from "../../grammar/parse.ts";
import { packExtension } from "../../scripts/vsix.mjs";
import { extension } from "./tokenize.ts";

const read = (file: string): string => readFileSync(path.join(extension, file), "utf8");
const json = (file: string) => JSON.parse(read(file));

/** The files that the extension's package.json names, and those that people read. */
function filesNamed(): string[] {
  const { icon, contributes } = json("package.json") as Manifest;
  const { languages, grammars, snippets } = contributes;
  return [
    ...languages.flatMap((l) => [l.configuration, l.icon.light, l.icon.dark]),
    ...[...grammars, ...snippets].map((g) => g.path),
    icon,
    "README.md",
    "CHANGELOG.md",
    "LICENSE.txt",
  ].map((file) => path.posix.normalize(file));
}

interface Manifest {
  readonly icon: string;
  readonly contributes: {
    readonly languages: readonly { readonly configuration: string; readonly icon: { light: string; dark: string } }[];
    readonly grammars: readonly { readonly path: string }[];
    readonly snippets: readonly { readonly path: string }[];
  };
}

/** The entries of a zip archive, by its central directory. */
function unzip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const files = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  for (let n = bytes.readUInt16LE(end + 10); n > 0; n--) {
    const [size, full, name, extra, comment] = [20, 24]
      .map((o) => bytes.readUInt32LE(at + o))
      .concat([28, 30, 32].map((o) => bytes.readUInt16LE(at + o))) as [number, number, number, number, number];
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = inflateRawSync(bytes.subarray(start, start + size));
    expect(content.length).toBe(full);
    files.set(bytes.toString("utf8", at + 46, at + 46 + name), content);
    at += 46 + name + extra + comment;
  }
  return files;
}

describe("the vsix", () => {
  let folder: string;
  let built: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), "mmfc-vsix-"));
    built = await packExtension(path.join(folder, "first"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is named by the version and the same bytes twice", async () => {
    const { version } = JSON.parse(readFileSync(path.join(extension, "../../package.json"), "utf8"));
    expect(path.basename(built)).toBe(`mmfc-${version}.vsix`);
    const again = await packExtension(path.join(folder, "second"));
    expect(readFileSync(again).equals(readFileSync(built))).toBe(true);
  });

  it("holds every file that its manifests name, as it is in the tree", () => {
    const files = unzip(readFileSync(built));
    const manifest = files.get("extension.vsixmanifest")?.toString("utf8") ?? "";
    const named = [...manifest.matchAll(/Path="([^"]+)"/g)].map((m) => m[1] as string);
    expect(named).toContain("extension/package.json");
    expect(named).toContain("extension/icons/icon.png");
    for (const file of [...named, ...filesNamed().map((f) => `extension/${f}`)])
      expect(files.has(file), file).toBe(true);
    expect(manifest).toMatch(/<Identity Language="en-US" Id="mmfc" Version="[\d.]+" Publisher="mmfc" \/>/);
    expect(manifest).toContain('Id="Microsoft.VisualStudio.Code.Engine" Value="^1.');
    expect(files.get("extension/package.json")?.toString("utf8")).toBe(read("package.json"));
    const types = files.get("[Content_Types].xml")?.toString("utf8") ?? "";
    for (const file of files.keys())
      if (file !== "[Content_Types].xml") expect(types).toContain(`Extension="${path.extname(file)}"`);
  });

  it("passes the test of another zip reader", ({ skip }) => {
    try {
      execFileSync("python3", ["--version"], { stdio: "ignore" });
    } catch {
      skip("no python3 here");
    }
    expect(execFileSync("python3", ["-m", "zipfile", "-t", built], { encoding: "utf8" })).toContain("Done testing");
  });
});

describe("the extension", () => {
  it("names only files that exist, and runs no code", () => {
    const manifest = json("package.json");
    for (const file of filesNamed()) expect(existsSync(path.join(extension, file)), file).toBe(true);
    expect(manifest).not.toHaveProperty("main");
    expect(manifest).not.toHaveProperty("activationEvents");
    expect(manifest.version).toBe(JSON.parse(readFileSync(path.join(extension, "../../package.json"), "utf8")).version);
  });

  it("has the grammar that the registry gives now", () => {
    expect(json("syntaxes/mmf.tmLanguage.json")).toEqual(JSON.parse(JSON.stringify(textmateGrammar())));
  });

  it("has an icon large enough for a list of extensions", async () => {
    const { width, height, format } = await sharp(path.join(extension, "icons/icon.png")).metadata();
    expect({ width, height, format }).toEqual({ width: 256, height: 256, format: "png" });
  });

  it("takes a name in any script as one word, and a number with its unit", () => {
    const { pattern, flags } = json("language-configuration.json").wordPattern;
    const words = (text: string): string[] => text.match(new RegExp(pattern, `g${flags}`)) ?? [];
    expect(words("encoder 文本_2 = é -> lstm(10_000, 70%, 1e-3)")).toEqual([
      "encoder",
      "文本_2",
      "é",
      "lstm",
      "10_000",
      "70%",
      "1e-3",
    ]);
  });

  it("indents behind what opens a bracket, and not behind what closes it or speaks of it", () => {
    const { indentationRules } = json("language-configuration.json");
    const opens = new RegExp(indentationRules.increaseIndentPattern);
    for (const line of [
      "model M {",
      "  data {   // rows",
      '  source: query("a", [',
      "fusion f: early = sequence(",
      "let a = f(1/255, {",
    ])
      expect(opens.test(line), line).toBe(true);
    for (const line of [
      "}",
      "data { id: 1 }",
      "// model {",
      '  file: "{chart',
      '  file: "{a}.png",',
      "  a: 1 // see {",
    ])
      expect(opens.test(line), line).toBe(false);
  });
});

describe("snippets", () => {
  const snippets: Record<string, { prefix: string; description: string; body: string | string[] }> =
    json("snippets/mmf.json");

  /** What a snippet inserts when every place is left as it is. */
  function inserted(body: string | string[]): string {
    let text = Array.isArray(body) ? body.join("\n") : body;
    text = text.replace(/\$\{\d+\|([^|,]*)[^|]*\|\}/g, "$1");
    for (let before = ""; before !== text; ) {
      before = text;
      text = text.replace(/\$\{\d+:((?:[^{}$\\]|\\.|\{(?!\d))*?)\}/g, (_, inner: string) =>
        inner.replace(/\\(.)/g, "$1"),
      );
    }
    return text.replace(/\$\d+/g, "");
  }

  const inside = (prefix: string, text: string): string => {
    if (/^(?:model|block|compare|modelfrom)$/.test(prefix)) return text;
    return prefix.startsWith("split") ? `model M { data { ${text} } }` : `model M {\n${text}\n}`;
  };

  it.each(Object.entries(snippets))("%s is a sentence of the language", (_, { prefix, description, body }) => {
    const text = inserted(body);
    expect(text).not.toMatch(/\$\{|\\/);
    expect(description).not.toMatch(/\.$/);
    const source = prefix === "ignore" ? `${text}\nmodel M {}` : inside(prefix, text);
    expect(syntaxOf(source), source).toEqual([]);
  });

  it("of a whole model gives one without errors or warnings", async () => {
    const model = snippets.Model as { body: string[] };
    expect(await checked(inserted(model.body))).toEqual([]);
  });

  it("fit together: each modality, encoder, fusion, target and section of a model", async () => {
    const of = (...names: string[]): string =>
      names.map((n) => inserted((snippets[n] as { body: string }).body)).join("\n");
    const parts = [
      of("Data", "Text", "Image", "Audio", "Table", "Binary target"),
      of("Encoder of text", "Encoder of pictures", "Encoder of sound", "Encoder of a table"),
      "fusion joint: mid = concatenate(words, vision, voice, ratios)",
      of("Head", "Train", "Evaluate"),
    ];
    expect(await checked(`model M {\n${parts.join("\n")}\n}`)).toEqual([]);
    expect(
      await checked(
        `model M {\n${of("Data", "Text", "Image", "Binary target", "Early fusion")}\nhead o: label = together\n}`,
      ),
    ).toEqual([]);
    expect(
      await checked(
        `model M {\n${of("Data", "Text", "Image", "Binary target", "Encoder of text", "Encoder of pictures", "Late fusion")}\n}`,
      ),
    ).toEqual([]);
  });
});

function syntaxOf(text: string): string[] {
  return parse({ path: "a.mmf", text }).diagnostics.map((d) => `${d.code}: ${d.message}`);
}

/** What `mmfc check --no-data` says. */
async function checked(text: string): Promise<string[]> {
  const { diagnostics } = await compileText(text, { path: "a.mmf" });
  return diagnostics.map((d) => `${d.code}: ${d.message}`);
}
