import { describe, expect, it } from "vitest";
import type { CallPlan } from "../../../plan/plan.ts";
import { augmentImage } from "../../../runtime/data/image-augment.ts";
import { resizeBytes, toGray } from "../../../runtime/data/image-resize.ts";
import { decodePicture } from "../../../runtime/data/picture.ts";
import { createRandom } from "../../../runtime/data/random.ts";
import { type Case, casesFor, casesOf, nameOf } from "../fixtures.ts";
import { difference, hasShared } from "./shared.ts";

const input = casesOf("peer_fixtures/image").find(({ name }) => name.startsWith("input"))?.out;
const [height, width] = (input?.shape ?? [0, 0]) as [number, number];
const pixels = Uint8Array.from((input?.data ?? []) as number[]);

/** Bit for bit but for JPEG and lossy WebP, whose decoders may differ by rounding: 2 of 255. */
const checks: { readonly [name: string]: (one: Case) => void | Promise<void> } = {
  resize(one) {
    expect([...resizeBytes(pixels, height, width, 3, one.args.h, one.args.w)]).toEqual(one.out.data);
  },
  "to_gray (L)"(one) {
    expect([...toGray(pixels, 3)]).toEqual(one.out.data);
  },
  async rotate90(one) {
    const { default: sharp } = await import("sharp");
    // EXIF's orientation 8: to be turned by 90 degrees against the clock.
    const file = await sharp(pixels, { raw: { width, height, channels: 3 } })
      .withMetadata({ orientation: 8 })
      .png()
      .toBuffer();
    const got = await decodePicture(file, { size: [width, height], channels: 3, resize: "stretch" });
    expect([...got]).toEqual(one.out.data);
  },
  async decode(one) {
    const [h, w, has = 1] = one.out.shape as [number, number, number?];
    const found = await decodePicture(Buffer.from(one.file_base64, "base64"), {
      size: [h, w],
      // Gray with alpha is read as red, green, blue and alpha.
      channels: has === 2 ? 4 : (has as 1 | 3 | 4),
      resize: "stretch",
    });
    const got = has === 2 ? found.filter((_, i) => i % 4 === 0 || i % 4 === 3) : found;
    expect(difference(got, one.out.data)).toBeLessThanOrEqual(/jpeg|webp/.test(one.kind) ? 2 : 0);
  },
};

describe.skipIf(!hasShared)("pictures as Pillow has them", () => {
  const named = casesFor("image", "peer_fixtures/image").map(
    (one) => [`${nameOf(one)} ${one.kind ?? ""}`, one] as const,
  );
  it.each(named)("%s", (_, one) => checks[one.name]!(one));
});

describe("what a picture goes through", () => {
  const red = { size: [2, 2] as const, channels: 3 as const, resize: "stretch" as const };

  it("lays alpha over white and turns by EXIF", async () => {
    const { default: sharp } = await import("sharp");
    const clear = await sharp({
      create: { width: 4, height: 4, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect([...(await decodePicture(clear, red))].every((x) => x === 255)).toBe(true);
    // Left half black, right half white, stored turned by 90 degrees.
    const raw = Buffer.from([0, 255, 0, 255].flatMap((x) => [x, x, x]));
    const turned = await sharp(raw, { raw: { width: 2, height: 2, channels: 3 } })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    const upright = await decodePicture(turned, { ...red, channels: 1 });
    expect([...upright]).toEqual([0, 0, 255, 255]);
  });

  it("crops to the middle and fits with white around", async () => {
    const { default: sharp } = await import("sharp");
    const raw = Buffer.from([0, 0, 100, 100, 200, 200, 0, 0].flatMap((x) => [x, x, x]));
    const wide = await sharp(raw, { raw: { width: 4, height: 2, channels: 3 } })
      .png()
      .toBuffer();
    expect([...(await decodePicture(wide, { size: [2, 2], channels: 1, resize: "crop" }))]).toEqual([0, 100, 200, 0]);
    const fitted = await decodePicture(wide, { size: [4, 4], channels: 1, resize: "fit" });
    expect([...fitted.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
    expect([...fitted.subarray(4, 8)]).toEqual([0, 0, 100, 100]);
  });

  it("says why a file is no picture", async () => {
    const { default: sharp } = await import("sharp");
    await expect(decodePicture(Buffer.from("RIFFxxxxWAVEfmt "), red)).rejects.toThrow("a WAV");
    await expect(decodePicture(Buffer.from("hello"), red)).rejects.toThrow("not a picture");
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 256));
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    await expect(decodePicture(whole.subarray(0, whole.length >> 1), red)).rejects.toThrow(/^cut off after/);
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer();
    await expect(decodePicture(jpeg.subarray(0, jpeg.length >> 1), red)).rejects.toThrow(/^cut off after/);
  });

  it("augments by the seed alone, and keeps what it must", () => {
    const picture = Float32Array.from({ length: 48 }, (_, i) => (i * 5) % 256);
    const calls: CallPlan[] = [
      { flip: { direction: "horizontal" } },
      { rotate: { angle: 10 } },
      { brightness: { by: 0.2 } },
      { cutout: { size: [2, 2] } },
    ];
    const one = augmentImage(picture.slice(), 4, 4, 3, 255, calls, createRandom(1, 2, 3));
    expect(one).toEqual(augmentImage(picture.slice(), 4, 4, 3, 255, calls, createRandom(1, 2, 3)));
    expect(one).not.toEqual(augmentImage(picture.slice(), 4, 4, 3, 255, calls, createRandom(1, 2, 4)));
    expect(Math.min(...one)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...one)).toBeLessThanOrEqual(255);
    // A flip twice is the picture.
    const flips = [0, 1, 2, 3].map((row) => augmentImage(picture.slice(), 4, 4, 3, 255, ["flip"], createRandom(row)));
    const changed = flips.filter((each) => difference(each, picture) > 0);
    for (const each of changed) expect(each[0]).toBe(picture[9]);
    expect(() => augmentImage(picture, 4, 4, 3, 255, [{ mixup: { alpha: 0.2 } }], createRandom(1))).toThrow("mixup");
  });
});
