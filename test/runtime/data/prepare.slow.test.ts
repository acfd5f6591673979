import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { DataPlan } from "../../../plan/plan.ts";
import type { Batch } from "../../../runtime/data/batch.ts";
import { clearCache, listCache } from "../../../runtime/data/cache.ts";
import { openDatabase } from "../../../runtime/data/duckdb.ts";
import { npyHeader } from "../../../runtime/data/npy.ts";
import { createStore, createStoreFile, openStore } from "../../../runtime/data/store.ts";
import { audio, firms, firmsPlan, folder, image, picture, prepared, tabular, tar, text } from "./made.ts";

async function all(
  part: { batches(options: { batchSize: number }): AsyncIterable<Batch> } | undefined,
  options = {},
): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of part!.batches({ batchSize: 8, ...options })) batches.push(batch);
  return batches;
}

describe("from a table to batches", () => {
  it("prepares text, pictures, sound and numbers, fitted on training rows", async () => {
    const base = await firms();
    const done = await prepared(firmsPlan, base);
    expect([done.parts.train!.rows, done.parts.validation!.rows, done.parts.test!.rows]).toEqual([24, 8, 8]);
    expect(done.files).toBe(80);
    const [batch] = await all(done.parts.train);
    expect(batch!.inputs.text!.shape).toEqual([8, 5]);
    // By frequency, ties by first appearance: profit 2, again 3, rose 4, fell 5; row r2 rises.
    expect([...batch!.inputs.text!.data.slice(0, 5)]).toEqual([2, 4, 3, 0, 0]);
    expect(batch!.inputs.chart!.shape).toEqual([8, 4, 4, 1]);
    expect(batch!.inputs.chart!.data[0]).toBeCloseTo(12 / 255, 6);
    expect(batch!.inputs.call!.shape).toEqual([8, 32, 16]);
    const mask = batch!.inputs["call.mask"]!;
    expect(mask.shape).toEqual([8, 32]);
    expect([...mask.data.slice(0, 32)].reduce((a, b) => a + b)).toBe(Math.floor(2100 / 128) + 1);
    // Numbers are standardised over the training rows.
    const whole = await all(done.parts.train);
    const sizes = whole.flatMap((one) => Array.from({ length: one.size }, (_, i) => one.inputs.sheet!.data[i * 5]!));
    expect(sizes.reduce((a, b) => a + b) / 24).toBeCloseTo(0, 5);
    expect(sizes.reduce((a, b) => a + b * b, 0) / 24).toBeCloseTo(1, 5);
    expect(done.fitted.targets.label!.classes).toEqual(["no", "yes"]);
    expect(done.parts.test!.ids.slice(0, 3)).toEqual(["r0", "r5", "r10"]);
    expect([...done.parts.test!.rowNumbers.slice(0, 3)]).toEqual([1, 6, 11]);
    expect([...done.parts.test!.target("label")!.data]).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
    await done.close();
  });

  it("finds its features again, equal, and says so", async () => {
    const base = await firms(10);
    const first = await prepared(firmsPlan, base);
    const before = await all(first.parts.train);
    await first.close();
    const cached: boolean[] = [];
    const second = await prepared(firmsPlan, base, { onProgress: (one) => cached.push(one.cached) });
    expect(cached).toEqual([true, true]);
    expect(await all(second.parts.train)).toEqual(before);
    await second.close();
    expect(readdirSync(path.join(base, ".cache/features")).every((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true);
    const entries = listCache(path.join(base, ".cache"));
    expect(entries.map((one) => one.items)).toEqual([10, 10]);
    expect(clearCache(1, path.join(base, ".cache")).entries).toBe(0);
    expect(clearCache(undefined, path.join(base, ".cache")).entries).toBe(2);
    // A changed picture is decoded anew.
    const third = await prepared(firmsPlan, base);
    await third.close();
    await picture(path.join(base, "media/2.png"), 255);
    const fourth = await prepared(firmsPlan, base);
    const [batch] = await all(fourth.parts.train);
    expect(batch!.inputs.chart!.data[0]).toBe(1);
    await fourth.close();
  });

  it("shuffles by seed and epoch, augments and hides by row, and leaves out what is not read", async () => {
    const base = await firms();
    const plan: DataPlan = {
      ...firmsPlan,
      modalities: {
        ...firmsPlan.modalities,
        chart: { ...image, file: "{chart}", optional: true, dropout: 0.5 },
        call: { ...audio, file: "{call}", optional: true, dropout: 0.9 },
      },
    };
    const done = await prepared(plan, base, { modalities: ["chart", "call"] });
    const rows = async (epoch: number): Promise<number[]> =>
      (await all(done.parts.train, { shuffle: { seed: 1, epoch } })).flatMap((one) => [...one.rows]);
    expect(await rows(0)).toEqual(await rows(0));
    expect(await rows(0)).not.toEqual(await rows(1));
    expect((await rows(0)).sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i));
    const batches = await all(done.parts.train, { augment: { seed: 1, epoch: 0 } });
    expect(Object.keys(batches[0]!.inputs).sort()).toEqual([
      "call",
      "call.mask",
      "call.present",
      "chart",
      "chart.present",
    ]);
    let hidden = 0;
    for (const one of batches) {
      for (let i = 0; i < one.size; i++) {
        const chart = one.inputs["chart.present"]!.data[i]!;
        const call = one.inputs["call.present"]!.data[i]!;
        expect(chart + call).toBeGreaterThan(0);
        hidden += 2 - chart - call;
        if (call === 0) {
          expect(one.inputs.call!.data.slice(i * 512, (i + 1) * 512).every((x) => x === 0)).toBe(true);
          expect(one.inputs["call.mask"]!.data.slice(i * 32, (i + 1) * 32).every((x) => x === 0)).toBe(true);
        }
      }
    }
    expect(hidden).toBeGreaterThan(12);
    const plain = await all(done.parts.train);
    expect(plain.every((one) => one.inputs["chart.present"]!.data.every((x) => x === 1))).toBe(true);
    expect(Object.keys((await all(done.parts.train, { without: ["call"] }))[0]!.inputs).sort()).toEqual([
      "chart",
      "chart.present",
    ]);
    await done.close();
  });

  it("gives the same batch of a row, whatever batch it is in", async () => {
    const base = await firms(20);
    const plan: DataPlan = {
      ...firmsPlan,
      modalities: {
        chart: { ...image, file: "{chart}", augment: [{ noise: { deviation: 0.1 } }] },
        call: {
          ...audio,
          file: "{call}",
          augment: [
            { noise: { ratio: { from: 10, to: 30 } } },
            { shift: { share: 0.1 } },
            { mask_time: { share: 0.2 } },
          ],
        },
      },
    };
    const done = await prepared(plan, base);
    const augment = { seed: 4, epoch: 2 };
    const straight = await all(done.parts.train, { batchSize: 100, augment });
    const shuffled = await all(done.parts.train, { batchSize: 3, augment, shuffle: { seed: 1, epoch: 1 } });
    for (const one of shuffled) {
      one.rows.forEach((row, i) => {
        expect(one.inputs.call!.data.slice(i * 512, (i + 1) * 512)).toEqual(
          straight[0]!.inputs.call!.data.slice(row * 512, (row + 1) * 512),
        );
        expect(one.inputs.chart!.data.slice(i * 16, (i + 1) * 16)).toEqual(
          straight[0]!.inputs.chart!.data.slice(row * 16, (row + 1) * 16),
        );
      });
    }
    await done.close();
  });

  it("prepares new rows with what was fitted, in table order, without labels", async () => {
    const base = await firms();
    const trained = await prepared(firmsPlan, base);
    writeFileSync(
      path.join(base, "new.csv"),
      "text,chart,call,size,debt,sector\nprofit doubled,3.png,3.wav,7,1,c\nprofit rose,2.png,2.wav,2,2,a\n",
    );
    const saved = JSON.parse(JSON.stringify(trained.fitted));
    const done = await prepared(firmsPlan, base, { source: "new.csv", fitted: saved });
    expect(Object.keys(done.parts)).toEqual(["data"]);
    expect(done.parts.data!.ids).toEqual(["1", "2"]);
    expect(done.parts.data!.target("label")).toBeUndefined();
    expect([...done.parts.data!.labelled("label")]).toEqual([0, 0]);
    const [batch] = await all(done.parts.data);
    expect(batch!.inputs.text!.data[1]).toBe(1); // doubled: unknown
    expect([...batch!.inputs.sheet!.data.slice(2, 5)]).toEqual([0, 0, 1]); // sector c: unseen
    const [known] = await all(trained.parts.train);
    const at = [...known!.rows].findIndex((row) => trained.parts.train!.ids[row] === "r2");
    expect([...batch!.inputs.call!.data.slice(512, 1024)]).toEqual([
      ...known!.inputs.call!.data.slice(at * 512, (at + 1) * 512),
    ]);
    expect(batch!.inputs.sheet!.data[5]).toBe(known!.inputs.sheet!.data[at * 5]);
    await trained.close();
    await done.close();
  });

  it("reads every table format to the same rows", async () => {
    const base = await firms(20);
    const csv = readFileSync(path.join(base, "firms.csv"), "utf8");
    const database = await openDatabase(base);
    await database.run(
      `COPY (SELECT * FROM read_csv('firms.csv', all_varchar=true)) TO '${path.join(base, "firms.parquet")}' (FORMAT parquet)`,
    );
    await database.run(
      `COPY (SELECT * FROM read_csv('firms.csv')) TO '${path.join(base, "typed.parquet")}' (FORMAT parquet)`,
    );
    await database.run(
      `COPY (SELECT * FROM read_csv('firms.csv', all_varchar=true)) TO '${path.join(base, "firms.jsonl")}' (FORMAT json)`,
    );
    database.close();
    writeFileSync(path.join(base, "firms.csv.gz"), gzipSync(csv));
    writeFileSync(
      path.join(base, "firms.tsv"),
      csv.replace(/"([^"]*)"|,/g, (whole, quoted) => (whole === "," ? "\t" : quoted)),
    );
    writeFileSync(
      path.join(base, "semicolons.csv"),
      csv.replace(/"([^"]*)"|,/g, (whole, quoted) => (whole === "," ? ";" : quoted)),
    );
    const [head, ...rows] = csv.trim().split("\n");
    writeFileSync(path.join(base, "one.csv"), [head, ...rows.slice(0, 15)].join("\n"));
    writeFileSync(path.join(base, "two.csv"), [head, ...rows.slice(15)].join("\r\n"));
    const results: unknown[] = [];
    const sources: DataPlan["source"][] = [
      "firms.csv",
      "firms.csv.gz",
      "firms.tsv",
      "semicolons.csv",
      "firms.jsonl",
      "firms.parquet",
      "typed.parquet",
      { query: "select * from 'firms.csv' order by size" },
      { files: { train: "one.csv", test: "two.csv" } },
    ];
    for (const source of sources) {
      const done = await prepared(
        { ...firmsPlan, source, modalities: { sheet: firmsPlan.modalities.sheet!, text } },
        base,
      );
      results.push((await all(done.parts.train)).map((one) => [one.inputs, one.targets, one.rows]));
      await done.close();
    }
    for (const one of results.slice(1)) expect(one).toEqual(results[0]);
  });

  it("keeps ids and labels as they are written", async () => {
    const base = folder();
    writeFileSync(
      path.join(base, "t.csv"),
      `\ufeffid,x,label\n${Array.from({ length: 12 }, (_, i) => `00${i},${i},0${i % 2}`).join("\n")}\n`,
    );
    const plan: DataPlan = {
      source: "t.csv",
      split: { by: "in_order", train: 0.5, validation: 0.5, test: 0 },
      modalities: { x: { ...tabular, numeric: ["x"] } },
      targets: { label: { type: "multiclass", columns: ["label"] } },
      // x is compared as a number, id as the text it is.
      where: "x >= 2 and id <> '0011'",
    };
    const good = await prepared(plan, base);
    expect(good.parts.train!.ids).toEqual(["002", "003", "004", "005", "006"]);
    expect([...good.parts.train!.rowNumbers]).toEqual([3, 4, 5, 6, 7]);
    expect(good.fitted.targets.label!.classes).toEqual(["00", "01"]);
    await good.close();
  });

  it("reads class folders, archives, array files and several pictures a row", async () => {
    const base = folder();
    for (let i = 0; i < 6; i++) await picture(path.join(base, `zoo/${i % 2 === 0 ? "cat" : "dog"}/${i}.png`), i * 20);
    const done = await prepared(
      {
        source: { folders: "zoo" },
        split: { by: "random", train: 0.5, validation: 0, test: 0.5, seed: 1, stratify: "label" },
        modalities: { seen: { ...image, column: "file" } },
        targets: { label: { type: "multiclass", columns: ["label"] } },
      },
      base,
    );
    expect(done.fitted.targets.label!.classes).toEqual(["cat", "dog"]);
    await done.close();

    const members = [0, 1, 2, 3].map((i) => ({
      name: `./p/${i}.png`,
      data: readFileSync(path.join(base, `zoo/${i % 2 === 0 ? "cat" : "dog"}/${i}.png`)),
    }));
    tar(path.join(base, "p.tar.gz"), members);
    tar(path.join(base, "p.tar"), members);
    const pixels = Buffer.from([0, 1, 2, 3].flatMap((i) => new Array<number>(16).fill(i * 20)));
    writeFileSync(path.join(base, "p.npy"), Buffer.concat([npyHeader("u8", [4, 4, 4]), pixels]));
    const idx = Buffer.from([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4]);
    writeFileSync(path.join(base, "p-idx3-ubyte.gz"), gzipSync(Buffer.concat([idx, pixels])));
    writeFileSync(path.join(base, "t.csv"), "k,y,set\n0,1,p\n1,2,p\n2,4,p\n3,3,p\n");
    const values: number[][] = [];
    for (const [media, modality] of [
      [["p.tar.gz"], { ...image, file: "p/{k}.png" }],
      [["p.tar"], { ...image, file: "p/{k}.png" }],
      [["."], { ...image, file: "{set}.npy", index: "k" }],
      [["p.tar", "."], { ...image, file: "{set}-idx3-ubyte.gz", index: "k" }],
    ] as const) {
      const one = await prepared(
        {
          source: "t.csv",
          media,
          split: { by: "in_order", train: 1, validation: 0, test: 0 },
          modalities: { seen: modality },
          targets: { y: { type: "regression", columns: ["y"] } },
        },
        base,
      );
      const [batch] = await all(one.parts.train);
      values.push([...batch!.inputs.seen!.data]);
      expect(batch!.targets.y!.shape).toEqual([4, 1]);
      await one.close();
    }
    expect(values[0]![16]).toBeCloseTo(20 / 255, 6);
    for (const one of values.slice(1)) expect(one).toEqual(values[0]);

    const several = await prepared(
      {
        source: "t.csv",
        media: ["p.tar"],
        split: { by: "in_order", train: 1, validation: 0, test: 0 },
        modalities: { seen: { ...image, files: ["p/{k}.png", "p/0.png", "q/{k}.png"], missing: "empty" } },
        targets: { y: { type: "regression", columns: ["y"] } },
      },
      base,
    );
    const [batch] = await all(several.parts.train);
    expect(batch!.inputs.seen!.shape).toEqual([4, 3, 4, 4, 1]);
    expect([...batch!.inputs["seen.mask"]!.data.slice(0, 6)]).toEqual([1, 1, 0, 1, 1, 0]);
    await several.close();
  });

  it("reads pictures that lie in the table as bytes", async () => {
    const base = await firms(6);
    const database = await openDatabase(path.join(base, "media"));
    const from = "(SELECT filename, content FROM read_blob('*.png') ORDER BY size, filename)";
    await database.run(
      `COPY (SELECT content AS seen, {'bytes': content, 'path': 'x'} AS boxed, (row_number() OVER ()) AS y FROM ${from}) TO '${path.join(base, "b.parquet")}' (FORMAT parquet)`,
    );
    await database.run(
      `COPY (SELECT filename AS seen, (row_number() OVER ()) AS y FROM ${from}) TO '${path.join(base, "b.csv")}'`,
    );
    database.close();
    const values: number[][] = [];
    for (const [source, column] of [
      ["b.csv", "seen"],
      ["b.parquet", "seen"],
      ["b.parquet", "boxed"],
    ] as const) {
      const csv = readFileSync(path.join(base, "b.csv"), "utf8").replaceAll(`${path.join(base, "media")}/`, "");
      writeFileSync(path.join(base, "b.csv"), csv);
      const done = await prepared(
        {
          source,
          media: ["media"],
          split: { by: "in_order", train: 1, validation: 0, test: 0 },
          modalities: { seen: { ...image, column } },
          targets: { y: { type: "regression", columns: ["y"] } },
        },
        base,
      );
      const [batch] = await all(done.parts.train);
      values.push([...batch!.inputs.seen!.data]);
      await done.close();
    }
    expect(values[1]).toEqual(values[0]);
    expect(values[2]).toEqual(values[0]);
  });

  it("reads lists, columns and array files as vectors, and lists of texts", async () => {
    const base = folder();
    const rows = [0, 1, 2, 3].map((i) => ({
      v: [i, 2 * i, 5],
      px_1: i,
      px_0: -i,
      said: i === 0 ? ["good day"] : ["good day", "bad news", "more"],
      y: i,
    }));
    writeFileSync(path.join(base, "t.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
    const header = npyHeader("f32", [4, 3]);
    writeFileSync(
      path.join(base, "v.npy"),
      Buffer.concat([header, Buffer.from(Float32Array.from(rows.flatMap((row) => row.v)).buffer)]),
    );
    const vector = { type: "vector", normalize: "standard" } as const;
    const done = await prepared(
      {
        source: "t.jsonl",
        split: { by: "in_order", train: 1, validation: 0, test: 0 },
        modalities: {
          v: { ...vector, dim: 3 },
          file: { ...vector, dim: 3, file: "v.npy", index: "y" },
          px: { ...vector, columns: ["px_*"] },
          said: { ...text, count: 2, tokens: 3 },
        },
        targets: { y: { type: "regression", columns: ["y"], transform: "standard" } },
      },
      base,
    );
    const [batch] = await all(done.parts.train);
    expect([...batch!.inputs.file!.data]).toEqual([...batch!.inputs.v!.data]);
    expect(batch!.inputs.v!.data[0]).toBeCloseTo(-1.5 / Math.sqrt(1.25), 5);
    expect(batch!.inputs.v!.data[2]).toBe(0); // constant
    expect(batch!.inputs.px!.data[0]).toBeCloseTo(-1.5 / Math.sqrt(1.25), 5); // px_1 comes first in the table
    expect(batch!.inputs.said!.shape).toEqual([4, 2, 3]);
    expect([...batch!.inputs["said.mask"]!.data.slice(0, 4)]).toEqual([1, 0, 1, 1]);
    expect(batch!.targets.y!.data[3]).toBeCloseTo(1.5 / Math.sqrt(1.25), 5);
    await done.close();
  });

  it("drops, keeps and counts rows that lack something", async () => {
    const base = await firms(20);
    rmSync(path.join(base, "media/2.png"));
    rmSync(path.join(base, "media/3.wav"));
    const plan: DataPlan = {
      ...firmsPlan,
      modalities: {
        ...firmsPlan.modalities,
        chart: { ...image, file: "{chart}", missing: "drop" },
        call: { ...audio, file: "{call}", optional: true },
      },
    };
    const done = await prepared(plan, base);
    expect(done.parts.train!.ids.slice(0, 2)).toEqual(["r3", "r4"]);
    expect([...done.parts.train!.present("call").slice(0, 2)]).toEqual([0, 1]);
    expect(done.notes.map((one) => one.code).sort()).toEqual(["absent", "rows-dropped"]);
    const [batch] = await all(done.parts.train);
    expect(batch!.inputs.call!.data.slice(0, 512).every((x) => x === 0)).toBe(true);
    await done.close();
  });

  it("weighs classes, imputes with a flag, and spreads words out", async () => {
    const base = folder();
    const lines = ["say,x,c,y", "good day,1,p,a", "good news good,,p,a", "bad,3,q,a", "bad news,5,,b"];
    writeFileSync(path.join(base, "t.csv"), lines.join("\n"));
    const done = await prepared(
      {
        source: "t.csv",
        split: { by: "in_order", train: 1, validation: 0, test: 0 },
        modalities: {
          words: { ...text, column: "say", output: "tf_idf", tokens: 10 },
          counts: { ...text, column: "say", output: "count", tokens: 10, shares: "words" },
          sheet: { ...tabular, numeric: ["x"], categorical: ["c"], impute: "median", normalize: "none" },
        },
        targets: { y: { type: "multiclass", columns: ["y"], classWeight: "balanced" } },
      },
      base,
    );
    expect(done.fitted.targets.y!.weights![0]).toBeCloseTo(4 / 6, 12);
    expect(done.fitted.targets.y!.weights![1]).toBe(2);
    const [batch] = await all(done.parts.train);
    // x, flag, p, q, unseen
    expect([...batch!.inputs.sheet!.data]).toEqual([1, 0, 1, 0, 0, 3, 1, 1, 0, 0, 3, 0, 0, 1, 0, 5, 0, 0, 0, 1]);
    // good 2, news 3, bad 4, day 5
    expect([...batch!.inputs.counts!.data.slice(6, 12)]).toEqual([0, 0, 2, 1, 0, 0]);
    const row = [...batch!.inputs.words!.data.slice(0, 6)];
    const idf = (df: number): number => Math.log(5 / (1 + df)) + 1;
    const length = Math.hypot(idf(2), idf(1));
    expect(row[2]).toBeCloseTo(idf(2) / length, 6);
    expect(Math.hypot(...row)).toBeCloseTo(1, 6);
    await done.close();
  });
});

describe("stores", () => {
  it("give the same from memory and from a file", async () => {
    const base = folder();
    const values = Float32Array.from({ length: 60 }, (_, i) => i / 7);
    const memory = createStore("f32", 20, [3], () => "");
    const file = createStoreFile(path.join(base, "a.npy"), "f32", 20, [3]);
    for (const i of [5, 0, 19, 7, 8]) {
      memory.write(i, values.subarray(i * 3, i * 3 + 3));
      file.write(i, values.subarray(i * 3, i * 3 + 3));
    }
    const wanted = Int32Array.of(7, 8, 0, 19, 19, 3);
    const stores = [await memory.finish(), await file.finish(), await openStore(path.join(base, "a.npy"), 0)];
    const read: number[][][] = [];
    for (const store of stores) {
      const get = await store.gather(wanted);
      read.push([...wanted].map((_, i) => [...get(i)]));
      await store.close();
    }
    expect(read[1]).toEqual(read[0]);
    expect(read[2]).toEqual(read[0]);
    expect(read[0]![5]).toEqual([0, 0, 0]);
  });
});
