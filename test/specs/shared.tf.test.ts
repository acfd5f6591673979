/**
 * Data as the shared folder has them, nothing unpacked: JSON lines in gzip, pictures and recordings in tar archives, IDX
 * arrays, one table for training and one for the test. Skipped, loudly, where the folder is absent.
 */
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/build.mjs";
import { run } from "../cli/run.ts";

const shared = process.env.MMFC_SHARED ?? path.resolve(root, "../shared");
const present = existsSync(path.join(shared, "data/easyvqa")) && existsSync(path.join(shared, "specs"));
if (!present) console.warn(`SKIPPED: ${shared} is not there, so nothing is trained on real data as they lie there`);

interface Card {
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number };
  readonly heads: {
    readonly [name: string]: {
      readonly test: { readonly accuracy: number };
      readonly floors: { readonly majority: { readonly accuracy: number } };
    };
  };
}

describe.skipIf(!present)("real data as they lie in the shared folder", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "mmfc-shared-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A spec of the shared folder, changed, among its data; trained for a few epochs. */
  async function train(name: string, change: (spec: string) => string, epochs: number): Promise<Card> {
    const place = path.join(folder, name);
    // Folders as links, but the spec's own as a copy: what a link inside of it points to would lie outside.
    cpSync(path.join(shared, "data", name), place, { recursive: true });
    chmodSync(place, 0o755);
    for (const media of ["fsdd", "mnist"])
      if (!existsSync(path.join(folder, media)))
        symlinkSync(path.join(shared, "data", media), path.join(folder, media));
    const spec = change(readFileSync(path.join(shared, "specs", `${name}.mmf`), "utf8"));
    writeFileSync(path.join(place, `${name}.mmf`), spec);
    const args = ["train", `${name}.mmf`, "--no-baselines", "--epochs", String(epochs), "-o", "run"];
    const { code, stderr } = await run(args, { cwd: place });
    expect(stderr).not.toContain(" error ");
    expect(code).toBe(0);
    return JSON.parse(readFileSync(path.join(place, "run/scorecard.json"), "utf8")) as Card;
  }

  it("countries: flags from a tar archive, Chinese names, a missing area", async () => {
    const { rows, heads } = await train("countries", (spec) => spec, 25);
    expect(rows).toEqual({ train: 170, validation: 30, test: 50 });
    // The most frequent of six regions is right in 11 of 50 rows.
    expect(heads.where_it_is!.test.accuracy).toBeGreaterThan(heads.where_it_is!.floors.majority.accuracy);
  });

  it("avdigits: pictures from an IDX array by index, recordings from two tar archives", async () => {
    const official = (spec: string): string =>
      spec
        .replace(/group: +"speaker"\n/, "\n")
        .replace("leave_one_group_out", 'by_column("split", train: "train", validation: 10%, test: "test")')
        .replace(/^ *compare .*$/m, "")
        .replace(/^ *evaluate .*$/m, "");
    const { rows, heads } = await train("avdigits", official, 2);
    expect(rows).toEqual({ train: 2430, validation: 270, test: 300 });
    // Ten digits, each in a tenth of the rows.
    expect(heads.guess!.test.accuracy).toBeGreaterThan(0.6);
  });

  it("easyvqa: a table and an archive for training, others for the test", async () => {
    const some = (spec: string): string => spec.replace("split: ", 'where: "image % 8 = 0"\n    split: ');
    const { rows, heads } = await train("easyvqa", some, 2);
    expect(rows.train).toBeGreaterThan(4000);
    expect(rows.test).toBeGreaterThan(1000);
    // "no" is right in 0.37; what kind of answer a question wants is soon learned.
    expect(heads.reply!.test.accuracy).toBeGreaterThan(heads.reply!.floors.majority.accuracy + 0.05);
  });
});
