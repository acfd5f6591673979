/**
 * TensorFlow's ConfigProto (tensorflow/core/protobuf/config.proto), as far as the engine sets it, written by hand:
 * six fields do not need a protobuf library.
 */

/** Field numbers of ConfigProto and GPUOptions. */
const DEVICE_COUNT = 1;
const INTRA_OP_THREADS = 2;
const INTER_OP_THREADS = 5;
const GPU_OPTIONS = 6;
const ALLOW_GROWTH = 4;

/**
 * The bytes of a ConfigProto: threads inside an op and beside each other, GPU memory taken as needed instead of all at
 * once, and on request no GPU at all.
 */
export function configProto(options: { threads: number; cpuOnly?: boolean }): Uint8Array {
  const parts = [
    varintField(INTRA_OP_THREADS, options.threads),
    varintField(INTER_OP_THREADS, options.threads),
    bytesField(GPU_OPTIONS, varintField(ALLOW_GROWTH, 1)),
  ];
  if (options.cpuOnly === true) {
    // map<string, int32> device_count: {"GPU": 0}; a map entry is a message with the key in field 1, the value in 2.
    parts.push(bytesField(DEVICE_COUNT, Buffer.concat([bytesField(1, Buffer.from("GPU")), varintField(2, 0)])));
  }
  return Buffer.concat(parts);
}

function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytesField(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
