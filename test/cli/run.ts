/** Runs the real command line from dist/ in a folder of its own, as a user would: for the tests of this folder. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "../../scripts/build.mjs";

export const mmfc = path.join(root, "dist/cli/main.js");

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd: string;
  readonly env?: { readonly [name: string]: string };
  /** Arguments for Node itself. */
  readonly node?: readonly string[];
  /** Told what comes on stderr; may send signals. */
  onStderr?(text: string, kill: (signal: NodeJS.Signals) => void): void;
}

/** Runs `mmfc ARGS`. Nothing of the test's own environment decides how it looks. */
export function run(args: readonly string[], options: Options): Promise<Result> {
  const { FORCE_COLOR: _, NO_COLOR: __, LC_ALL: ___, LC_CTYPE: ____, VITEST: _____, ...env } = process.env;
  const child = spawn(process.execPath, [...(options.node ?? []), mmfc, ...args], {
    cwd: options.cwd,
    env: { ...env, LANG: "C.UTF-8", CI: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    options.onStderr?.(stderr, (signal) => child.kill(signal));
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A folder with files; `remove` takes it away again. */
export function folderWith(files: { readonly [name: string]: string }): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), "mmfc-cli-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Two numbers and a kind; the label is whether their product is large, which only a model of both can know. */
export const pointsSpec = `/// Two numbers and a kind.
model Points {
  data { source: "points.csv", id: "id", split: random(train: 70%, validation: 15%, test: 15%) }
  modality sheet: tabular { numeric: ["a", "b"], categorical: ["kind"] }
  target label: binary { positive: "yes" }
  encoder inner = sheet -> dense(16, relu) -> dense(16, relu)
  head guess: label = inner { metrics: [accuracy, f1, roc_auc] }
  train { optimizer: adam(1e-2), epochs: 8, seed: 1 }
  evaluate { baselines: [majority], bootstrap: 200 }
}

model Few from Points {
  train { epochs: 2 }
}
`;

/** Rows for it, the same every time. */
export function pointsTable(rows = 400): string {
  let state = 1;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647) * 2 - 1;
  };
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c] = [next(), next(), next()];
    return `p${i},${a.toFixed(4)},${b.toFixed(4)},${c > 0 ? "x" : "y"},${a * b + (c > 0 ? 0.1 : 0) > 0.05 ? "yes" : "no"}`;
  });
  return `id,a,b,kind,label\n${lines.join("\n")}\n`;
}
