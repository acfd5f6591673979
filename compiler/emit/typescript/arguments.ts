/** Arguments of a layer of the IR, as the registry's entries ask for them. They are plain data by then: stages are bodies. */
import type { ArgValue, Layer } from "../../ir/ir.ts";
import type { Arguments, Entry } from "../../registry/define.ts";

/** @throws Error where an entry asks for an argument that the layer lacks */
export function argumentsOf(layer: Layer, entry: Entry): Arguments {
  const { args } = layer;
  const find = <T>(name: string, fits: (value: ArgValue) => boolean): T => {
    const value = args[name];
    if (value === undefined || !fits(value))
      throw new Error(`${layer.id} (${layer.op}) has no argument ${name} of the kind wanted`);
    return value as T;
  };
  const number = (name: string) => find<number>(name, (value) => typeof value === "number");
  const string = (name: string) => find<string>(name, (value) => typeof value === "string");
  const has = (name: string) => args[name] !== undefined;
  return {
    has,
    given: (name) => has(name) && !isDefault(entry, name, args[name] as ArgValue),
    number,
    maybeNumber: (name) => (has(name) ? number(name) : undefined),
    string,
    maybeString: (name) => (has(name) ? string(name) : undefined),
    boolean: (name) => find<boolean>(name, (value) => typeof value === "boolean"),
    size: (name) => find<readonly number[]>(name, Array.isArray),
    value: (name) => args[name],
    flow: () => undefined,
    flows: () => [],
    span: () => layer.origin,
    plain: args,
  };
}

/** Whether an argument is what it would be without being written. */
export function isDefault(entry: Entry, name: string, value: ArgValue): boolean {
  const param = entry.params[name];
  return (
    param !== undefined &&
    !param.required &&
    param.default !== undefined &&
    JSON.stringify(param.default) === JSON.stringify(value)
  );
}
