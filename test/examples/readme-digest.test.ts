import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { globSync } from "tinyglobby";
import { type Digest, digestOf } from "../../examples/readme-digest/digest.js";
import {
  ModelHttpError,
  type Summarizer,
  summarize,
  summarizerFrom,
} from "../../examples/readme-digest/modelSummary.js";
import { outlineOf } from "../../examples/readme-digest/outline.js";
import { root } from "../setup/root.js";

const folder = join(root, "examples/readme-digest");

/** The glob that the job file names. */
function jobGlob(): string {
  const source = readFileSync(join(folder, "readme-digest.job.ts"), "utf8");
  return /items: "([^"]+)"/.exec(source)?.[1] ?? assert.fail("the job file has no glob");
}

const readmes = () => globSync(jobGlob(), { cwd: folder, expandDirectories: false, absolute: true }).sort();

function readmeOf(name: string): string {
  const found = readmes().find((path) => basename(join(path, "..")) === name);
  return found ?? assert.fail(`${name} has no README here`);
}

const digestFile = (path: string) => digestOf(path, readFileSync(path, "utf8"));

/** Letters and digits alone: what markup, white space and the added full stop cannot change. */
const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

describe("examples/readme-digest: the local digest", () => {
  it("finds at least 300 documents", () => {
    assert.ok(readmes().length >= 300, `found ${readmes().length}`);
  });

  it("digests every one of them into plain JSON with a title, a summary and a count of words", async () => {
    for (const path of readmes()) {
      const digest = await digestFile(path);
      assert.deepEqual(JSON.parse(JSON.stringify(digest)), digest, path);
      assert.notEqual(digest.title, "", path);
      assert.notEqual(digest.summary, "", path);
      assert.ok(Number.isInteger(digest.words), path);
      assert.ok(digest.keywords.length <= 8, path);
      assert.equal(new Set(digest.keywords).size, digest.keywords.length, path);
    }
  });

  it("makes summaries of sentences that stand in the document", async () => {
    for (const path of readmes()) {
      const digest = await digestFile(path);
      if (digest.summaryBy !== "extract") continue;
      const { blocks } = outlineOf(readFileSync(path, "utf8"));
      const document = blocks.map((block) => bare(block.text));
      // A sentence may have full stops inside, so the pieces between them are looked for.
      for (const piece of digest.summary.split(/(?<=[.!?…])\s+/)) {
        assert.ok(
          document.some((text) => text.includes(bare(piece))),
          `${path}: "${piece}"`,
        );
      }
    }
  });

  it("keeps markup, badges, tags and install commands out of summaries", async () => {
    for (const path of readmes()) {
      const { summary } = await digestFile(path);
      assert.doesNotMatch(
        summary,
        /!\[|\]\(|<\/?(p|div|img|a|br|h\d)\b|```|img\.shields\.io|badge\.svg/,
        path,
      );
      assert.doesNotMatch(summary, /^(npm (i|install)|yarn add|pnpm add)\b/, path);
      assert.ok(summary.split(/\s+/).length <= 80, `${path}: ${summary}`);
    }
  });

  it("lists each link once, as it is written, without those within the page", async () => {
    for (const path of readmes()) {
      const text = readFileSync(path, "utf8");
      const { links } = await digestFile(path);
      assert.equal(new Set(links.map((link) => link.href)).size, links.length, path);
      for (const { href, text: label } of links) {
        assert.ok(!href.startsWith("#") && label !== "", `${path}: ${href}`);
        const target = href.replace(/^(mailto:|https?:\/\/)/, "");
        const written = [text, text.replaceAll("&amp;", "&")];
        const readable = decodeURI(target.replace(/%(?![0-9a-f]{2})/gi, "%25"));
        assert.ok(
          written.some((source) => source.includes(target) || source.includes(readable)),
          `${path}: ${href}`,
        );
      }
    }
  });

  it("takes the title from the heading, and the package's name and version from its package.json", async () => {
    for (const name of ["commander", "chokidar", "marked", "wink-nlp", "p-limit"]) {
      const path = readmeOf(name);
      const manifest = JSON.parse(readFileSync(join(path, "../package.json"), "utf8"));
      const digest = await digestFile(path);
      assert.deepEqual(digest.package, { name, version: manifest.version });
      const heading = /^# *(.+?)$|<h1[^>]*>([\s\S]*?)<\/h1>/m.exec(readFileSync(path, "utf8"));
      assert.ok(bare(heading?.[0] ?? "").includes(bare(digest.title)), `${path}: ${digest.title}`);
    }
  });

  it("says what well-known packages do", async () => {
    const summaryOf = async (name: string) => (await digestFile(readmeOf(name))).summary;
    assert.match(await summaryOf("commander"), /command-line interfaces/);
    assert.match(await summaryOf("yocto-queue"), /queue data structure/);
    assert.match(await summaryOf("picocolors"), /terminal output formatting/);
    assert.match(await summaryOf("is-glob"), /looks like a glob pattern/);
  });

  it("gives a package without any prose the description of its package.json", async () => {
    const digest = await digestOf(readmeOf("commander"), "\n");
    const manifest = JSON.parse(readFileSync(join(readmeOf("commander"), "../package.json"), "utf8"));
    assert.equal(digest.title, "commander");
    assert.equal(digest.summary, manifest.description);
    assert.equal(digest.summaryBy, "package.json");
    assert.deepEqual([digest.links, digest.words], [[], 0]);
  });

  it("reads badges, HTML headings, quotations and front matter as a person does", async () => {
    const outline = outlineOf(
      [
        "---\nlayout: page\n---",
        '<h1 align="center"><img src="x.svg" alt="Tidy logo"></h1>\n',
        "[![build](https://ci.example/b.svg)](https://ci.example)\n",
        "> Tidies what was untidy &amp; keeps the rest. :tada:\n",
        "[Docs](https://d.example) • [Chat](https://c.example) • [Blog](https://b.example)\n",
        "## Install\n\n```sh\nnpm i tidy\n```\n\nSee [the guide](./guide.md#top) and [above](#install).",
      ].join("\n"),
    );
    assert.equal(outline.title, "Tidy");
    assert.deepEqual(outline.blocks, [
      { kind: "paragraph", text: "Tidies what was untidy & keeps the rest.", sections: [] },
      { kind: "paragraph", text: "See the guide and above.", sections: ["Install"] },
    ]);
    assert.deepEqual(
      outline.links.map((link) => link.href),
      ["https://d.example", "https://c.example", "https://b.example", "./guide.md#top"],
    );
  });
});

type Received = { url: string; headers: IncomingHttpHeaders; body: Record<string, unknown> };

describe("examples/readme-digest: summaries by a model", () => {
  let server: Server;
  let url: string;
  let received: Received[];
  let answer: (response: ServerResponse) => void;

  before(async () => {
    server = createServer(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      received.push({ url: request.url ?? "", headers: request.headers, body: JSON.parse(text) });
      response.setHeader("content-type", "application/json");
      answer(response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    received = [];
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  const anthropicReply = {
    id: "msg_01XFDUDYJgAACzvnptvVoYEL",
    type: "message",
    role: "assistant",
    model: "claude-haiku-4-5",
    content: [{ type: "text", text: "Parses command lines.\nFor Node.js." }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: 812,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 23,
    },
  };
  const openAiReply = {
    id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
    object: "chat.completion",
    created: 1741569952,
    model: "gpt-4.1-mini",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "<think>Hm.</think>Parses command lines.", refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 790, completion_tokens: 19, total_tokens: 809 },
  };

  async function digestWith(to: Summarizer): Promise<{ digest: Digest; usage: object[] }> {
    const usage: object[] = [];
    const call = {
      signal: new AbortController().signal,
      fetch,
      usage: (reply: object) => void usage.push(reply),
    };
    const path = readmeOf("commander");
    const digest = await digestOf(path, readFileSync(path, "utf8"), {
      outline: async (text) => outlineOf(text),
      model: { name: to.model, summarize: (name, prose) => summarize(to, name, prose, call) },
    });
    return { digest, usage };
  }

  const anthropic = () => summarizerFrom({ ANTHROPIC_API_KEY: "test-key", ANTHROPIC_BASE_URL: `${url}/` })!;
  const openAi = () => summarizerFrom({ OPENAI_BASE_URL: `${url}/v1`, DIGEST_MODEL: "local-model" })!;

  it("asks Anthropic's Messages API, and hands its reply on for the usage", async () => {
    answer = (response) => response.end(JSON.stringify(anthropicReply));
    const { digest, usage } = await digestWith(anthropic());
    assert.equal(digest.summary, "Parses command lines. For Node.js.");
    assert.equal(digest.summaryBy, "claude-haiku-4-5");
    assert.deepEqual(usage, [anthropicReply]);
    const [request] = received;
    assert.equal(request?.url, "/v1/messages");
    assert.equal(request?.headers["x-api-key"], "test-key");
    assert.equal(request?.headers["anthropic-version"], "2023-06-01");
    assert.equal(request?.body.model, "claude-haiku-4-5");
    assert.ok(Number(request?.body.max_tokens) > 0);
    assert.match(JSON.stringify(request?.body.messages), /command-line interfaces/);
  });

  it("asks an OpenAI-compatible server, without a key where there is none", async () => {
    answer = (response) => response.end(JSON.stringify(openAiReply));
    const { digest, usage } = await digestWith(openAi());
    assert.equal(digest.summary, "Parses command lines.");
    assert.equal(digest.summaryBy, "local-model");
    assert.deepEqual(usage, [openAiReply]);
    const [request] = received;
    assert.equal(request?.url, "/v1/chat/completions");
    assert.equal(request?.headers.authorization, undefined);
    assert.equal(request?.body.model, "local-model");
  });

  it("throws the server's message with the status", async () => {
    const refusals: [Summarizer, number, object | string, RegExp][] = [
      [
        anthropic(),
        429,
        {
          type: "error",
          error: { type: "rate_limit_error", message: "Number of requests has exceeded your limit" },
          request_id: "req_011CSHoEeqs5C35K2UUqR7Fy",
        },
        /answered 429: Number of requests has exceeded your limit$/,
      ],
      [
        openAi(),
        401,
        {
          error: {
            message: "Incorrect API key provided: none.",
            type: "invalid_request_error",
            param: null,
            code: "invalid_api_key",
          },
        },
        /answered 401: Incorrect API key provided: none\.$/,
      ],
      [openAi(), 404, { error: 'model "x" not found' }, /answered 404: model "x" not found$/],
      [openAi(), 502, "<html>Bad Gateway</html>", /answered 502: <html>Bad Gateway<\/html>$/],
    ];
    for (const [to, status, body, message] of refusals) {
      answer = (response) => {
        response.writeHead(status, { "retry-after": "7" });
        response.end(typeof body === "string" ? body : JSON.stringify(body));
      };
      await assert.rejects(digestWith(to), (error: unknown) => {
        assert.ok(error instanceof ModelHttpError);
        assert.equal(error.status, status);
        assert.equal(error.headers.get("retry-after"), "7");
        assert.match(error.message, message);
        return true;
      });
    }
  });

  it("fails on a reply without text or without JSON, and counts the tokens of the former", async () => {
    answer = (response) =>
      response.end(JSON.stringify({ ...anthropicReply, content: [], stop_reason: "max_tokens" }));
    const usage: object[] = [];
    const signal = new AbortController().signal;
    const call = { signal, fetch, usage: (reply: object) => void usage.push(reply) };
    await assert.rejects(summarize(anthropic(), "x", "y", call), /gave no text \(stopped by: max_tokens\)/);
    assert.equal(usage.length, 1);
    answer = (response) => response.end("not json");
    await assert.rejects(summarize(openAi(), "x", "y", call), /not JSON: not json/);
  });

  it("says which server it cannot reach, and keeps the system's code", async () => {
    const vacant = createServer().listen(0, "127.0.0.1");
    await once(vacant, "listening");
    const { port } = vacant.address() as AddressInfo;
    vacant.close();
    await once(vacant, "close");
    const to = summarizerFrom({ OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` })!;
    const call = { signal: new AbortController().signal, fetch, usage: () => assert.fail("no reply came") };
    await assert.rejects(summarize(to, "x", "y", call), (error: Error) => {
      assert.match(error.message, new RegExp(`^Cannot reach 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`));
      assert.equal(((error.cause as Error).cause as { code?: string }).code, "ECONNREFUSED");
      return true;
    });
  });

  it("is aborted by the signal", async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    const call = { signal: controller.signal, fetch, usage: () => assert.fail("no reply came") };
    await assert.rejects(summarize(openAi(), "x", "y", call), { name: "AbortError" });
  });

  it("does not ask a model about a document that says nothing", async () => {
    const digest = await digestOf(readmeOf("commander"), "# commander\n", {
      outline: async (text) => outlineOf(text),
      model: { name: "m", summarize: () => assert.fail("asked") },
    });
    assert.equal(digest.summaryBy, "package.json");
  });

  it("chooses the provider by the environment, and none where DIGEST_MODEL is local", () => {
    const of = (env: NodeJS.ProcessEnv) => {
      const to = summarizerFrom(env);
      return to && `${to.provider} ${to.baseUrl}`;
    };
    assert.equal(of({}), undefined);
    assert.equal(of({ ANTHROPIC_BASE_URL: "http://x" }), undefined);
    assert.equal(of({ ANTHROPIC_API_KEY: "k" }), "anthropic https://api.anthropic.com");
    assert.equal(of({ OPENAI_API_KEY: "k" }), "openai https://api.openai.com/v1");
    assert.equal(of({ ANTHROPIC_API_KEY: "k", DIGEST_MODEL: "local" }), undefined);
  });
});
