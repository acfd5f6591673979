import { beforeAll, expect, test } from "vitest";
import { type Engine, openEngine } from "../../../runtime/engine/engine.ts";
import { suite } from "./suite.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ install: "auto" });
}, 600_000);
test("the engine is TensorFlow", () => expect(engine.kind).toBe("tensorflow"));
suite(() => engine.tf);
