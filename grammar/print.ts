/**
 * The one style in which values, flows and properties are written: messages, diagram, IR and program use it, so that
 * one thing looks the same everywhere. Always on one line; never changes the meaning.
 */
import type { Arg, Call, Dim, Flow, Kind, List, NumberLiteral, Property, Props, Ref, Scalar, Value } from "./ast.ts";
import { readNumber } from "./numbers.ts";
import { printString } from "./strings.ts";

/** `conv2d(32, 3x3, relu)`, `[1, 2]`, `10_000`, `"a\nb"`, `0.1..0.5`. */
export function printValue(value: Value): string {
  switch (value.kind) {
    case "flow":
      return printFlow(value);
    case "list":
      return printList(value);
    case "range":
      return `${printScalar(value.from)}..${printScalar(value.to)}`;
    default:
      return printScalar(value);
  }
}

/** `report -> embedding(128) -> lstm(128)`. */
export function printFlow(flow: Flow): string {
  return flow.calls.map(printCall).join(" -> ");
}

/** `flatten`, `dense(128, activation: relu)`. */
export function printCall(call: Call): string {
  const name = printRef(call.ref);
  return call.args === undefined ? name : `${name}(${call.args.map(printArg).join(", ")})`;
}

/** `{ loss: mse, metrics: [mae] }`; without properties `{ }`. */
export function printProps(props: Props): string {
  return props.entries.length === 0 ? "{ }" : `{ ${props.entries.map(printProperty).join(", ")} }`;
}

/** `loss: mse`. */
export function printProperty(property: Property): string {
  return property.value === undefined ? `${property.key.text}:` : `${property.key.text}: ${printValue(property.value)}`;
}

/** `f32[B, time=626, bands=128]?`. */
export function printKind(kind: Kind): string {
  const dims = kind.dims === undefined ? "" : `[${kind.dims.map(printDim).join(", ")}]`;
  return `${kind.name.text}${dims}${kind.optional ? "?" : ""}`;
}

/** `Align.seen`. */
export function printRef(ref: Ref): string {
  return ref.parts.map((part) => part.text).join(".");
}

/** An integer as the language writes it: five digits and more have `_` between thousands. */
export function printInteger(value: number | bigint): string {
  const digits = String(value);
  return /^-?\d{5,}$/.test(digits) ? digits.replace(/\B(?=(\d{3})+$)/g, "_") : digits;
}

function printArg(arg: Arg): string {
  return arg.key === undefined ? printValue(arg.value) : `${arg.key.text}: ${printValue(arg.value)}`;
}

function printList(list: List): string {
  return `[${list.items.map(printValue).join(", ")}]`;
}

function printDim(dim: Dim): string {
  const left = dim.size === undefined ? (dim.ref === undefined ? "" : printRef(dim.ref)) : printInteger(dim.size);
  if (dim.equals === undefined) return left;
  return `${left}=${typeof dim.equals === "number" ? printInteger(dim.equals) : printRef(dim.equals)}`;
}

function printScalar(scalar: Scalar): string {
  switch (scalar.kind) {
    case "number":
      return printNumber(scalar);
    case "size":
      return scalar.sizes.join("x");
    case "ratio":
      return `${scalar.above}/${scalar.below}`;
    case "string":
      return printString(scalar.value);
    case "boolean":
      return String(scalar.value);
  }
}

function printNumber(number: NumberLiteral): string {
  const unit = number.unit ?? "";
  // beyond 2^53 the text has digits that the value lost
  const digits = /^-?[\d_]+/.exec(number.text)?.[0].replaceAll("_", "");
  if (number.integer && digits !== undefined && digits !== "-") return printInteger(BigInt(digits)) + unit;
  if (number.integer) return printInteger(number.value) + unit;
  if (number.text === "") return String(number.value) + unit;
  return readNumber(number.text).written ?? number.text;
}
