import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../../runtime/artifact/safetensors.ts";

const arrays = [
  { name: "seen_dense/kernel", shape: [2, 3], data: Float32Array.of(1, -2.5, 3e-30, 0, Number.NaN, 6) },
  { name: "情感/bias", shape: [], data: Float32Array.of(7) },
  { name: "empty/kernel", shape: [0, 4], data: new Float32Array(0) },
];

describe("safetensors", () => {
  it("comes back as it went, names in any script, a scalar and an empty array too", () => {
    const { arrays: back, metadata } = decodeSafetensors(encodeSafetensors(arrays, { format: "mmfc" }));
    expect(back).toEqual(arrays);
    expect(metadata).toEqual({ format: "mmfc" });
  });

  it("is the format: length, aligned JSON header, numbers from little endian offsets", () => {
    const bytes = encodeSafetensors([{ name: "a", shape: [1], data: Float32Array.of(1) }]);
    const view = new DataView(bytes.buffer);
    const length = Number(view.getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      __metadata__: {},
      a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    });
    expect(view.getFloat32(8 + length, true)).toBe(1);
  });

  it("reads a file that another program wrote, header not padded", () => {
    const header = new TextEncoder().encode('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}');
    const bytes = new Uint8Array(8 + header.length + 8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    new DataView(bytes.buffer).setFloat32(8 + header.length + 4, 2.5, true);
    expect(Array.from(decodeSafetensors(bytes).arrays[0]?.data ?? [])).toEqual([0, 2.5]);
  });

  it("says what is wrong with a file cut anywhere, or garbled", () => {
    const whole = encodeSafetensors(arrays.slice(0, 2));
    for (let end = 0; end < whole.length; end++)
      expect(() => decodeSafetensors(whole.slice(0, end)), `cut at ${end}`).toThrow(RangeError);
    expect(() => decodeSafetensors(whole.slice(0, whole.length - 1))).toThrow("is cut off");
    expect(() => decodeSafetensors(new TextEncoder().encode("version https://git-lfs.github.com/spec/v1"))).toThrow(
      "is no safetensors file",
    );
    const half = new TextDecoder("latin1").decode(whole).replace('"F32"', '"F16"');
    expect(() => decodeSafetensors(Uint8Array.from(half, (c) => c.charCodeAt(0)))).toThrow("F16");
  });

  it("refuses two weights of one name and a shape that does not fit", () => {
    expect(() => encodeSafetensors([arrays[0] as never, arrays[0] as never])).toThrow(/Two weights/);
    expect(() => encodeSafetensors([{ name: "a", shape: [3], data: new Float32Array(2) }])).toThrow(/2 numbers/);
  });
});
