/**
 * Four groups of tests: `fast` (seconds, no TensorFlow), `slow` (the built command line, TypeScript, Mermaid, tfjs without
 * TensorFlow), `tf` (the real engine, packing) and `browser` (a real Chromium). A file belongs to the group that its name
 * says: NAME.test.ts, NAME.slow.test.ts, NAME.tf.test.ts, NAME.browser.test.ts.
 */
import { defineConfig } from "vitest/config";

const shared = { environment: "node", globalSetup: ["test/support/build.ts"] } as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: "fast",
          // Files share their modules: loading them anew for each file would take most of the time. They keep no state.
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.slow.test.ts", "test/**/*.tf.test.ts", "test/**/*.browser.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: "slow",
          include: ["test/**/*.slow.test.ts"],
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          ...shared,
          name: "tf",
          include: ["test/**/*.tf.test.ts"],
          // One at a time, after the others: the engine takes every processor it finds.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          ...shared,
          name: "browser",
          include: ["test/**/*.browser.test.ts"],
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
