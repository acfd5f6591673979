/**
 * The engine for a training: offers to install TensorFlow where there is none, and says what a slower engine costs. The
 * ladder itself is the runtime's.
 */
import { report } from "../diagnostics/catalogue.ts";
import { renderPretty } from "../diagnostics/render.ts";
import type { Engine } from "../runtime/engine/index.ts";
import { listEngines, openEngine, rememberedChoice, wheelForThisMachine } from "../runtime/engine/index.ts";
import { ask } from "./ask.ts";
import type { Context } from "./define.ts";
import { nowhere } from "./stop.ts";
import type { Terminal } from "./terminal.ts";

/** Opens the engine of this process. @throws EngineError if none works */
export async function openTrainingEngine(options: Context["options"], terminal: Terminal): Promise<Engine> {
  const threads = options.threads as number | undefined;
  const engine = await openEngine({
    install: (await mayInstall(options, terminal)) ? "auto" : "never",
    ...(threads !== undefined && { threads }),
    onProgress: (line) => terminal.say(line),
  });
  if (engine.kind !== "tensorflow") {
    const slow = report("engine-slow", nowhere, {
      on: engine.kind === "wasm" ? "wasm" : "the CPU",
    });
    if (!terminal.json && !terminal.quiet) terminal.err(renderPretty([slow], new Map(), terminal.shape.err));
  }
  return engine;
}

/** Only asks where the answer would change something. */
async function mayInstall(options: Context["options"], terminal: Terminal): Promise<boolean> {
  const engines = await listEngines();
  const inUse = engines.find((engine) => engine.state === "in use");
  // One that works, or a choice of `mmfc engine use`.
  if (
    inUse === undefined ||
    (await rememberedChoice()) !== undefined ||
    inUse.title.startsWith("tensorflow") ||
    engines.some((e) => e.usable && e.title.startsWith("tensorflow"))
  )
    return false;
  const wheel = wheelForThisMachine(false);
  if ("why" in wheel) return false;
  const size = wheel.megabytes > 0 ? ` (${wheel.megabytes} MB, about 20 s)` : "";
  if (options.yes === true || !terminal.interactive) {
    terminal.say(`No TensorFlow here. Installing it for mmfc alone${size}.`);
    return true;
  }
  return ask(`No TensorFlow here. Install it for mmfc alone${size}?`, true, terminal);
}
