import { beforeAll } from "vitest";
import { type Engine, openEngine } from "../../../runtime/engine/engine.ts";
import { kerasSuite } from "./keras-suite.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ install: "auto" });
}, 600_000);
kerasSuite(() => engine.tf);
