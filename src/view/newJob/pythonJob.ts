import type { NewFile, NewJob, NewJobChoice } from "./choice.js";
import { sampleShape } from "./itemShape.js";
import { placeLines } from "./place.js";
import { pythonService } from "./pythonService.js";
import { instruction, samples } from "./samples.js";

/**
 * A job in Python: a worker that is given items, so that the run tries failures again and holds the budget. Items that a
 * function gives come from a loop that keeps the checkpoint itself. Both need the standard library alone.
 */
export function pythonJob(choice: NewJobChoice): NewJob {
  const { name, provider, input } = choice;
  const isLoop = input.kind === "function";
  const service = pythonService(provider, instruction, { isLoop, text: textOf(choice) });
  const definition = isLoop
    ? { command: ["${python}", `${name}.py`], checkpoint: `checkpoints/${name}.jsonl` }
    : {
        worker: ["${python}", `${name}.py`],
        ...itemsOf(choice),
        ...(service.params && { params: service.params }),
        ...{ concurrency: 4, workers: 4 },
        ...(service.budget && { budget: service.budget }),
      };
  const lines = [
    `"""${name}: one ${service.what} for each item. Run ${name}.job.json; what is done stays done, whatever ends the run.`,
    "",
    ...placeLines(choice),
    '"""',
    "",
    ...importLines([...service.imports, ...(isLoop ? [] : ["json", "os", "sys", "traceback"])]),
    ...(isLoop ? ["", "import agent_jobs"] : []),
    ...service.constants.map((line, i) => (i === 0 ? `\n${line}` : line)),
    ...(isLoop ? items : []),
    ...service.process,
    ...service.functions,
    ...(isLoop ? loop : worker(service.hasErrors)),
  ];
  const files: [NewFile, ...NewFile[]] = [
    { name: `${name}.job.json`, text: `${JSON.stringify(definition, null, 2)}\n` },
    { name: `${name}.py`, text: `${lines.join("\n")}\n` },
  ];
  if (service.needsKey) files.push({ name: ".gitignore", text: ".env\n", isOptional: true });
  const isInDefinition =
    service.params !== undefined && JSON.stringify(service.params).includes(service.edit);
  return { files, edit: { name: isInDefinition ? `${name}.job.json` : `${name}.py`, text: service.edit } };
}

const importLines = (names: readonly string[]) => [...new Set(names)].sort().map((one) => `import ${one}`);

function textOf({ input }: NewJobChoice): string {
  const shape = input.kind === "file" ? input.shape : sampleShape;
  if (shape.kind === "text") return "item";
  return shape.text === undefined
    ? "json.dumps(item, ensure_ascii=False)"
    : `item[${JSON.stringify(shape.text)}]`;
}

function itemsOf({ input }: NewJobChoice): object {
  if (input.kind !== "file") return { items: samples };
  const { path, shape } = input;
  return { items: path, ...(shape.key !== undefined && shape.key !== "id" && { key: shape.key }) };
}

const items = [
  "",
  "",
  "def items():",
  '    """Gives one item after another: pages of a service, rows of a database. The ids of one run are those of the next."""',
  "    for n in range(1, 13):",
  '        yield {"id": f"text-{n}", "text": f"This is text number {n}."}',
];

const loop = ["", "", 'if __name__ == "__main__":', "    agent_jobs.map(process, items(), concurrency=4)"];

/** What speaks the worker protocol: a JSON a line. */
function worker(hasErrors: boolean): string[] {
  return [
    ...(hasErrors
      ? [
          "",
          "",
          "def cause_of(error):",
          '    """Why an item failed: rate-limit, overloaded, timeout and network are tried again, auth ends the run."""',
          "    if isinstance(error, urllib.error.HTTPError):",
          '        causes = {401: "auth", 402: "auth", 403: "auth", 408: "timeout", 413: "context-too-long", 429: "rate-limit"}',
          '        return causes.get(error.code, "overloaded" if error.code >= 500 else "bad-request")',
          "    if isinstance(error, PermissionError):",
          '        return "auth"',
          "    if isinstance(error, TimeoutError):",
          '        return "timeout"',
          '    return "network" if isinstance(error, OSError) else "bug"',
        ]
      : []),
    "",
    "",
    'if __name__ == "__main__":',
    '    replies = os.fdopen(os.dup(1), "w")  # whatever else is printed goes to the job\'s log',
    "    os.dup2(2, 1)",
    "    params = None",
    '    for line in iter(sys.stdin.readline, ""):',
    "        request = json.loads(line)",
    '        if "id" not in request:  # the first line',
    '            params = request.get("params")',
    "            continue",
    "        try:",
    '            reply = process(request["item"], params)',
    "        except Exception as error:",
    `            told = {"message": f"{type(error).__name__}: {error}", "cause": ${hasErrors ? "cause_of(error)" : '"bug"'}}`,
    '            reply = {"error": {**told, "stack": traceback.format_exc()}}',
    '        print(json.dumps({"id": request["id"], **reply}), file=replies, flush=True)',
  ];
}
