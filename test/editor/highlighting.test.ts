/** The grammar in VS Code's engine: marked places, every word of the registry, every spec. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Entry, Role } from "../../compiler/registry/define.ts";
import { allEntries, definitionProperties, sections } from "../../compiler/registry/index.ts";
import { CONTEXT_WORDS, STATEMENT_WORDS, UNITS } from "../../grammar/words.ts";
import { allSpecs, type Spec } from "../grammar/specs.ts";
import { extension, loadGrammar, scopeOf, type Tokenized } from "./tokenize.ts";

let tokenize: (text: string) => Tokenized;
beforeAll(async () => {
  tokenize = await loadGrammar();
}, 60_000);

interface Mark {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly scope: string;
  readonly not: boolean;
  readonly place: string;
}

/** The notation that scopes.txt explains in its first lines. */
function readMarked(text: string): { spec: string; marks: Mark[] } {
  const spec: string[] = [];
  const marks: Mark[] = [];
  text.split("\n").forEach((line, i) => {
    if (line.startsWith(">")) spec.push(line.slice(2));
    const caret = /^( *)(\^+) (!?)(\S+)$/.exec(line);
    if (caret === null) {
      if (!/^(?:>|#|$)/.test(line)) throw new Error(`scopes.txt:${i + 1}: neither spec nor carets: ${line}`);
      return;
    }
    // columns are UTF-16, as the engine counts; a wide letter is one
    const [, indent = "", carets = "", not, scope = ""] = caret;
    const from = indent.length - 2;
    marks.push({
      line: spec.length - 1,
      from,
      to: from + carets.length,
      scope,
      not: not === "!",
      place: `scopes.txt:${i + 1}`,
    });
  });
  return { spec: spec.join("\n"), marks };
}

describe("marked places", () => {
  it("have the scopes that scopes.txt gives", () => {
    const { spec, marks } = readMarked(readFileSync(path.join(import.meta.dirname, "scopes.txt"), "utf8"));
    expect(marks.length).toBeGreaterThan(100);
    const { lines, open } = tokenize(spec);
    const wrong: string[] = [];
    for (const { line, from, to, scope, not, place } of marks) {
      const tokens = (lines[line] ?? []).filter((t) => t.end > from && t.start < to && t.text.trim() !== "");
      if (tokens.length === 0) wrong.push(`${place}: nothing stands there`);
      for (const token of tokens) {
        const has = token.scopes.some((s) => s === scope || s.startsWith(`${scope}.`));
        if (has === not) wrong.push(`${place}: \`${token.text}\` is ${token.scopes.join(" ") || "plain"}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(open).toBe(0);
  });
});

/** A line in which a word of a role stands in its place, and the scope that it has there. */
function placeOf(role: Role, word: string): [line: string, scope: string] {
  const taker = (parameter: string, list = false): string =>
    `model M { train { ${parameter}: ${list ? `[other, ${word}]` : word} } }`;
  switch (role) {
    case "modality":
    case "target":
      return [`model M { ${role} name: ${word} {} }`, `support.type.${role}`];
    case "fusion":
    case "late":
      return [
        `model M { fusion name: ${role === "late" ? "late" : "mid"} = ${word}(a, b) }`,
        "support.function.fusion",
      ];
    case "metric":
      return [taker("metrics", true), "support.function.metric"];
    case "augment":
      return [taker("augment", true), "support.function.augment"];
    case "baseline":
      return [taker("baselines", true), "support.function.baseline"];
    case "sound":
      return [taker("features"), "support.function.sound"];
    case "loss":
    case "optimizer":
    case "schedule":
    case "split":
    case "source":
    case "stop":
    case "clip":
      return [taker(role), `support.function.${role}`];
    default:
      return [`model M { encoder name = input -> ${word}(2) }`, `support.function.${role}`];
  }
}

describe("every word", () => {
  it("of the registry has its scope in its place, with and without arguments", () => {
    const wrong: string[] = [];
    const entries = allEntries();
    expect(entries.length).toBeGreaterThan(150);
    for (const { role, name } of entries) {
      const [line, scope] = placeOf(role, name);
      for (const text of [line, line.replace(`${name}(2)`, name)]) {
        const found = scopeOf(tokenize(text), name, line === text ? name : text);
        if (found !== `${scope}.mmf`) wrong.push(`${role} ${name}: ${found} in ${text}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it("that names a parameter is one, in sections, properties and arguments", () => {
    const all: Entry[] = [...allEntries(), ...Object.values(sections), ...Object.values(definitionProperties)];
    const names = new Set(all.flatMap((entry) => Object.keys(entry.params)));
    for (const name of names)
      for (const text of [`model M { train { ${name}: 1 } }`, `model M { encoder a = b -> dense(${name}: 1) }`])
        expect(scopeOf(tokenize(text), name, text), text).toBe("variable.parameter.mmf");
  }, 60_000);

  it("that begins a statement is a keyword there, and a name before a colon", () => {
    for (const { word, form } of STATEMENT_WORDS) {
      const text = form === "section" ? `${word} {}` : form === "use" ? `use "a"` : `${word} name`;
      expect(scopeOf(tokenize(`${text}\n`), word, text), text).toMatch(/^(?:keyword|storage)\./);
      for (const key of [`train { ${word}: 1 }`, `train { a: f(${word} : 1) }`])
        expect(scopeOf(tokenize(`model M { ${key} }`), word, key), key).toMatch(/^variable\.parameter/);
      // a longer name that begins like it is a name
      const longer = `${word}_x`;
      expect(scopeOf(tokenize(`model M { encoder a = ${longer} -> flatten }`), longer, longer)).toBe(
        "variable.other.readwrite.mmf",
      );
    }
  });

  it("with a meaning in one place only is an ordinary name elsewhere", () => {
    for (const { word } of CONTEXT_WORDS) {
      const text = `model M { modality ${word}: text {} }`;
      expect(scopeOf(tokenize(text), word, text)).toBe("entity.name.variable.modality.mmf");
      expect(scopeOf(tokenize(`model M { encoder e = ${word} -> flatten }`), word, word)).toBe(
        "variable.other.readwrite.mmf",
      );
    }
  });

  it("that is a unit is one behind a number", () => {
    for (const { unit } of UNITS) {
      const text = `model M { train { seed: 12${unit} } }`;
      expect(scopeOf(tokenize(text), unit, text), text).toBe("keyword.other.unit.mmf");
    }
  });
});

/** The gallery, besides the specs that the grammar's tests read. */
function gallery(folder = path.join(import.meta.dirname, "../../specs")): Spec[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".mmf"))
    .map((file) => ({ path: file, text: readFileSync(path.join(folder, file), "utf8") }));
}

describe("every spec", () => {
  const specs = [...allSpecs(), ...gallery()];
  it.each(specs.map((s) => [s.path, s.text]))("%s: nothing is plain, illegal or left open", (_, text) => {
    const { lines, open } = tokenize(text);
    expect(open).toBe(0);
    const odd = lines.flatMap((tokens, i) =>
      tokens
        .filter((t) => t.text.trim() !== "")
        .filter((t) => t.scopes.every((s) => s.startsWith("meta.")) || t.scopes.some((s) => s.startsWith("invalid.")))
        .map((t) => `${i + 1}: ${t.text}`),
    );
    expect(odd).toEqual([]);
  });

  it("puts a keyword at the beginning of each statement, and nowhere else", () => {
    for (const { path: file, text } of specs) {
      const lines = text.split("\n");
      const { lines: tokens } = tokenize(text);
      tokens.forEach((line, i) => {
        const first = line.find((t) => t.text.trim() !== "");
        const word =
          /^\s*(use|model|data|let|modality|target|encoder|fusion|head|train|evaluate|compare|budget)\s+["{\p{L}]/u.exec(
            lines[i] ?? "",
          )?.[1];
        if (word === undefined || first?.scopes.some((s) => /^(?:string|comment)/.test(s))) return;
        expect(first?.scopes.at(-1), `${file}:${i + 1}`).toMatch(/^keyword\./);
      });
    }
  });
});

describe("a Markdown fence", () => {
  it("is tokenised as mmf, and ends", async () => {
    const markdown = await loadGrammar("markdown.mmf.codeblock");
    const text = "```mmf\nencoder a = report -> lstm(128, [1\n```\nmodel M is prose\n";
    const { lines, open } = markdown(text);
    expect(open).toBe(0);
    expect(scopeOf({ lines, open }, "lstm")).toBe("support.function.recurrent.mmf");
    expect(lines[3]?.every((t) => t.scopes.length === 0)).toBe(true);
    expect(readFileSync(path.join(extension, "package.json"), "utf8")).toContain("meta.embedded.block.mmf");
  });
});
