/**
 * `node scripts/test.mjs [fast|slow|tf|browser] [file …]`: builds, runs the tests (all of them without a word), and ends with
 * a line `N passed, N failed` alone. What was skipped is named above it: a skipped test is not a passed one.
 */
import { startVitest } from "vitest/node";
import { buildPackage, root } from "./build.mjs";

const groups = ["fast", "slow", "tf", "browser"];
const [first, ...rest] = process.argv.slice(2);
const group = groups.includes(first) ? first : undefined;
const filters = group === undefined && first !== undefined ? [first, ...rest] : rest;

const counts = { passed: 0, failed: 0 };
const skipped = [];

/** Counts at the end; a file that does not load and an error outside of tests count as failed. */
const counter = {
  onTestRunEnd(modules, unhandledErrors) {
    for (const module of modules) {
      const failedBefore = counts.failed;
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        const { state } = test.result();
        if (state === "passed") counts.passed++;
        else if (state === "skipped") skipped.push(`${module.relativeModuleId}: ${test.fullName}`);
        else counts.failed++;
      }
      if ((module.errors().length > 0 || tests === 0) && counts.failed === failedBefore) counts.failed++;
    }
    counts.failed += unhandledErrors.length;
  },
};

let finished = false;
process.on("exit", (code) => {
  if (skipped.length > 0) {
    console.log(`${skipped.length} skipped:`);
    for (const line of skipped.slice(0, 30)) console.log(`  ${line}`);
    if (skipped.length > 30) console.log(`  and ${skipped.length - 30} more`);
  }
  // Whatever stopped the run before its end is a failure, too.
  if (!finished || (code !== 0 && counts.failed === 0)) counts.failed++;
  if (counts.failed > 0) process.exitCode = 1;
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
});

await buildPackage();
// Nothing is built twice: the tests of the command line find this and use dist/ as it is.
process.env.MMFC_TEST_BUILT = "1";
const vitest = await startVitest("test", filters, {
  root,
  watch: false,
  run: true,
  ...(group !== undefined && { project: [group] }),
  reporters: [process.stdout.isTTY ? "default" : ["default", { summary: false }], counter],
  passWithNoTests: false,
});
await vitest.close();
if (counts.passed + counts.failed + skipped.length === 0) counts.failed++;
finished = true;
process.exit(counts.failed > 0 ? 1 : 0);
