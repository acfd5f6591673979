/** The same with TensorFlow's own update ops, whose memory is resources. */
import { describe } from "vitest";
import { openEngine } from "../../../runtime/engine/engine.ts";
import { slotsSuite } from "./slots-suite.ts";

const { tf } = await openEngine({ prefer: "tensorflow", threads: 1 });

describe("an optimizer of TensorFlow", () => slotsSuite(tf));
