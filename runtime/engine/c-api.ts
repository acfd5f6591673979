/**
 * TensorFlow's C library, declared once and typed: which functions we call and what they take.
 * Addresses are plain numbers, branded by the struct they point to; they never leave this file and binding.ts.
 * This file must not know tfjs, nor where the library was found.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { withMutedStderr } from "./mute.ts";

declare const struct: unique symbol;
/** The address of a C struct; 0 is the null pointer. */
export type Pointer<Name extends string = "void"> = number & { readonly [struct]: Name };

export type Status = Pointer<"TF_Status">;
export type Context = Pointer<"TFE_Context">;
export type ContextOptions = Pointer<"TFE_ContextOptions">;
export type DeviceList = Pointer<"TF_DeviceList">;
export type Op = Pointer<"TFE_Op">;
export type TensorHandle = Pointer<"TFE_TensorHandle">;
export type RawTensor = Pointer<"TF_Tensor">;
export type CString = Pointer<"char">;

/** The functions of tensorflow/c/c_api.h, c_api_eager.h and tf_tensor.h that the engine calls, by their own names. */
export interface CApi {
  TF_Version(): string;
  TF_NewStatus(): Status;
  TF_GetCode(status: Status): number;
  TF_Message(status: Status): string;
  TF_SetStatus(status: Status, code: number, message: string): void;

  TFE_NewContextOptions(): ContextOptions;
  TFE_ContextOptionsSetConfig(options: ContextOptions, proto: Uint8Array, length: number, status: Status): void;
  TFE_DeleteContextOptions(options: ContextOptions): void;
  TFE_NewContext(options: ContextOptions, status: Status): Context;
  TFE_ContextListDevices(context: Context, status: Status): DeviceList;
  TF_DeviceListCount(list: DeviceList): number;
  TF_DeviceListName(list: DeviceList, index: number, status: Status): string;
  TF_DeviceListType(list: DeviceList, index: number, status: Status): string;
  TF_DeleteDeviceList(list: DeviceList): void;

  TFE_NewOp(context: Context, name: CString, status: Status): Op;
  TFE_DeleteOp(op: Op): void;
  TFE_OpAddInput(op: Op, input: TensorHandle, status: Status): void;
  TFE_OpSetAttrString(op: Op, name: CString, value: Uint8Array, length: number): void;
  TFE_OpSetAttrInt(op: Op, name: CString, value: number | bigint): void;
  TFE_OpSetAttrFloat(op: Op, name: CString, value: number): void;
  TFE_OpSetAttrBool(op: Op, name: CString, value: 0 | 1): void;
  TFE_OpSetAttrType(op: Op, name: CString, value: number): void;
  TFE_OpSetAttrShape(op: Op, name: CString, dims: BigInt64Array, rank: number, status: Status): void;
  TFE_OpSetAttrIntList(op: Op, name: CString, values: BigInt64Array, length: number): void;
  TFE_OpSetAttrFloatList(op: Op, name: CString, values: Float32Array, length: number): void;
  TFE_OpSetAttrBoolList(op: Op, name: CString, values: Uint8Array, length: number): void;
  TFE_OpSetAttrTypeList(op: Op, name: CString, values: Int32Array, length: number): void;
  /** Writes the addresses of the outputs to `outputs` and how many there are to `count[0]`, which holds its room before. */
  TFE_Execute(op: Op, outputs: BigUint64Array, count: Int32Array, status: Status): void;

  TFE_NewTensorHandle(tensor: RawTensor, status: Status): TensorHandle;
  TFE_DeleteTensorHandle(handle: TensorHandle): void;
  TFE_TensorHandleDataType(handle: TensorHandle): number;
  TFE_TensorHandleNumDims(handle: TensorHandle, status: Status): number;
  TFE_TensorHandleDim(handle: TensorHandle, index: number, status: Status): number;
  TFE_TensorHandleResolve(handle: TensorHandle, status: Status): RawTensor;
  TFE_TensorHandleCopyToDevice(handle: TensorHandle, context: Context, device: string, status: Status): TensorHandle;

  TF_AllocateTensor(dtype: number, dims: BigInt64Array, rank: number, bytes: number): RawTensor;
  TF_DeleteTensor(tensor: RawTensor): void;
  TF_TensorData(tensor: RawTensor): Pointer;
  TF_TensorByteSize(tensor: RawTensor): number;
  TF_TensorElementCount(tensor: RawTensor): number;
  TF_TensorType(tensor: RawTensor): number;
  TF_DataTypeSize(dtype: number): number;

  TF_StringInit(string: Pointer): void;
  TF_StringCopy(string: Pointer, bytes: Uint8Array, length: number): void;
  TF_StringGetDataPointer(string: Pointer): Pointer;
  TF_StringGetSize(string: Pointer): number;
  TF_StringDealloc(string: Pointer): void;
}

/** The C library plus the three things C code has for free: copying both ways and constant strings. */
export interface CLibrary extends CApi {
  /** Copies a typed array's bytes to an address. */
  copyIn(target: Pointer, source: ArrayBufferView, bytes: number): void;
  /** Copies bytes from an address into a typed array. */
  copyOut(target: ArrayBufferView, source: Pointer, bytes: number): void;
  /** A zero-terminated copy of a name that lives as long as the process; the same text gives the same address. */
  constantString(text: string): CString;
}

const P = "uintptr_t";
const BYTES = "void *";

const DECLARATIONS: { readonly [Name in keyof CApi]: readonly [result: string, parameters: readonly string[]] } = {
  TF_Version: ["str", []],
  TF_NewStatus: [P, []],
  TF_GetCode: ["int", [P]],
  TF_Message: ["str", [P]],
  TF_SetStatus: ["void", [P, "int", "str"]],
  TFE_NewContextOptions: [P, []],
  TFE_ContextOptionsSetConfig: ["void", [P, BYTES, "size_t", P]],
  TFE_DeleteContextOptions: ["void", [P]],
  TFE_NewContext: [P, [P, P]],
  TFE_ContextListDevices: [P, [P, P]],
  TF_DeviceListCount: ["int", [P]],
  TF_DeviceListName: ["str", [P, "int", P]],
  TF_DeviceListType: ["str", [P, "int", P]],
  TF_DeleteDeviceList: ["void", [P]],
  TFE_NewOp: [P, [P, P, P]],
  TFE_DeleteOp: ["void", [P]],
  TFE_OpAddInput: ["void", [P, P, P]],
  TFE_OpSetAttrString: ["void", [P, P, BYTES, "size_t"]],
  TFE_OpSetAttrInt: ["void", [P, P, "int64_t"]],
  TFE_OpSetAttrFloat: ["void", [P, P, "float"]],
  TFE_OpSetAttrBool: ["void", [P, P, "uint8_t"]],
  TFE_OpSetAttrType: ["void", [P, P, "int"]],
  TFE_OpSetAttrShape: ["void", [P, P, BYTES, "int", P]],
  TFE_OpSetAttrIntList: ["void", [P, P, BYTES, "int"]],
  TFE_OpSetAttrFloatList: ["void", [P, P, BYTES, "int"]],
  TFE_OpSetAttrBoolList: ["void", [P, P, BYTES, "int"]],
  TFE_OpSetAttrTypeList: ["void", [P, P, BYTES, "int"]],
  TFE_Execute: ["void", [P, BYTES, BYTES, P]],
  TFE_NewTensorHandle: [P, [P, P]],
  TFE_DeleteTensorHandle: ["void", [P]],
  TFE_TensorHandleDataType: ["int", [P]],
  TFE_TensorHandleNumDims: ["int", [P, P]],
  TFE_TensorHandleDim: ["int64_t", [P, "int", P]],
  TFE_TensorHandleResolve: [P, [P, P]],
  TFE_TensorHandleCopyToDevice: [P, [P, P, "str", P]],
  TF_AllocateTensor: [P, ["int", BYTES, "int", "size_t"]],
  TF_DeleteTensor: ["void", [P]],
  TF_TensorData: [P, [P]],
  TF_TensorByteSize: ["size_t", [P]],
  TF_TensorElementCount: ["int64_t", [P]],
  TF_TensorType: ["int", [P]],
  TF_DataTypeSize: ["size_t", ["int"]],
  TF_StringInit: ["void", [P]],
  TF_StringCopy: ["void", [P, BYTES, "size_t"]],
  TF_StringGetDataPointer: [P, [P]],
  TF_StringGetSize: ["size_t", [P]],
  TF_StringDealloc: ["void", [P]],
};

/** Flags of dlopen(3); macOS numbers them differently. NODELETE: TensorFlow crashes at exit if it is really unloaded. */
const DLOPEN_FLAGS = process.platform === "darwin" ? 0x80 | 0x8 | 0x2 : 0x1000 | 0x100 | 0x2;
/** Kernels run on the stack that koffi hands to C; its default of 2 MiB is small for TensorFlow. */
const STACK_BYTES = 8 << 20;

/**
 * Loads TensorFlow's C library from its file and declares its functions.
 *
 * @param file absolute path of libtensorflow_cc; its framework library lies beside it
 * @param options.silent whether notes that it writes to the terminal while it is loaded are dropped
 * @throws if the dynamic linker refuses the file, with the linker's own reason
 */
export function loadCLibrary(file: string, { silent = false }: { readonly silent?: boolean } = {}): CLibrary {
  // Required, not imported, so that nothing of koffi is loaded before an engine is opened.
  const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  koffi.config({ ...koffi.config(), sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES });

  const libc = koffi.load(process.platform === "darwin" ? "libSystem.dylib" : "libc.so.6");
  const dlopen = libc.func("dlopen", P, ["str", "int"]) as (file: string, flags: number) => number;
  const dlerror = libc.func("dlerror", "str", []) as () => string | null;
  const load = (): boolean => dlopen(file, DLOPEN_FLAGS) !== 0;
  if (!(silent ? withMutedStderr(libc, load) : load()))
    throw new Error(dlerror() ?? `${path.basename(file)} cannot be loaded`);

  const library = koffi.load(file);
  const declared = Object.entries(DECLARATIONS).map(([name, [result, parameters]]) => [
    name,
    library.func(name, result, [...parameters]),
  ]);
  const copyIn = libc.func("memcpy", P, [P, BYTES, "size_t"]) as CLibrary["copyIn"];
  const copyOut = libc.func("memcpy", P, [BYTES, P, "size_t"]) as CLibrary["copyOut"];

  const constants = new Map<string, CString>();
  const constantString = (text: string): CString => {
    const known = constants.get(text);
    if (known !== undefined) return known;
    const bytes = Buffer.from(`${text}\0`);
    const address = Number(koffi.address(koffi.alloc("uint8_t", bytes.length))) as CString;
    copyIn(address as number as Pointer, bytes, bytes.length);
    constants.set(text, address);
    return address;
  };

  return { ...(Object.fromEntries(declared) as CApi), copyIn, copyOut, constantString };
}

/** An error that TensorFlow itself reported; `code` is its TF_Code (3: invalid argument, 8: out of memory …). */
export class TensorflowError extends Error {
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.name = "TensorflowError";
    this.code = code;
  }
}

/**
 * Throws what a status holds, if it holds an error, and resets it: not every C function clears a stale one, and some
 * crash on it.
 */
export function throwIfFailed(c: CLibrary, status: Status): void {
  const code = c.TF_GetCode(status);
  if (code === 0) return;
  const message = c.TF_Message(status);
  c.TF_SetStatus(status, 0, "");
  throw new TensorflowError(message, code);
}
