import type { Provider } from "./choice.js";

/** What of a job in TypeScript or JavaScript depends on who is asked. */
export interface ScriptService {
  /** What is done with each item, after "one". */
  what: string;
  /** Names that are imported from agent-jobs besides defineJob. */
  imports: readonly string[];
  /** Lines between the imports and the job. */
  constants: readonly string[];
  /** The type of what the service answers; for TypeScript alone. */
  types: readonly string[];
  /** Members of the job. */
  members: readonly string[];
  /** @param text the expression of an item's text */
  process(text: string, isTyped: boolean): readonly string[];
  needsKey: boolean;
  needsFailure: boolean;
  /** What a person changes first. */
  edit: string;
}

const sent = (url: string, headers: string, body: string) => [
  `const response = await ctx.fetch(${url}, {`,
  '  method: "POST",',
  `  headers: { ${headers} },`,
  `  body: JSON.stringify(${body}),`,
  "  signal: ctx.signal,",
  "});",
  "if (!response.ok) throw await failure(response);",
];

const json = '"content-type": "application/json"';
const params = [
  "params: { model, instructions }, // recorded: a change is noticed, and you are asked",
  "concurrency: 4,",
  "budget: { usd: 1 }, // of all runs together; raise it, and resume",
];

function model(
  given: {
    what: string;
    key: string;
    base: string;
    url: string;
    model: string;
    headers: string;
    body: (text: string) => string;
    reply: string;
    answer: string;
  },
  instruction: string,
): ScriptService {
  return {
    what: given.what,
    imports: ["BadReplyError"],
    constants: [
      `const model = "${given.model}";`,
      `const instructions = ${JSON.stringify(instruction)};`,
      `const apiKey = setting("${given.key}");`,
      `const baseUrl = process.env.${given.base} ?? "${given.url}";`,
    ],
    types: [`type Reply = ${given.reply};`],
    members: params,
    process: (text, isTyped) => [
      ...sent(
        `\`\${baseUrl}${given.url.endsWith("/v1") ? "/responses" : "/v1/messages"}\``,
        given.headers,
        given.body(text),
      ),
      isTyped ? "const reply = (await response.json()) as Reply;" : "const reply = await response.json();",
      "ctx.usage(reply); // its tokens, and what they cost",
      `const answer = ${given.answer};`,
      'if (answer === "") throw new BadReplyError("The reply holds no text.");',
      "return { answer };",
    ],
    needsKey: true,
    needsFailure: true,
    edit: JSON.stringify(instruction),
  };
}

export function scriptService(provider: Provider, instruction: string): ScriptService {
  switch (provider) {
    case "openai":
      return model(
        {
          ...{
            what: "request to OpenAI",
            key: "OPENAI_API_KEY",
            base: "OPENAI_BASE_URL",
            model: "gpt-4.1-mini",
          },
          url: "https://api.openai.com/v1",
          headers: `${json}, authorization: \`Bearer \${apiKey}\``,
          body: (text) => `{ model, instructions, input: ${text} }`,
          reply: "{ output: { content?: { text?: string }[] }[] }",
          answer:
            'reply.output.flatMap(({ content }) => content ?? []).map(({ text }) => text ?? "").join("")',
        },
        instruction,
      );
    case "anthropic":
      return model(
        {
          ...{
            what: "request to Anthropic",
            key: "ANTHROPIC_API_KEY",
            base: "ANTHROPIC_BASE_URL",
            model: "claude-haiku-4-5",
          },
          url: "https://api.anthropic.com",
          headers: `${json}, "x-api-key": apiKey, "anthropic-version": "2023-06-01"`,
          body: (text) =>
            `{ model, max_tokens: 1000, system: instructions, messages: [{ role: "user", content: ${text} }] }`,
          reply: "{ content: { text?: string }[] }",
          answer: 'reply.content.map(({ text }) => text ?? "").join("")',
        },
        instruction,
      );
    case "http":
      return {
        what: "request to an endpoint",
        imports: [],
        constants: ['const url = "http://127.0.0.1:8000/"; // your endpoint'],
        types: [],
        members: ["params: { url }, // recorded: a change is noticed, and you are asked", "concurrency: 4,"],
        process: (_, isTyped) => [
          ...sent("url", json, "item"),
          `const result${isTyped ? ": unknown" : ""} = await response.json();`,
          "return result; // any JSON; it is kept in the checkpoint",
        ],
        needsKey: false,
        needsFailure: true,
        edit: "http://127.0.0.1:8000/",
      };
    case "none":
      return {
        what: "step of work",
        imports: [],
        constants: [],
        types: [],
        members: ["concurrency: 4,"],
        process: (text) => [
          "// What is to be done with one item. What it returns, any JSON, is kept in the checkpoint.",
          `const words = ${text}.split(/\\s+/);`,
          "ctx.log(`${words.length} words`);",
          "return { words: words.length };",
        ],
        needsKey: false,
        needsFailure: false,
        edit: "// What is to be done with one item.",
      };
  }
}
