/** The catalogue as a whole: its sentences, its voice, its pages. */
import { expect, test } from "vitest";
import { codes, entry, families, isCode, report } from "../../diagnostics/catalogue.ts";
import { explain, pages } from "../../diagnostics/explain.ts";
import { sentences } from "./sentences.ts";

const nowhere = { file: "", start: 0, end: 0 };
const said = sentences.map((s) => ({ ...s, diagnostic: report(s.code, nowhere, s.facts as never) }));

/** Words that blame, apologise or order. */
const banned = /\b(invalid|illegal|failed|please|sorry|must|we|you|your|I)\b/i;

test("the families hold 125 codes or so, each once", () => {
  const all = Object.values(families).flatMap((family) => Object.keys(family));
  expect(new Set(all).size).toBe(all.length);
  expect(all).toEqual([...codes]);
  expect(codes.length).toBeGreaterThanOrEqual(120);
});

test("codes are words joined by hyphens", () => {
  for (const code of codes) expect(code).toMatch(/^[a-z]+(-[a-z]+)+$/);
});

test("every code has a sentence in the test", () => {
  expect(codes.filter((code) => !sentences.some((s) => s.code === code))).toEqual([]);
});

test.each(said)("$code: $message", ({ diagnostic, message, help }) => {
  expect(diagnostic.message).toBe(message);
  expect(diagnostic.help).toBe(help);
});

test("the voice: a full stop, nobody blamed, one or two sentences", () => {
  for (const { code, diagnostic } of said) {
    const { message, help = "" } = diagnostic;
    const plain = message.replace(/`[^`]*`|"[^"]*"/g, "x");
    expect(message, code).toMatch(/\.$/);
    expect(plain + help, code).not.toContain("!");
    expect(plain, code).not.toMatch(banned);
    expect(help, code).not.toMatch(banned);
    expect(help, code).not.toMatch(/\.$/);
    expect(message, code).not.toMatch(/undefined|null|\[object/);
    expect(help, code).not.toMatch(/undefined|null|\[object/);
  }
});

test("severity follows the facts", () => {
  const of = (code: string, message: string) =>
    said.find((s) => s.code === code && s.message.startsWith(message))?.diagnostic.severity;
  expect(of("shares-sum", "The parts add up to 110")).toBe("error");
  expect(of("shares-sum", "The parts add up to 95")).toBe("warning");
  expect(of("source-missing", "call.csv")).toBe("note");
  expect(of("source-missing", '"my media/"')).toBe("error");
  expect(of("target-copy", '"status"')).toBe("warning");
  expect(of("target-copy", "Whether")).toBe("warning");
  expect(of("target-copy", '"says"')).toBe("error");
  expect(of("rows-on-both-sides", "1 row")).toBe("warning");
  expect(of("rows-on-both-sides", "The run")).toBe("warning");
  expect(of("engine-slow", "Training runs on wasm")).toBe("warning");
  expect(of("engine-slow", "Training runs on the CPU")).toBe("note");
});

test("an unused value is greyed", () => {
  expect(report("unused-value", nowhere, { name: "a", kind: "an encoder" }).tags).toEqual(["unused"]);
});

test("extras replace or drop the help", () => {
  expect(report("arrow-form", nowhere, {}, { help: "use it" }).help).toBe("use it");
  expect(report("extra-bracket", nowhere, { text: "}" }, { help: null }).help).toBeUndefined();
});

/** Never called: the compiler is what checks it. */
function wrongFacts(): void {
  // @ts-expect-error `word` is missing
  report("unknown-parameter", nowhere, { text: "a", near: { kind: "none", legal: [] } });
  // @ts-expect-error no such code
  report("no-such-code", nowhere, {});
  // @ts-expect-error it speaks of nothing
  report("arrow-form", nowhere, { text: "a" });
}

test("wrong facts do not compile", () => {
  expect(wrongFacts).toBeTypeOf("function");
});

test("every code has a page: two or three plain sentences, a wrong and a right example", () => {
  for (const code of codes) {
    const page = pages[code];
    expect(page.doc, code).toMatch(/\.$/);
    expect(page.doc.length, code).toBeGreaterThan(20);
    expect(page.doc, code).not.toContain("!");
    expect(page.doc, code).not.toMatch(/\b(invalid|illegal|failed|please|sorry|must)\b/i);
    expect(page.bad, code).not.toEqual(page.good);
    if (entry(code).needs !== undefined) expect(typeof page.bad, code).toBe("object");
    if (typeof page.bad === "string") expect(page.bad, code).toMatch(/^model Calls \{\n[\s\S]*\n\}\n/);
  }
});

test("at least 40 codes have a wrong spec", () => {
  expect(codes.filter((code) => typeof pages[code].bad === "string").length).toBeGreaterThanOrEqual(40);
});

test("explain shows what differs", () => {
  const page = explain("target-leak");
  expect(page).toMatchObject({ family: "leaks", severity: "error", fixable: true });
  const target = 'target fell: binary { column: "fell" }';
  expect(page?.wrong).toEqual(['modality sheet: tabular { numeric: ["roa", "fell"] }', target]);
  expect(page?.right).toEqual(['modality sheet: tabular { numeric: ["roa"] }', target]);
  expect(explain("gated")).toBeUndefined();
  expect(isCode("toString")).toBe(false);
});
