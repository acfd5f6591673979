/** Chinese letters, spaces and quotes in every path there is: specs, what they use, tables, media, runs and outputs; run from elsewhere. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "./run.ts";
import { tickets, ticketsSpec } from "./tickets.ts";

const made = tickets(60);
const cwd = made.folder;
afterAll(() => made.remove());
for (const folder of ["规 格", "模 块", "data's"]) mkdirSync(path.join(cwd, folder));
for (const [i, row] of made.rows.entries()) {
  if (i === 0) continue;
  const name = `图 ${i}'.png`;
  renameSync(path.join(cwd, "media", row[1] as string), path.join(cwd, "media", name));
  row[1] = name;
}
made.write();
renameSync(path.join(cwd, "media"), path.join(cwd, "data's/媒 体"));
renameSync(path.join(cwd, "tickets.csv"), path.join(cwd, "data's/表 格.csv"));
writeFileSync(path.join(cwd, "模 块/块.mmf"), "block look() = conv2d(4, 3x3, relu) -> global_average_pooling2d\n");
writeFileSync(
  path.join(cwd, "规 格/信 贷.mmf"),
  `use "../模 块/块.mmf"\n\n${ticketsSpec
    .replace('source: "tickets.csv"', `source: "../data's/表 格.csv"`)
    .replace('media: "media"', `media: "../data's/媒 体"`)
    .replace("model Tickets", "model 票据")
    .replace("conv2d(4, 3x3, relu) -> global_average_pooling2d", "look()")}`,
);
const spec = "规 格/信 贷.mmf";
const table = "data's/表 格.csv";
const out = "runs '1'/我的 run";

describe("odd paths", () => {
  it("are checked, drawn and compiled", async () => {
    const check = await run(["check", spec], { cwd });
    expect(check).toEqual({
      code: 0,
      stderr: "",
      stdout: `"${spec}": 1 model, no mistakes\n"../data's/表 格.csv": 60 rows and 120 files fit\n`,
    });
    const elsewhere = await run(["check", path.join(cwd, spec)], { cwd: "/" });
    expect(elsewhere).toMatchObject({ code: 0, stderr: "" });
    expect((await run(["graph", spec, "-o", "图 '1'.mmd"], { cwd })).code).toBe(0);
    expect((await run(["compile", spec, "-o", "程 序"], { cwd })).code).toBe(0);
    for (const file of ["图 '1'.mmd", "程 序/program.ts"]) expect(existsSync(path.join(cwd, file))).toBe(true);
  });

  it("are trained from, judged and predicted", async () => {
    const train = await run(["train", spec, "-o", out, "--epochs", "1", "--no-baselines", "--json"], { cwd });
    expect(train.code).toBe(0);
    expect(JSON.parse(train.stdout)).toMatchObject({ model: "票据", run: out });
    expect((await run(["eval", out, "--json"], { cwd })).code).toBe(0);
    const predict = await run(["predict", "runs '1'", "--data", table, "-o", "猜 '测'.csv"], { cwd });
    expect(predict).toMatchObject({ code: 0 });
    expect(predict.stdout).toBe(`"猜 '测'.csv": 60 rows, columns id, churn, churn_no, churn_yes\n`);
    const parquet = await run(["predict", out, "--data", table, "-o", "猜 '测'.parquet"], { cwd });
    expect(parquet.code).toBe(0);
  });
});
