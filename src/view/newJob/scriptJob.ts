import type { NewFile, NewJob, NewJobChoice } from "./choice.js";
import { type ItemShape, sampleShape } from "./itemShape.js";
import { placeLines } from "./place.js";
import { instruction, samples } from "./samples.js";
import { type ScriptService, scriptService } from "./scriptService.js";

/** A job in TypeScript or JavaScript. It imports nothing but agent-jobs, whose types are there without an installation. */
export function scriptJob(choice: NewJobChoice): NewJob {
  const { name, provider, language } = choice;
  const isTyped = language === "typescript";
  const service = scriptService(provider, instruction);
  const file = `${name}.job.${isTyped ? "ts" : "mjs"}`;
  const text = `${[
    ...head(choice, service),
    ...(isTyped ? types(choice, service) : []),
    ...block(service.constants),
    ...source(choice, isTyped),
    ...job(choice, service, isTyped),
    ...(service.needsKey ? setting(isTyped) : []),
    ...(service.needsFailure ? failure(isTyped) : []),
  ].join("\n")}\n`;
  const files: [NewFile, ...NewFile[]] = [{ name: file, text }];
  if (service.needsKey) files.push({ name: ".gitignore", text: ".env\n", isOptional: true });
  return { files, edit: { name: file, text: service.edit } };
}

const block = (lines: readonly string[]): string[] => (lines.length > 0 ? [...lines, ""] : []);
const indent = (lines: readonly string[], by: number) =>
  lines.map((line) => (line === "" ? "" : " ".repeat(by) + line));

function head({ name }: NewJobChoice, { what, imports }: ScriptService): string[] {
  return [
    `// ${name}: one ${what} for each item. Run it, kill it, run it again: what is done stays done.`,
    `import { ${["defineJob", ...imports].sort((a, b) => a.localeCompare(b)).join(", ")} } from "agent-jobs";`,
    "",
  ];
}

function types({ input }: NewJobChoice, service: ScriptService): string[] {
  return block([
    ...(service.needsKey
      ? [
          "// Node's own; not needed where @types/node is installed.",
          "declare const process: { env: Record<string, string | undefined>; loadEnvFile(path: URL): void };",
          "",
        ]
      : []),
    ...(input.kind === "list" ? [] : [itemType(input.kind === "file" ? input.shape : sampleShape)]),
    ...service.types,
  ]);
}

function itemType({ kind, members }: ItemShape): string {
  if (kind === "text") return "type Item = string;";
  const lines = members.map(({ name, type, optional }) => `${nameOf(name)}${optional ? "?" : ""}: ${type}`);
  return `type Item = { ${lines.join("; ")} };`;
}

const isIdentifier = (name: string) => /^[A-Za-z_$][\w$]*$/.test(name);
const nameOf = (name: string) => (isIdentifier(name) ? name : JSON.stringify(name));

/** The expression of an item's text. */
function textOf({ kind, text }: ItemShape): string {
  if (kind === "text") return "item";
  if (text === undefined) return "JSON.stringify(item)";
  return isIdentifier(text) ? `item.${text}` : `item[${JSON.stringify(text)}]`;
}

function source({ input }: NewJobChoice, isTyped: boolean): string[] {
  if (input.kind !== "function") return [];
  return [
    "/** Gives one item after another: pages of a service, rows of a database. The ids of one run are those of the next. */",
    `async function* items()${isTyped ? ": AsyncGenerator<Item>" : ""} {`,
    "  for (let n = 1; n <= 12; n++) yield { id: `text-${n}`, text: `This is text number ${n}.` };",
    "}",
    "",
  ];
}

function job(choice: NewJobChoice, service: ScriptService, isTyped: boolean): string[] {
  const { input } = choice;
  const shape = input.kind === "file" ? input.shape : sampleShape;
  const parameter = isTyped && input.kind !== "list" ? "item: Item" : "item";
  return [
    "export default defineJob({",
    ...indent([...itemMembers(choice, isTyped), ...service.members], 2),
    ...placeLines(choice).map((line) => `  // ${line}`),
    "",
    `  async process(${parameter}, ctx) {`,
    ...indent(service.process(textOf(shape), isTyped), 4),
    "  },",
    "});",
  ];
}

function itemMembers({ input }: NewJobChoice, isTyped: boolean): string[] {
  if (input.kind === "function") return ["items, // an item's `id` is what the checkpoint knows it by"];
  if (input.kind !== "file")
    return [
      "// An item's `id` is what the checkpoint knows it by.",
      "items: [",
      ...samples.map(({ id, text }) => `  { id: ${JSON.stringify(id)}, text: ${JSON.stringify(text)} },`),
      "],",
    ];
  const { path, shape } = input;
  const items = `items: ${JSON.stringify(path)}, // relative to this file; a row is an item`;
  if (shape.kind === "text" || shape.key === "id") return [items];
  if (shape.key !== undefined)
    return [
      items,
      `key: ${JSON.stringify(shape.key)}, // what the checkpoint knows an item by: it differs in every row`,
    ];
  const parameter = isTyped ? "item: Item" : "item";
  return [items, `key: (${parameter}) => JSON.stringify(item), // no member differs in every row`];
}

function setting(isTyped: boolean): string[] {
  return [
    "",
    "/** From a file .env beside this one (a line NAME=value; keep it out of git), or from the environment. */",
    `function setting(name${isTyped ? ": string): string" : ")"} {`,
    "  try {",
    '    process.loadEnvFile(new URL(".env", import.meta.url));',
    "  } catch {} // there is none",
    "  const value = process.env[name];",
    "  if (!value) throw new Error(`${name} is not set: put ${name}=… into a file .env beside this one.`);",
    "  return value;",
    "}",
  ];
}

function failure(isTyped: boolean): string[] {
  return [
    "",
    "/** Tells the run why the service refused: 429 and 5xx are tried again, 401 ends the run. */",
    isTyped
      ? "async function failure(response: Response): Promise<Error> {"
      : "async function failure(response) {",
    "  const { status, headers } = response;",
    "  const text = (await response.text()).slice(0, 500);",
    "  return Object.assign(new Error(`${status}: ${text}`), { status, headers });",
    "}",
  ];
}

/** For a script of another kind: the lines before its job, and the job's members that say what the items are. */
export function scriptItems(choice: NewJobChoice): { before: string[]; members: string[] } {
  return { before: source(choice, false), members: itemMembers(choice, false) };
}
