/** Plain data as code: plans and arguments. Knows no model. */

import { type Code, object, text } from "./layout.ts";
import { numeral, quote } from "./literals.ts";

/**
 * A literal of plain JSON data. Properties that are undefined are left out, as JSON leaves them out.
 *
 * @throws TypeError for what is no plain data
 */
export function literal(value: unknown): Code {
  switch (typeof value) {
    case "string":
      return text(quote(value));
    case "number":
      return text(numeral(value));
    case "boolean":
      return text(String(value));
    case "object":
      if (value === null) return text("null");
      if (Array.isArray(value)) return { is: "array", items: value.map((each) => ({ code: literal(each) })) };
      return object(
        Object.entries(value)
          .filter(([, each]) => each !== undefined)
          .map(([name, each]) => [name, literal(each)]),
      );
    default:
      throw new TypeError(`${typeof value} is no plain data`);
  }
}
