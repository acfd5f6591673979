/** Picture files of every kind and sizes of every kind against Pillow (pillow_reference.py). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { resizeBytes } from "../../../runtime/data/image-resize.ts";
import { decodePicture } from "../../../runtime/data/picture.ts";
import type { Case } from "../fixtures.ts";
import { difference } from "./shared.ts";

const cases: Case[] = JSON.parse(
  gunzipSync(readFileSync(path.join(import.meta.dirname, "pillow-reference.json.gz"))).toString(),
).cases;
const named = (name: string): (readonly [string, Case])[] =>
  cases.filter((one) => one.name === name).map((one) => [one.kind ?? `${one.size} of ${one.in.shape}`, one]);

describe("files", () => {
  it.each(named("decode"))("%s", async (_, { file_base64, out, most }) => {
    const [h, w, has = 1] = out.shape as [number, number, number?];
    const found = await decodePicture(Buffer.from(file_base64, "base64"), {
      size: [h, w],
      channels: has as 1 | 3 | 4,
      resize: "stretch",
    });
    // Bit for bit; 1 where Pillow rounds alpha in other steps, 2 for decoders of JPEG and lossy WebP.
    expect(difference(found, out.data)).toBeLessThanOrEqual(most);
  });
});

describe("sizes, bit for bit", () => {
  it.each(named("resize"))("%s", (_, one) => {
    const [h, w, channels] = one.in.shape;
    const [toWidth, toHeight] = one.size;
    expect([...resizeBytes(Uint8Array.from(one.in.data), h, w, channels, toHeight, toWidth)]).toEqual(one.out.data);
  });

  it.each([...named("fit"), ...named("crop")])("%s", async (_, one) => {
    const [h, w] = one.in.shape;
    const file = Buffer.concat([Buffer.from(`P6\n${w} ${h}\n255\n`), Buffer.from(one.in.data)]);
    const [toWidth, toHeight] = one.size;
    const found = await decodePicture(file, { size: [toHeight, toWidth], channels: 3, resize: one.name });
    expect([...found]).toEqual(one.out.data);
  });
});
