/**
 * Kernels made of other kernels: calls them below tfjs's ops, so that no tape records them, and disposes what they
 * made on the way.
 */
import type { KernelBackend, NamedAttrMap, TensorInfo } from "@tensorflow/tfjs";

type Tfjs = typeof import("@tensorflow/tfjs");

/**
 * A place for intermediate results on one backend.
 * Kernels that only relabel data (Reshape) share it and count, so disposing each result once is right for them too.
 */
export function scratch(tf: Tfjs, backendName: string, backend: unknown) {
  const { disposeData } = backend as KernelBackend;
  const made: TensorInfo[] = [];
  return {
    call(kernelName: string, inputs: Record<string, TensorInfo>, attrs: object = {}): TensorInfo {
      const kernel = tf.getKernel(kernelName, backendName);
      const output = kernel.kernelFunc({
        inputs,
        backend: backend as object,
        attrs: attrs as NamedAttrMap,
      }) as TensorInfo;
      made.push(output);
      return output;
    },
    /** Disposes every intermediate result but this one, and returns it. */
    keep(result: TensorInfo): TensorInfo {
      for (const info of made) if (info !== result) disposeData.call(backend, info.dataId);
      return result;
    },
  };
}
