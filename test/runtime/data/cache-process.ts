/** What test/runtime/data/cache.slow.test.ts runs as processes of their own: `prepare BASE PLAN`, `clear CACHE MILLISECONDS`. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { clearCache } from "../../../runtime/data/cache.ts";
import { prepareData } from "../../../runtime/data/prepare.ts";

const [action, base, more] = process.argv.slice(2) as [string, string, string];

if (action === "clear") {
  const end = Date.now() + Number(more);
  let entries = 0;
  while (Date.now() < end) {
    entries += clearCache(undefined, base).entries;
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  console.log(JSON.stringify({ entries }));
} else {
  const plan = JSON.parse(readFileSync(path.join(base, more), "utf8"));
  try {
    const cacheDir = process.env.MMFC_TEST_CACHE ?? path.join(base, ".cache");
    const done = await prepareData(plan, { base, seed: 0, cacheDir, threads: 2 });
    let sum = 0;
    for await (const batch of done.parts.train!.batches({ batchSize: 16 }))
      for (const input of Object.values(batch.inputs)) for (const x of input.data) sum += x;
    await done.close();
    console.log(JSON.stringify({ sum }));
  } catch (error) {
    const { problems } = error as { problems?: readonly { code: string; facts: object }[] };
    console.log(JSON.stringify({ problems: problems?.map(({ code, facts }) => [code, facts]), error: String(error) }));
  }
}
