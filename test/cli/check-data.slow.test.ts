/** The table as part of `mmfc check`, as the real binary: what is said, how fast, where only once, and in which forms. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schemaMistakes } from "../diagnostics/sarif-schema.ts";
import { run } from "./run.ts";
import { type Tickets, tickets, ticketsSpec } from "./tickets.ts";

const good = tickets();
const cwd = good.folder;
const others: Tickets[] = [];
afterAll(() => {
  good.remove();
  for (const one of others) one.remove();
});

/** A table of its own, for a test that breaks files. */
function own(rows?: number): Tickets {
  const made = tickets(rows);
  others.push(made);
  return made;
}

const withSpec = (at: Tickets, name: string, from: string, to: string): void =>
  writeFileSync(path.join(at.folder, name), ticketsSpec.replace(from, to));

describe("the last lines", () => {
  it("say what fits, and what is absent", async () => {
    const clean = await run(["check"], { cwd });
    expect(clean).toEqual({
      code: 0,
      stderr: "",
      stdout: "tickets.mmf: 1 model, no mistakes\ntickets.csv: 300 rows and 600 files fit\n",
    });
    const some = own();
    for (let i = 1; i <= 27; i++) some.rows[i]![2] = "";
    some.write();
    withSpec(some, "tickets.mmf", "call: audio {", "call: audio? {");
    expect((await run(["check"], { cwd: some.folder })).stdout).toBe(
      "tickets.mmf: 1 model, no mistakes\n" +
        "tickets.csv: 300 rows and 573 files fit; call is absent in 27 rows (9 %)\n",
    );
    expect((await run(["check", "-q"], { cwd: some.folder })).stdout).toBe("");
    expect((await run(["check", "--no-data"], { cwd: some.folder })).stdout).toBe(
      "tickets.mmf: 1 model, no mistakes\n",
    );
  });

  it("count rows, and what was read", async () => {
    const bad = own(60);
    rmSync(path.join(bad.folder, "media/p4.png"));
    rmSync(path.join(bad.folder, "media/p9.png"));
    truncateSync(path.join(bad.folder, "media/c9.wav"), 44);
    const { code, stdout, stderr } = await run(["check"], { cwd: bad.folder });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(
      /\n2 errors in tickets\.mmf, in 2 rows of tickets\.csv \(60 rows and 1\d\d files read in [\d.]+ m?s\)\n$/,
    );
  });
});

/** What a user does wrong, and what has to be said of it. */
const mistakes: { name: string; spoil(at: Tickets): void; says: RegExp }[] = [
  {
    name: "a misspelt learning rate",
    spoil: (at) => withSpec(at, "tickets.mmf", "adam(1e-3)", "adam(learning_rat: 1e-3)"),
    says: /tickets\.mmf:13:\d+ error unknown-parameter\n[\s\S]*`adam` has no `learning_rat`\.\n {2}help: write `learning_rate` \[fixable\]/,
  },
  {
    name: "a picture that is not there",
    spoil: (at) => rmSync(path.join(at.folder, "media/p16.png")),
    says: /tickets\.mmf:4:\d+ error file-missing\n[\s\S]*1 of 300 rows names a picture that is not there:\n {4}row 17 \(t16\) +media\/p16\.png/,
  },
  {
    name: "a corrupt recording",
    spoil: (at) =>
      writeFileSync(
        path.join(at.folder, "media/c5.wav"),
        readFileSync(path.join(at.folder, "media/c5.wav")).fill(7, 0, 40),
      ),
    says: /tickets\.mmf:5:\d+ error file-unreadable\n[\s\S]*1 file is not readable as sound:\n {4}row 6 \(t5\) +media\/c5\.wav/,
  },
  {
    name: "the label among the inputs",
    spoil: (at) => withSpec(at, "tickets.mmf", 'categorical: ["plan"]', 'categorical: ["plan", "left"]'),
    says: /tickets\.mmf:6:\d+ error target-leak\n[\s\S]*Column "left" is the target `left` and an input of `sheet`\.\n {2}help: remove it from `categorical` \[fixable\]/,
  },
  {
    name: "a tenth of the recordings missing",
    spoil: (at) => {
      for (let i = 0; i < 30; i++) rmSync(path.join(at.folder, `media/c${i * 10}.wav`));
    },
    says: /error file-missing\n[\s\S]*30 of 300 rows name (?:a sound|sound|a recording) that is not there:\n(?: {4}row .*\n){10} {4}and 20 more\n {2}help: add the files, or write `audio\?`/,
  },
  {
    name: "a shape that does not fit",
    spoil: (at) => withSpec(at, "tickets.mmf", "concatenate(seen, heard, facts)", "add(seen, heard, sheet)"),
    says: /tickets\.mmf:11:\d+ error fusion-shape-mismatch\n[\s\S]*`add` needs equal shapes: `seen` is 8 wide/,
  },
  {
    name: "a misspelt column",
    spoil: (at) => withSpec(at, "tickets.mmf", '"visits"', '"visit"'),
    says: /tickets\.mmf:6:\d+ error column-missing\n[\s\S]*tickets\.csv has no column "visit"\.\n {2}help: write "visits" \[fixable\]/,
  },
  {
    name: "an op that there is not",
    spoil: (at) => withSpec(at, "tickets.mmf", "conv1d(4", "conv1(4"),
    says: /tickets\.mmf:9:\d+ error unknown-op\n[\s\S]*`conv1` is neither an op nor a block\./,
  },
];

/** Loaded before mmfc: says on stderr how many microseconds of processor the process took, all of its threads together. */
const meter = `data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();process.stderr.write("cpu "+(user+system))})`;

describe("the eight mistakes", () => {
  it.each(mistakes)("$name", async ({ name, spoil, says }) => {
    const at = own();
    spoil(at);
    const walls: number[] = [];
    const processors: number[] = [];
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      const { code, stdout, stderr } = await run(["check", "tickets.mmf"], {
        cwd: at.folder,
        node: ["--import", meter],
      });
      walls.push((performance.now() - start) / 1000);
      processors.push(Number(/cpu (\d+)/.exec(stderr)?.[1]) / 1e6);
      expect(code).toBe(1);
      expect(stdout).toMatch(says);
      expect(stdout.match(/^\S+:\d+ error /gm)).toHaveLength(1);
    }
    const [wall, processor] = [Math.min(...walls), Math.min(...processors)];
    console.info(`${name}: ${(wall * 1000).toFixed(0)} ms, ${(processor * 1000).toFixed(0)} ms of processor`);
    // Other work on the machine makes it wait, and does not give it more to do.
    expect(Math.min(wall, processor)).toBeLessThan(1);
  });
});

/** A table with a trouble of every kind that a table can have. */
function troubles(): Tickets {
  const at = own(120);
  const cell = (row: number, column: number, text: string): void => {
    at.rows[row]![column] = text;
  };
  rmSync(path.join(at.folder, "media/p1.png"));
  truncateSync(path.join(at.folder, "media/p2.png"), 60);
  truncateSync(path.join(at.folder, "media/c3.wav"), 44);
  writeFileSync(path.join(at.folder, "media/c4.wav"), "");
  cell(6, 1, "../tickets.mmf");
  cell(7, 2, "");
  cell(8, 3, "n/a");
  cell(9, 4, "");
  cell(10, 6, "perhaps");
  cell(11, 0, "t3");
  at.write();
  return at;
}

describe("messages about data", () => {
  const at = troubles();
  let json: Report;
  beforeAll(async () => {
    json = JSON.parse((await run(["check", "--json"], { cwd: at.folder })).stdout) as Report;
  });

  it("are all in one answer, each with its rows", () => {
    const codes = json.diagnostics.map((d) => d.code);
    expect(codes).toEqual(
      expect.arrayContaining([
        "file-missing",
        "file-unreadable",
        "file-outside",
        "empty-cell",
        "cell-kind",
        "not-binary",
        "duplicate-id",
      ]),
    );
    const missing = json.diagnostics.find((d) => d.code === "file-missing");
    expect(missing).toMatchObject({
      file: "tickets.mmf",
      fixable: false,
      rows: [{ table: "tickets.csv", row: 2, id: "t1", path: "media/p1.png" }],
    });
    expect(json.diagnostics.find((d) => d.code === "cell-kind")?.rows).toEqual([
      { table: "tickets.csv", row: 8, id: "t7", value: "n/a" },
    ]);
    expect(json.errors).toBe(json.diagnostics.filter((d) => d.severity === "error").length);
  });

  it("are those that train refuses with", async () => {
    const train = await run(["train", "--json"], { cwd: at.folder });
    expect(train.code).toBe(1);
    const refused = JSON.parse(train.stdout) as Report;
    const errors = (report: Report): string[] =>
      report.diagnostics.filter((d) => d.severity === "error").map((d) => JSON.stringify(d));
    expect(errors(refused)).toEqual(errors(json));
    const pretty = await run(["train"], { cwd: at.folder });
    expect(pretty).toMatchObject({ code: 1, stdout: "" });
    expect(pretty.stderr).toMatch(new RegExp(`\\nNothing was trained: ${json.errors} errors in tickets\\.mmf\\.\\n$`));
    const checked = (await run(["check"], { cwd: at.folder })).stdout;
    for (const { message } of json.diagnostics.filter((d) => d.severity === "error")) {
      const text = message.replace(/\.$/, "").slice(0, 60);
      expect(checked).toContain(text);
      expect(pretty.stderr).toContain(text);
    }
  });

  it("are those of train, too, where a column is not there", async () => {
    const column = own(60);
    withSpec(column, "tickets.mmf", '"visits"', '"number_of_calls"');
    rmSync(path.join(column.folder, "media/p1.png"));
    const check = JSON.parse((await run(["check", "--json"], { cwd: column.folder })).stdout) as Report;
    const train = JSON.parse((await run(["train", "--json"], { cwd: column.folder })).stdout) as Report;
    expect(check.diagnostics.map((d) => d.code).sort()).toEqual(["column-missing", "file-missing"]);
    expect(train.diagnostics).toEqual(check.diagnostics);
  });

  it("are in every form", async () => {
    const said = async (format: string): Promise<string> =>
      (await run(["check", "--format", format], { cwd: at.folder })).stdout;
    expect(await said("line")).toMatch(
      /^tickets\.mmf:4:\d+: error: 1 of 120 rows names a picture that is not there\. \(row 2 \(t1\) media\/p1\.png\) help: .* \[file-missing\]$/m,
    );
    expect(await said("github")).toMatch(
      /^::error file=tickets\.mmf,line=4,col=\d+,endLine=4,endColumn=\d+,title=file-missing::1 of 120 rows names a picture that is not there\.%0Arow 2 \(t1\) media\/p1\.png%0Ahelp: /m,
    );
    const sarif = JSON.parse(await said("sarif")) as { runs: { results: { ruleId: string; properties?: object }[] }[] };
    expect(schemaMistakes(sarif)).toEqual([]);
    expect(sarif.runs[0]?.results.find((result) => result.ruleId === "file-missing")?.properties).toEqual({
      rows: [{ table: "tickets.csv", row: 2, id: "t1", path: "media/p1.png" }],
      rowCount: 1,
    });
  });

  it("have ten rows for people and all of them for programs", async () => {
    const many = own(120);
    for (let i = 0; i < 27; i++) rmSync(path.join(many.folder, `media/p${i}.png`));
    const pretty = await run(["check"], { cwd: many.folder });
    expect(pretty.stdout.match(/^ {4}row /gm)).toHaveLength(10);
    expect(pretty.stdout).toContain("\n    and 17 more\n");
    expect(pretty.stdout).toContain(", in 27 rows of tickets.csv (120 rows and ");
    const report = JSON.parse((await run(["check", "--json"], { cwd: many.folder })).stdout) as Report;
    expect(report.diagnostics[0]?.rows).toHaveLength(27);
  });
});

describe("several models and specs", () => {
  it("say once what they share", async () => {
    const at = own(60);
    rmSync(path.join(at.folder, "media/p1.png"));
    const spec = path.join(at.folder, "tickets.mmf");
    writeFileSync(
      spec,
      `${readFileSync(spec, "utf8")}\nmodel Longer from Tickets {\n  train { epochs: 3 }\n}\n\nmodel Wide from Tickets {\n  modality photo: image { file: "{photo}", size: 8x8, channels: 1, rescale: 1/255 }\n}\n`,
    );
    const { diagnostics } = JSON.parse((await run(["check", "--json"], { cwd: at.folder })).stdout) as Report;
    // `Wide` has a modality of its own: the same picture, at another place of the spec.
    expect(diagnostics.map((d) => [d.code, d.start.line])).toEqual([
      ["file-missing", 4],
      ["file-missing", 21],
    ]);
  });

  it("are read one by one, each table once", async () => {
    const at = own(60);
    writeFileSync(path.join(at.folder, "other.mmf"), ticketsSpec.replace("model Tickets", "model Other"));
    const { stdout } = await run(["check", "tickets.mmf", "./tickets.mmf", ".", "other.mmf"], { cwd: at.folder });
    expect(stdout).toBe(
      "tickets.mmf: 1 model, no mistakes\nother.mmf: 1 model, no mistakes\ntickets.csv: 60 rows and 120 files fit\n",
    );
  });
});

describe("a comment that ignores", () => {
  it("silences what the data show, and is told of when they show nothing", async () => {
    const at = own(60);
    const comment = "// mmfc-ignore id-as-category: they are few\n  ";
    withSpec(at, "tickets.mmf", "modality sheet", `${comment}modality sheet`);
    const idle = await run(["check"], { cwd: at.folder });
    expect(idle.code).toBe(0);
    expect(idle.stdout).toMatch(/^tickets\.mmf:6:\d+ warning ignore-comment\n/);
    // Who does not look cannot say so.
    expect((await run(["check", "--no-data"], { cwd: at.folder })).stdout).toBe("tickets.mmf: 1 model, no mistakes\n");
    for (const [i, row] of at.rows.entries()) if (i > 0) row[5] = `plan ${i}`;
    at.write();
    expect((await run(["check", "--strict"], { cwd: at.folder })).stdout).toMatch(
      /^tickets\.mmf: 1 model, no mistakes\n/,
    );
    writeFileSync(path.join(at.folder, "tickets.mmf"), ticketsSpec);
    expect((await run(["check", "--strict"], { cwd: at.folder })).stdout).toMatch(/warning id-as-category/);
  });
});

describe("--fix", () => {
  it("puts right what the table shows to be a slip, and goes on to the rest", async () => {
    const at = own(60);
    rmSync(path.join(at.folder, "media/p1.png"));
    withSpec(at, "tickets.mmf", 'numeric: ["age", "visits"]', 'numeric: ["ages", "visits"]');
    const { code, stdout } = await run(["check", "--fix"], { cwd: at.folder });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^tickets\.mmf: fixed line 6 \(column-missing\); 1 error is left, line 4$/m);
    expect(readFileSync(path.join(at.folder, "tickets.mmf"), "utf8")).toBe(ticketsSpec);
  });

  it("puts right a folder of media, which only the look at the data misses", async () => {
    const at = own(60);
    withSpec(at, "tickets.mmf", 'media: "media"', 'media: "./medias"');
    const plain = await run(["check"], { cwd: at.folder });
    expect(plain.stdout).toMatch(/^tickets\.mmf:3:\d+ error source-missing\n/);
    withSpec(at, "tickets.mmf", 'media: "media"', 'media: ["medias"]');
    const { code, stdout } = await run(["check", "--fix"], { cwd: at.folder });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        "tickets.mmf: fixed line 3 (source-missing); no mistakes are left\ntickets.csv: 60 rows and 120 files fit\n",
    });
    expect(readFileSync(path.join(at.folder, "tickets.mmf"), "utf8")).toBe(
      ticketsSpec.replace('media: "media"', 'media: ["media"]'),
    );
  });
});

interface Report {
  readonly diagnostics: readonly {
    readonly code: string;
    readonly severity: string;
    readonly message: string;
    readonly start: { readonly line: number };
    readonly rows?: readonly object[];
  }[];
  readonly errors: number;
}
