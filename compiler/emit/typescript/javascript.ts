/**
 * From the text of a program to JavaScript: the same text without its types. Parses what was written, so that a mistake of
 * the compiler is found here and not by who runs the program. The only user of ts-morph, which it loads when asked.
 */
import type { Node } from "ts-morph";
import type { ProgramText } from "./program-text.ts";

/**
 * @returns the text without its types, everything else as it is
 * @throws Error if the text is no TypeScript, or has other parts than it should
 */
export async function withoutTypes(program: ProgramText): Promise<string> {
  const { Node, Project } = await import("ts-morph");
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  const file = project.createSourceFile("program.ts", program.text);
  const problems = project.getProgram().getSyntacticDiagnostics(file);
  const first = problems[0];
  if (first)
    throw new Error(`the program written is no TypeScript: ${String(first.getMessageText())} at ${first.getStart()}`);

  const found = file.getStatements().flatMap((statement) => {
    if (Node.isVariableStatement(statement)) return statement.getDeclarations().map((each) => each.getName());
    if (Node.isFunctionDeclaration(statement)) return [statement.getName() ?? ""];
    if (Node.isExportAssignment(statement)) return ["default"];
    return Node.isImportDeclaration(statement) && statement.getModuleSpecifierValue() === "mmfc/runtime"
      ? []
      : [statement.getKindName()];
  });
  if (found.join() !== program.exports.join())
    throw new Error(`the program written has the parts ${found.join(", ")}, not ${program.exports.join(", ")}`);

  /** Ranges of types, from the end of what they are about. */
  const cuts: [from: number, to: number][] = [];
  file.forEachDescendant((node: Node) => {
    if (Node.isAsExpression(node)) cuts.push([node.getExpression().getEnd(), node.getEnd()]);
    if (Node.isParameterDeclaration(node)) {
      const type = node.getTypeNode();
      if (type) cuts.push([node.getNameNode().getEnd(), type.getEnd()]);
    }
    if (Node.isNamedImports(node)) {
      const kept = node.getElements().filter((element) => !element.isTypeOnly());
      const last = kept[kept.length - 1];
      const end = node.getElements().at(-1)?.getEnd();
      if (last && end !== undefined) cuts.push([last.getEnd(), end]);
    }
  });
  let text = "";
  let at = 0;
  for (const [from, to] of cuts.sort(([a], [b]) => a - b)) {
    text += program.text.slice(at, from);
    at = to;
  }
  return text + program.text.slice(at);
}
