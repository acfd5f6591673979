import { beforeAll } from "vitest";
import { type Engine, openEngine } from "../../../runtime/engine/engine.ts";
import { suite } from "./suite.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ prefer: "wasm" });
}, 60_000);
suite(() => engine.tf);
