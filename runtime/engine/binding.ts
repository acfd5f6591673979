/**
 * What the C++ addon of tfjs-node offers to its JavaScript, over the C library: tensors by id, one op at a time.
 * The JavaScript above keeps the stock names. A tracer may wrap a binding: everything a step does passes through
 * createTensor, executeOp, tensorDataSync and deleteTensor. This file must not know tfjs.
 */
import type { CLibrary, Context, CString, Op, Pointer, RawTensor, TensorHandle } from "./c-api.ts";
import { throwIfFailed } from "./c-api.ts";
import { configProto } from "./config-proto.ts";

/** TF_DataType and TF_AttrType, by the names that tfjs-node's kernels read from the addon. */
export const BINDING_CONSTANTS = {
  TF_FLOAT: 1,
  TF_INT32: 3,
  TF_UINT8: 4,
  TF_STRING: 7,
  TF_COMPLEX64: 8,
  TF_INT64: 9,
  TF_BOOL: 10,
  TF_RESOURCE: 20,
  TF_ATTR_STRING: 0,
  TF_ATTR_INT: 1,
  TF_ATTR_FLOAT: 2,
  TF_ATTR_BOOL: 3,
  TF_ATTR_TYPE: 4,
  TF_ATTR_SHAPE: 5,
  TF_ATTR_RESOURCE: 6,
} as const;
const DType = BINDING_CONSTANTS;

/** One output of an op: the id of its tensor, its shape and its TF_DataType. */
export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

/** One attribute of an op. A list is written as an array; `type` is then the type of its items. */
export interface OpAttribute {
  name: string;
  type: number;
  value: unknown;
}

/** Values on their way into or out of a tensor: numbers in a typed array, strings as one byte array each. */
export type TensorValues = Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint8Array[];

/** The surface of tfjs-node's addon. */
export interface TensorflowBinding extends Readonly<typeof BINDING_CONSTANTS> {
  readonly TF_Version: string;
  /** @returns the id of a new tensor holding a copy of `values` */
  createTensor(shape: readonly number[], dtype: number, values: TensorValues): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TensorValues;
  executeOp(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
}

export interface BindingOptions {
  /** Threads inside one op and beside each other; the first context of a process decides for the whole process. */
  threads: number;
  /** Leave GPUs alone even where the library could use them. */
  cpuOnly?: boolean;
}

/** Bytes of a TF_TString, the same on every platform. */
const STRING_BYTES = 24;
/** No TensorFlow tensor has more axes; no op that tfjs runs has more outputs. */
const MAX_RANK = 254;
const MAX_OUTPUTS = 1024;

/**
 * Opens an eager context and returns the addon's surface over it.
 *
 * @throws TensorflowError if TensorFlow does not open a context
 */
export function openBinding(c: CLibrary, options: BindingOptions): TensorflowBinding {
  const status = c.TF_NewStatus();
  const check = (): void => throwIfFailed(c, status);
  const context = openContext(c, options);
  const device = chooseDevice(c, context);
  const handles = new Map<number, TensorHandle>();
  let nextId = 0;

  // Scratch memory for calls that fill or read arrays; calls are synchronous, so one of each is enough.
  const dims = new BigInt64Array(MAX_RANK);
  const outputHandles = new BigUint64Array(MAX_OUTPUTS);
  const outputCount = new Int32Array(1);

  const remember = (handle: TensorHandle): number => {
    const id = nextId++;
    handles.set(id, handle);
    return id;
  };

  const handleOf = (id: number): TensorHandle => {
    const handle = handles.get(id);
    if (handle === undefined) throw new Error(`No tensor has the id ${id}; it was disposed or never made.`);
    return handle;
  };

  const describe = (handle: TensorHandle): TensorMetadata => {
    const rank = c.TFE_TensorHandleNumDims(handle, status);
    if (rank < 0) check();
    const shape = new Array<number>(rank);
    for (let axis = 0; axis < rank; axis++) shape[axis] = c.TFE_TensorHandleDim(handle, axis, status);
    return { id: remember(handle), shape, dtype: c.TFE_TensorHandleDataType(handle) };
  };

  const withResolved = <T>(handle: TensorHandle, read: (tensor: RawTensor) => T): T => {
    const tensor = c.TFE_TensorHandleResolve(handle, status);
    check();
    try {
      return read(tensor);
    } finally {
      c.TF_DeleteTensor(tensor);
    }
  };

  const setAttribute = (op: Op, { name, type, value }: OpAttribute): void => {
    const key = c.constantString(name);
    if (Array.isArray(value) && type !== DType.TF_ATTR_SHAPE) setListAttribute(c, op, key, type, value);
    else if (type === DType.TF_ATTR_TYPE) c.TFE_OpSetAttrType(op, key, value as number);
    else if (type === DType.TF_ATTR_BOOL) c.TFE_OpSetAttrBool(op, key, value ? 1 : 0);
    else if (type === DType.TF_ATTR_INT) c.TFE_OpSetAttrInt(op, key, value as number);
    else if (type === DType.TF_ATTR_FLOAT) c.TFE_OpSetAttrFloat(op, key, value as number);
    else if (type === DType.TF_ATTR_STRING) {
      const bytes = Buffer.from(value as string);
      c.TFE_OpSetAttrString(op, key, bytes, bytes.length);
    } else if (type === DType.TF_ATTR_SHAPE) {
      const shape = BigInt64Array.from(value as number[], BigInt);
      c.TFE_OpSetAttrShape(op, key, shape, shape.length, status);
      check();
    } else throw new Error(`Attribute ${name} has the type ${type}, which no op of tfjs uses.`);
  };

  const execute = (
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly TensorHandle[],
    outputs: number,
  ): TensorHandle[] => {
    if (outputs > MAX_OUTPUTS) throw new Error(`${name} has ${outputs} outputs; ${MAX_OUTPUTS} is the most.`);
    const op = c.TFE_NewOp(context, c.constantString(name), status);
    if (op === 0) check();
    try {
      for (const input of inputs) {
        c.TFE_OpAddInput(op, input, status);
        check();
      }
      for (const attribute of attributes) setAttribute(op, attribute);
      outputCount[0] = outputs;
      c.TFE_Execute(op, outputHandles, outputCount, status);
      check();
    } finally {
      c.TFE_DeleteOp(op);
    }
    const made: TensorHandle[] = [];
    for (let i = 0; i < (outputCount[0] ?? 0); i++) made.push(Number(outputHandles[i]) as TensorHandle);
    return made;
  };

  /**
   * Strings in a tensor made from outside own memory that TensorFlow never frees, while the tensors that ops make free
   * theirs. So the strings are copied by an op at once, and ours are freed here; the addon frees them when a tensor is
   * deleted, which empties other tensors that share them.
   */
  const createStrings = (tensor: RawTensor): number => {
    const ours = c.TFE_NewTensorHandle(tensor, status);
    try {
      check();
      const attributes = [
        { name: "N", type: DType.TF_ATTR_INT, value: 1 },
        { name: "separator", type: DType.TF_ATTR_STRING, value: "" },
      ];
      const [copy] = execute("StringJoin", attributes, [ours], 1);
      return remember(copy as TensorHandle);
    } finally {
      if (ours !== 0) c.TFE_DeleteTensorHandle(ours);
      freeStrings(c, tensor);
      c.TF_DeleteTensor(tensor);
    }
  };

  return {
    ...BINDING_CONSTANTS,
    TF_Version: c.TF_Version(),

    createTensor(shape, dtype, values) {
      const tensor = allocateTensor(c, dims, shape, dtype, values);
      if (dtype === DType.TF_STRING) return createStrings(tensor);
      let handle = c.TFE_NewTensorHandle(tensor, status);
      c.TF_DeleteTensor(tensor);
      check();
      // As the addon does: int32 stays in main memory, where TensorFlow's own kernels expect shapes and axes.
      if (device.kind === "GPU" && dtype !== DType.TF_INT32) {
        const onHost = handle;
        handle = c.TFE_TensorHandleCopyToDevice(onHost, context, device.name, status);
        c.TFE_DeleteTensorHandle(onHost);
        check();
      }
      return remember(handle);
    },

    deleteTensor(id) {
      c.TFE_DeleteTensorHandle(handleOf(id));
      handles.delete(id);
    },

    tensorDataSync: (id) => withResolved(handleOf(id), (tensor) => readTensor(c, tensor)),

    executeOp: (name, attributes, inputs, outputs) =>
      execute(name, attributes, inputs.map(handleOf), outputs).map(describe),

    getNumOfTensors: () => handles.size,
    isUsingGpuDevice: () => device.kind === "GPU",
  };
}

function openContext(c: CLibrary, options: BindingOptions): Context {
  const status = c.TF_NewStatus();
  const contextOptions = c.TFE_NewContextOptions();
  const config = configProto(options);
  c.TFE_ContextOptionsSetConfig(contextOptions, config, config.length, status);
  throwIfFailed(c, status);
  const context = c.TFE_NewContext(contextOptions, status);
  c.TFE_DeleteContextOptions(contextOptions);
  throwIfFailed(c, status);
  return context;
}

function setListAttribute(c: CLibrary, op: Op, key: CString, type: number, values: readonly unknown[]): void {
  const numbers = values as readonly number[];
  const { length } = values;
  if (type === DType.TF_ATTR_TYPE) c.TFE_OpSetAttrTypeList(op, key, Int32Array.from(numbers), length);
  else if (type === DType.TF_ATTR_INT) c.TFE_OpSetAttrIntList(op, key, BigInt64Array.from(numbers, BigInt), length);
  else if (type === DType.TF_ATTR_FLOAT) c.TFE_OpSetAttrFloatList(op, key, Float32Array.from(numbers), length);
  else if (type === DType.TF_ATTR_BOOL) {
    const bytes = Uint8Array.from(values, (value) => (value ? 1 : 0));
    c.TFE_OpSetAttrBoolList(op, key, bytes, length);
  } else throw new Error(`A list attribute has the type ${type}, which no op of tfjs uses.`);
}

/** The last GPU if there is one, as tfjs-node's addon chooses, else the CPU. */
function chooseDevice(c: CLibrary, context: Context): { name: string; kind: "CPU" | "GPU" } {
  const status = c.TF_NewStatus();
  const list = c.TFE_ContextListDevices(context, status);
  throwIfFailed(c, status);
  const devices = Array.from({ length: c.TF_DeviceListCount(list) }, (_, index) => ({
    kind: c.TF_DeviceListType(list, index, status),
    name: c.TF_DeviceListName(list, index, status),
  }));
  c.TF_DeleteDeviceList(list);
  const gpu = devices.findLast((device) => device.kind === "GPU");
  const cpu = devices.find((device) => device.kind === "CPU");
  if (gpu !== undefined) return { name: gpu.name, kind: "GPU" };
  if (cpu !== undefined) return { name: cpu.name, kind: "CPU" };
  throw new Error("TensorFlow lists neither a CPU nor a GPU.");
}

/** A new C tensor with a copy of the values; the caller deletes it. */
function allocateTensor(
  c: CLibrary,
  dims: BigInt64Array,
  shape: readonly number[],
  dtype: number,
  values: TensorValues,
): RawTensor {
  if (shape.length > dims.length) throw new Error(`A tensor has at most ${dims.length} axes, not ${shape.length}.`);
  let size = 1;
  shape.forEach((dim, axis) => {
    if (!Number.isInteger(dim) || dim < 0) throw new Error(`A tensor cannot have the shape [${shape.join(", ")}].`);
    dims[axis] = BigInt(dim);
    size *= dim;
  });
  if (dtype === DType.TF_STRING) return allocateStrings(c, dims, shape.length, size, values as Uint8Array[]);

  const bytes = size * c.TF_DataTypeSize(dtype);
  if (Array.isArray(values) || !holds(dtype, values))
    throw new Error(`A tensor of TF_DataType ${dtype} cannot be made from ${values?.constructor?.name}.`);
  if (bytes !== values.byteLength) throw new Error(`Shape [${shape.join(", ")}] does not fit ${values.length} values.`);
  const tensor = c.TF_AllocateTensor(dtype, dims, shape.length, bytes);
  if (bytes > 0) c.copyIn(c.TF_TensorData(tensor), values, bytes);
  return tensor;
}

function allocateStrings(
  c: CLibrary,
  dims: BigInt64Array,
  rank: number,
  size: number,
  values: readonly Uint8Array[],
): RawTensor {
  if (values.length !== size || !values.every((value) => value instanceof Uint8Array))
    throw new Error(`A tensor of ${size} strings is made from as many Uint8Arrays.`);
  const tensor = c.TF_AllocateTensor(DType.TF_STRING, dims, rank, size * STRING_BYTES);
  const first = c.TF_TensorData(tensor);
  values.forEach((value, index) => {
    const string = (first + index * STRING_BYTES) as Pointer;
    c.TF_StringInit(string);
    c.TF_StringCopy(string, value, value.length);
  });
  return tensor;
}

/** Frees what TF_StringCopy allocated; TF_DeleteTensor does not. */
function freeStrings(c: CLibrary, tensor: RawTensor): void {
  const first = c.TF_TensorData(tensor);
  const count = c.TF_TensorElementCount(tensor);
  for (let i = 0; i < count; i++) c.TF_StringDealloc((first + i * STRING_BYTES) as Pointer);
}

function holds(dtype: number, values: ArrayBufferView): boolean {
  switch (dtype) {
    case DType.TF_FLOAT:
    case DType.TF_COMPLEX64:
      return values instanceof Float32Array;
    case DType.TF_INT32:
      return values instanceof Int32Array;
    case DType.TF_INT64:
      // An int64 scalar comes as an Int32Array of two halves.
      return values instanceof BigInt64Array || values instanceof Int32Array;
    case DType.TF_BOOL:
    case DType.TF_UINT8:
      return values instanceof Uint8Array;
    default:
      return false;
  }
}

function readTensor(c: CLibrary, tensor: RawTensor): TensorValues {
  const dtype = c.TF_TensorType(tensor);
  if (dtype === DType.TF_STRING) return readStrings(c, tensor);
  const bytes = c.TF_TensorByteSize(tensor);
  const values = emptyValues(dtype, bytes);
  if (bytes > 0) c.copyOut(values, c.TF_TensorData(tensor), bytes);
  return values;
}

function emptyValues(dtype: number, bytes: number): Exclude<TensorValues, Uint8Array[]> {
  switch (dtype) {
    case DType.TF_FLOAT:
    case DType.TF_COMPLEX64:
      return new Float32Array(bytes / 4);
    case DType.TF_INT32:
      return new Int32Array(bytes / 4);
    case DType.TF_INT64:
      return new BigInt64Array(bytes / 8);
    case DType.TF_BOOL:
    case DType.TF_UINT8:
    case DType.TF_RESOURCE:
      return new Uint8Array(bytes);
    default:
      throw new Error(`A tensor of TF_DataType ${dtype} cannot be read in JavaScript.`);
  }
}

function readStrings(c: CLibrary, tensor: RawTensor): Uint8Array[] {
  const first = c.TF_TensorData(tensor);
  return Array.from({ length: c.TF_TensorElementCount(tensor) }, (_, index) => {
    const string = (first + index * STRING_BYTES) as Pointer;
    const bytes = new Uint8Array(c.TF_StringGetSize(string));
    if (bytes.length > 0) c.copyOut(bytes, c.TF_StringGetDataPointer(string), bytes.length);
    return bytes;
  });
}
