import type { Provider } from "./choice.js";

/** What of a job in Python depends on who is asked. */
export interface PythonService {
  what: string;
  imports: readonly string[];
  constants: readonly string[];
  /** The function that does one item. */
  process: readonly string[];
  /** What it calls. */
  functions: readonly string[];
  /** Of the job file; what results depend on. */
  params?: Record<string, string>;
  budget?: { usd: number };
  needsKey: boolean;
  hasErrors: boolean;
  edit: string;
}

interface Form {
  /** The script keeps the checkpoint itself, rather than be given items. */
  isLoop: boolean;
  /** The expression of an item's text. */
  text: string;
}

const post = [
  "",
  "",
  "def post(url, body, **headers):",
  "    data = json.dumps(body).encode()",
  '    headers = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}',
  "    try:",
  "        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=120) as response:",
  "            return json.load(response)",
  "    except urllib.error.HTTPError as error:",
  '        error.msg = error.read(500).decode(errors="replace")  # what the service says of it',
  "        raise",
];

const setting = [
  "",
  "",
  "def setting(name):",
  '    """From a file .env beside this one (a line NAME=value; keep it out of git), or from the environment."""',
  '    path = pathlib.Path(__file__).with_name(".env")',
  '    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []',
  '    found = dict(line.split("=", 1) for line in lines if "=" in line)',
  '    value = os.environ.get(name) or found.get(name, "").strip().strip("\\"\'")',
  "    if not value:",
  '        raise PermissionError(f"{name} is not set: put {name}=… into a file .env beside this one.")',
  "    return value",
];

function model(
  given: {
    what: string;
    model: string;
    url: string;
    base: string;
    key: string;
    path: string;
    body: string;
    header: string;
    answer: string[];
  },
  instruction: string,
  { isLoop, text }: Form,
): PythonService {
  const params = { model: given.model, instructions: instruction };
  const from = isLoop ? "PARAMS" : "params";
  return {
    what: given.what,
    imports: ["json", "os", "pathlib", "urllib.error", "urllib.request"],
    constants: [
      `BASE_URL = os.environ.get("${given.base}", "${given.url}")`,
      ...(isLoop
        ? [
            "PARAMS = {",
            ...Object.entries(params).map(([name, value]) => `    "${name}": ${JSON.stringify(value)},`),
            "}",
          ]
        : []),
    ],
    process: [
      "",
      "",
      isLoop ? "def process(item):" : "def process(item, params):",
      `    body = ${given.body.replaceAll("$params", from).replace("$text", text)}`,
      `    reply = post(f"{BASE_URL}${given.path}", body, ${given.header.replace("$key", `setting("${given.key}")`)})`,
      ...given.answer.map((line) => `    ${line}`),
      ...(isLoop
        ? ["    agent_jobs.usage(reply)", '    return {"answer": answer}']
        : ['    return {"result": {"answer": answer}, "usage": reply}']),
    ],
    functions: [...post, ...setting],
    ...(!isLoop && { params, budget: { usd: 1 } }),
    needsKey: true,
    hasErrors: true,
    edit: instruction,
  };
}

export function pythonService(provider: Provider, instruction: string, form: Form): PythonService {
  const { isLoop, text } = form;
  switch (provider) {
    case "openai":
      return model(
        {
          ...{ what: "request to OpenAI", model: "gpt-4.1-mini", url: "https://api.openai.com/v1" },
          ...{ base: "OPENAI_BASE_URL", key: "OPENAI_API_KEY", path: "/responses" },
          body: '{"model": $params["model"], "instructions": $params["instructions"], "input": $text}',
          header: 'authorization="Bearer " + $key',
          answer: [
            'parts = [part for output in reply["output"] for part in output.get("content") or []]',
            'answer = "".join(part.get("text") or "" for part in parts)',
          ],
        },
        instruction,
        form,
      );
    case "anthropic":
      return model(
        {
          ...{ what: "request to Anthropic", model: "claude-haiku-4-5", url: "https://api.anthropic.com" },
          ...{ base: "ANTHROPIC_BASE_URL", key: "ANTHROPIC_API_KEY", path: "/v1/messages" },
          body: '{"model": $params["model"], "max_tokens": 1000, "system": $params["instructions"], "messages": [{"role": "user", "content": $text}]}',
          header: 'x_api_key=$key, anthropic_version="2023-06-01"',
          answer: ['answer = "".join(part.get("text") or "" for part in reply["content"])'],
        },
        instruction,
        form,
      );
    case "http":
      return {
        what: "request to an endpoint",
        imports: ["json", "urllib.error", "urllib.request"],
        constants: ['URL = "http://127.0.0.1:8000/"  # your endpoint'],
        process: [
          "",
          "",
          isLoop ? "def process(item):" : "def process(item, params):",
          "    result = post(URL, item)  # any JSON; it is kept in the checkpoint",
          isLoop ? "    return result" : '    return {"result": result}',
        ],
        functions: post,
        needsKey: false,
        hasErrors: true,
        edit: "http://127.0.0.1:8000/",
      };
    case "none":
      return {
        what: "step of work",
        imports: text.startsWith("json.") ? ["json"] : [],
        constants: [],
        process: [
          "",
          "",
          isLoop ? "def process(item):" : "def process(item, params):",
          "    # What is to be done with one item. Its result, any JSON, is kept in the checkpoint.",
          `    words = ${text}.split()`,
          isLoop ? '    return {"words": len(words)}' : '    return {"result": {"words": len(words)}}',
        ],
        functions: [],
        needsKey: false,
        hasErrors: false,
        edit: "# What is to be done with one item.",
      };
  }
}
