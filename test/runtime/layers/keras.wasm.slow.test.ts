import { beforeAll } from "vitest";
import { type Engine, openEngine } from "../../../runtime/engine/engine.ts";
import { kerasSuite } from "./keras-suite.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ prefer: "wasm" });
}, 60_000);
kerasSuite(() => engine.tf);
