/**
 * TensorFlow's own ops as they are, beside those that tfjs knows: single calls on tfjs's tensors, constants that are made
 * once, and resources (variables that TensorFlow updates in place). Only for the TensorFlow backend; must not know layers.
 */
import type { KernelBackend, Tensor, TensorInfo } from "@tensorflow/tfjs";
import type { OpAttribute, TensorflowBinding, TensorMetadata, TensorValues } from "./binding.ts";
import { BINDING_CONSTANTS as C } from "./binding.ts";

type Tfjs = typeof import("@tensorflow/tfjs");

/** What is used of tfjs-node's backend. */
export interface NativeBackend extends KernelBackend {
  readonly binding: TensorflowBinding;
  readonly tensorMap: {
    set(dataId: object, value: object): void;
    get(dataId: object): { id: number; values: unknown };
  };
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): Tensor;
}

/** The active backend, if it is TensorFlow's. */
export function nativeBackend(tf: Tfjs): NativeBackend | undefined {
  return tf.getBackend() === "tensorflow" ? (tf.backend() as NativeBackend) : undefined;
}

export const floatType = (name: string): OpAttribute => ({ name, type: C.TF_ATTR_TYPE, value: C.TF_FLOAT });
export const bool = (name: string, value: boolean): OpAttribute => ({ name, type: C.TF_ATTR_BOOL, value });
export const float = (name: string, value: number): OpAttribute => ({ name, type: C.TF_ATTR_FLOAT, value });
export const text = (name: string, value: string): OpAttribute => ({ name, type: C.TF_ATTR_STRING, value });
export const ints = (name: string, value: readonly number[]): OpAttribute => ({ name, type: C.TF_ATTR_INT, value });

/** Runs an op. Whole numbers of 64 bits pass from op to op under the name of int32, the only ones that tfjs knows. */
export function execute(
  backend: NativeBackend,
  name: string,
  attributes: readonly OpAttribute[],
  inputs: readonly TensorInfo[],
  outputs: number,
): Tensor[] {
  return backend.binding
    .executeOp(name, attributes, backend.getInputTensorIds(inputs), outputs)
    .map((made) => backend.createOutputTensor(made.dtype === C.TF_INT64 ? { ...made, dtype: C.TF_INT32 } : made));
}

// ---------------------------------------------------------------- constants

const constants = new WeakMap<NativeBackend, Map<string, TensorInfo>>();

/**
 * A tensor that stays for the process and that no tidy sees. `key` names it within the backend; few and small, please.
 */
function constant(
  backend: NativeBackend,
  key: string,
  shape: readonly number[],
  dtype: number,
  values: () => TensorValues,
): TensorInfo {
  const known = constants.get(backend) ?? new Map<string, TensorInfo>();
  constants.set(backend, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  const info: TensorInfo = { dataId: {}, shape: [...shape], dtype: "float32" };
  const id = backend.binding.createTensor(shape, dtype, values());
  backend.tensorMap.set(info.dataId, { shape, dtype, id, values: null, refCount: 1 });
  known.set(key, info);
  return info;
}

/** An int64 number: tfjs has no such type, and its own way makes a tensor at every call. */
export const int64 = (backend: NativeBackend, value: number): TensorInfo =>
  constant(backend, `int64 ${value}`, [], C.TF_INT64, () => BigInt64Array.of(BigInt(value)));

/** f32 zeros. */
export const zeros = (backend: NativeBackend, shape: readonly number[]): TensorInfo =>
  constant(
    backend,
    `zeros ${shape.join()}`,
    shape,
    C.TF_FLOAT,
    () => new Float32Array(shape.reduce((product, size) => product * size, 1)),
  );

/** A number that does not change from step to step (a coefficient); one that does would fill the memory. */
export const fixed = (backend: NativeBackend, value: number): TensorInfo =>
  constant(backend, `f32 ${value}`, [], C.TF_FLOAT, () => Float32Array.of(value));

// ---------------------------------------------------------------- resources

/** A variable of TensorFlow: its memory is updated in place, unless a tensor read from it still shares it. */
export interface Resource {
  assign(value: TensorInfo): void;
  /** A tensor that shares the memory as it is now. */
  read(): Tensor;
  /** Of its handle, for `applyUpdate`. */
  readonly id: number;
  dispose(): void;
}

/** TensorFlow's own name for a variable that no other can find by its name. */
const ANONYMOUS = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

/** A resource for f32 of one shape; assign before reading. */
export function createResource(backend: NativeBackend, shape: readonly number[]): Resource {
  const { binding } = backend;
  const attributes = [
    text("container", ""),
    text("shared_name", ANONYMOUS),
    floatType("dtype"),
    { name: "shape", type: C.TF_ATTR_SHAPE, value: shape },
  ];
  const id = (binding.executeOp("VarHandleOp", attributes, [], 1)[0] as { id: number }).id;
  const handle: TensorInfo = { dataId: {}, shape: [], dtype: "string" };
  backend.tensorMap.set(handle.dataId, { shape: [], dtype: C.TF_RESOURCE, id, values: null, refCount: 1 });
  return {
    id,
    assign(value) {
      const [from] = backend.getInputTensorIds([value]) as [number];
      binding.executeOp("AssignVariableOp", [floatType("dtype")], [id, from], 0);
    },
    read: () => execute(backend, "ReadVariableOp", [floatType("dtype")], [handle], 1)[0] as Tensor,
    dispose() {
      // The last handle of an anonymous variable frees it.
      backend.disposeData(handle.dataId, true);
    },
  };
}

/** Runs an op without outputs that updates resources. */
export function applyUpdate(
  backend: NativeBackend,
  name: string,
  attributes: readonly OpAttribute[],
  inputs: readonly (Resource | TensorInfo)[],
): void {
  const ids = inputs.map((input) => ("dataId" in input ? (backend.getInputTensorIds([input])[0] as number) : input.id));
  backend.binding.executeOp(name, attributes, ids, 0);
}
