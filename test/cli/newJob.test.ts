import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { readResults } from "../../src/runtime/results.js";
import { checkDefinition } from "../../src/runtime/runner/definition.js";
import type { RunEvent } from "../../src/runtime/runner/events.js";
import { resolveItems } from "../../src/runtime/runner/items.js";
import { loadJob } from "../../src/runtime/runner/loadJob.js";
import { runJob } from "../../src/runtime/runner/run.js";
import { RunControl } from "../../src/runtime/runner/runControl.js";
import { pythonVariable } from "../../src/runtime/runner/workerCommand.js";
import { JsonlStore } from "../../src/runtime/store/jsonlStore.js";
import {
  type InputChoice,
  type Language,
  languages,
  type NewJobChoice,
  type Provider,
  providersFor,
} from "../../src/view/newJob/choice.js";
import { exampleJob } from "../../src/view/newJob/example.js";
import { shapeOf } from "../../src/view/newJob/itemShape.js";
import { newJob } from "../../src/view/newJob/newJob.js";
import { root } from "../setup/root.js";
import { runCli, scratchFolder } from "../support/cli.js";
import { forkModelServer } from "../support/modelServer/forkModelServer.js";
import type { ModelServer } from "../support/modelServer/modelServer.js";
import { python } from "../support/pythonProgram.js";

const rows = [
  { "Order no": "A 1", body: "Two of the cups were broken.", stars: 1 },
  { "Order no": "A 2", body: "As described, and quick.", stars: 5, note: "gift" },
];
const inputs: readonly InputChoice[] = [
  { kind: "file", path: "../data/orders.jsonl", shape: shapeOf(rows)! },
  { kind: "sample" },
  { kind: "list" },
  { kind: "function" },
];
const counts: Record<InputChoice["kind"], number> = { file: 2, sample: 3, list: 3, function: 12 };

const choices: NewJobChoice[] = languages.flatMap((language) =>
  providersFor(language).flatMap((provider) =>
    inputs.map((input) => ({
      name: `${provider}-${input.kind}`,
      language,
      input,
      provider,
      placeWarning: null,
    })),
  ),
);
const titleOf = ({ language, input, provider }: NewJobChoice) => `${language}, ${provider}, ${input.kind}`;

describe("a new job", function () {
  this.timeout(60_000);
  const folder = scratchFolder();
  let models: ModelServer;
  let endpoint: Server;
  const posted: unknown[] = [];
  const names = [
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "OPENAI_BASE_URL",
    "ANTHROPIC_BASE_URL",
    pythonVariable,
  ];
  const personal = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  const folderOf = ({ language }: NewJobChoice) => join(folder.path, language);

  before(async () => {
    mkdirSync(join(folder.path, "data"));
    writeFileSync(
      join(folder.path, "data/orders.jsonl"),
      rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
    );
    for (const choice of choices)
      for (const { name, text } of newJob(choice).files) {
        mkdirSync(folderOf(choice), { recursive: true });
        writeFileSync(join(folderOf(choice), name), text);
      }
    models = await forkModelServer({ latencyMs: [1, 2] });
    Object.assign(process.env, env("key"));
    // A launcher such as pyenv's takes longer to find Python than most of these jobs take.
    const asked = await promisify(execFile)(python, ["-c", "import sys; print(sys.executable)"]);
    process.env[pythonVariable] = asked.stdout.trim();
    endpoint = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text) => (body += text));
      request.once("end", () => {
        posted.push(JSON.parse(body));
        response.writeHead(200, { "content-type": "application/json" }).end('{"label":"praise"}');
      });
    });
    endpoint.listen(0, "127.0.0.1");
    await once(endpoint, "listening");
  });
  after(async () => {
    await models?.close();
    for (const [name, value] of Object.entries(personal))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    endpoint?.closeAllConnections();
    endpoint?.close();
    folder.remove();
  });

  /** With what is needed of the environment, and nothing of the person's. */
  function env(keys: "key" | undefined) {
    return {
      ...{ OPENAI_API_KEY: keys, ANTHROPIC_API_KEY: keys },
      ...{ OPENAI_BASE_URL: models.openaiBaseUrl, ANTHROPIC_BASE_URL: models.baseUrl },
    };
  }
  const checkpointOf = (choice: NewJobChoice) => join(folderOf(choice), `checkpoints/${choice.name}.jsonl`);

  async function runByCli(choice: NewJobChoice, keys?: "key") {
    const [{ name }] = newJob(choice).files;
    return runCli(["run", name, "--json"], { cwd: folderOf(choice), env: env(keys) });
  }

  /** Runs it in this process, which costs a tenth; loops that keep the checkpoint themselves are a command. */
  async function run(choice: NewJobChoice): Promise<unknown[]> {
    const [{ name }] = newJob(choice).files;
    if (choice.language === "python" && choice.input.kind === "function") {
      const { code, stderr } = await runByCli(choice, "key");
      assert.equal(code, 0, stderr);
    } else {
      const job = await loadJob(join(folderOf(choice), name), { runtimePath: join(root, "dist/index.mjs") });
      const { items, key } = job.definition;
      const events: RunEvent[] = [];
      const onEvent = (event: RunEvent) => events.push(event);
      await runJob(job, await resolveItems(items, key, job.folder), { control: new RunControl(), onEvent });
      assert.deepEqual(events.at(-1), { ...events.at(-1), event: "run-ended", reason: "finished" });
    }
    return resultsOf(choice);
  }

  async function resultsOf(choice: NewJobChoice): Promise<unknown[]> {
    const results: unknown[] = [];
    for await (const { result } of readResults(checkpointOf(choice))) results.push(result);
    assert.equal(results.length, counts[choice.input.kind]);
    return results;
  }

  it("has types that hold, with nothing installed and with the types of Node", async () => {
    const files = choices
      .filter(({ language }) => language === "typescript")
      .map((one) => newJob(one).files[0]);
    writeFileSync(join(folder.path, "typescript/example.job.ts"), exampleJob());
    const config = (types: string[], lib: string[]) =>
      JSON.stringify({
        compilerOptions: {
          ...{ strict: true, noUncheckedIndexedAccess: true, noEmit: true, skipLibCheck: true, types, lib },
          ...{ target: "ES2022", module: "ESNext", moduleResolution: "Bundler" },
          paths: { "agent-jobs": [join(root, "dist/types/runtime/index.d.ts")] },
        },
        files: [...files.map(({ name }) => name), "example.job.ts"],
      });
    const at = join(folder.path, "typescript");
    writeFileSync(join(at, "tsconfig.bare.json"), config([], ["ES2022", "DOM"]));
    writeFileSync(join(at, "tsconfig.node.json"), config(["node"], ["ES2023", "ESNext.Disposable"]));
    symlinkSync(join(root, "node_modules"), join(folder.path, "node_modules"), "junction");
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    for (const name of ["bare", "node"])
      await promisify(execFile)(process.execPath, [tsc, "-p", `tsconfig.${name}.json`], { cwd: at }).catch(
        (error: { stdout: string }) => assert.fail(`${name}: ${error.stdout}`),
      );
  });

  it("is one that may be, and names the place that it keeps what is done", () => {
    for (const choice of choices) {
      const { files, edit } = newJob({
        ...choice,
        placeWarning: 'It lies in C:\\Users """ */\nthere.',
      });
      const [job] = files;
      if (job.name.endsWith(".json")) checkDefinition(JSON.parse(job.text), job.name);
      assert.ok(files.find(({ name }) => name === edit.name)!.text.includes(edit.text), titleOf(choice));
      const all = files.map(({ text }) => text).join("\n");
      assert.match(all, new RegExp(`checkpoints/${choice.name}\\.jsonl`), titleOf(choice));
      assert.match(all, /^(?: *\/\/ )?Here: It lies in C:\/Users ''' \* \/ there\.$/m, titleOf(choice));
    }
  });

  const plain = choices.filter(({ provider }) => provider === "none");
  for (const choice of plain)
    it(`does its items with nothing but what is there: ${titleOf(choice)}`, async () => {
      const results = (await run(choice)) as { words: number }[];
      if (choice.language !== "program")
        assert.ok(
          results.every(({ words }) => words > 3),
          JSON.stringify(results),
        );
    });

  for (const language of languages)
    it(`is run by the command line as it was written: ${language}`, async () => {
      const choice = plain.find((one) => one.language === language && one.input.kind === "sample")!;
      rmSync(checkpointOf(choice));
      const { code, stderr } = await runByCli(choice);
      assert.equal(code, 0, stderr);
      await resultsOf(choice);
    });

  // A loop in Python is a process of its own, and its service the same code as a worker's: one of them will do.
  const isAsking = ({ language, provider, input: { kind } }: NewJobChoice) =>
    provider !== "none" &&
    (kind === "file" || (kind === "function" && (language !== "python" || provider === "openai")));
  const asking = choices.filter(isAsking);
  for (const choice of asking)
    it(`asks and keeps what is answered: ${titleOf(choice)}`, async () => {
      posted.length = 0;
      const [{ name: file }] = newJob(choice).files;
      const script = join(folderOf(choice), choice.language === "python" ? `${choice.name}.py` : file);
      const { port } = endpoint.address() as AddressInfo;
      writeFileSync(script, readFileSync(script, "utf8").replace("127.0.0.1:8000", `127.0.0.1:${port}`));
      const results = await run(choice);
      if (choice.provider === "http") {
        assert.equal(posted.length, results.length);
        assert.deepEqual(results[0], { label: "praise" });
        return;
      }
      for (const result of results) assert.match((result as { answer: string }).answer, /summary/);
      const { state } = await new JsonlStore(checkpointOf(choice)).load(choice.name);
      assert.ok(state.usage.outputTokens! > 0, "its tokens are counted");
    });

  const keyless: [Language, Provider][] = [
    ["typescript", "openai"],
    ["python", "openai"],
  ];
  for (const [language, provider] of keyless) {
    it(`says which key is missing, and asks nobody: ${language}, ${provider}`, async () => {
      const choice = choices.find(
        (one) => one.language === language && one.provider === provider && one.input.kind === "list",
      )!;
      const { code, stdout, stderr } = await runByCli(choice);
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /(OPENAI|ANTHROPIC)_API_KEY is not set: put .* into a file \.env beside/);
      if (language === "python") {
        assert.match(stdout, /"reason":"auth"/);
        const { state } = await new JsonlStore(checkpointOf(choice)).load(choice.name);
        const details = [...state.open.values()].flatMap(({ failure }) => failure?.detail ?? []);
        assert.match(
          details[0]!,
          /^Traceback [\s\S]*, in setting\n[\s\S]*PermissionError: OPENAI_API_KEY is not set/,
        );
      }
      writeFileSync(join(folderOf(choice), ".env"), "OPENAI_API_KEY=wrong\nANTHROPIC_API_KEY=wrong\n");
      const again = await runByCli(choice);
      assert.match(again.stdout, /"reason":"auth"/, again.stderr);
      rmSync(join(folderOf(choice), ".env"));
    });
  }
});

describe("rows of a file that a new job is made for", () => {
  it("are told apart by an id, else by the first member that differs in each and is not the text", () => {
    assert.equal(
      shapeOf([
        { text: "b", id: 2 },
        { text: "a", id: 3 },
      ])?.key,
      "id",
    );
    assert.equal(
      shapeOf([
        { text: "b", doc_id: "2" },
        { text: "a", doc_id: "3" },
      ])?.key,
      "doc_id",
    );
    assert.equal(
      shapeOf([
        { text: "longer", n: 2 },
        { text: "longest", n: 3 },
      ])?.key,
      "n",
    );
    const rated = ["a", "b"].map((ticket, i) => ({ ticket, message: `It is ${ticket}.`, stars: i }));
    assert.equal(shapeOf(rated)?.key, "ticket");
    assert.equal(shapeOf([{ n: 1 }, { n: "1" }])?.key, undefined);
    assert.equal(shapeOf([{ n: 1 }, {}])?.key, undefined);
    assert.equal(shapeOf(["a", "b"])?.kind, "text");
    assert.equal(shapeOf([["a"], ["b"]]), undefined);
  });

  it("are worked on by a text that each has, one by a prompt's name before a longer one", () => {
    const textOf = (...rows: object[]) => shapeOf(rows)?.text;
    const scored = [
      { customer: "ada", score: 0.5 },
      { customer: "bob", score: 0.25, error: "503: no answer, whatever was tried" },
    ];
    assert.equal(shapeOf(scored)?.key, "customer");
    assert.equal(textOf(...scored), undefined);
    const input: InputChoice = { kind: "file", path: "x.jsonl", shape: shapeOf(scored)! };
    const choice = { name: "n", input, provider: "openai" as const, placeWarning: null };
    const written = (language: Language) => newJob({ ...choice, language }).files.map(({ text }) => text);
    assert.match(written("python").join(), /"input": json\.dumps\(item, ensure_ascii=False\)/);
    assert.match(written("typescript").join(), /input: JSON\.stringify\(item\)/);
    const named = { id: 1, notes: "longer than the question", user_question: "Why?" };
    assert.equal(textOf(named, { ...named, id: 2 }), "user_question");
    assert.equal(textOf({ ...named, prompt: "Say it" }, { ...named, id: 2 }), "user_question");
    assert.equal(textOf({ ...named, user_question: null }, { ...named, id: 2 }), "notes");
    const asked = ["a", "b"].map((one) => ({
      emailBody: `Mail ${one}`,
      summary: `A long summary of ${one}`,
    }));
    assert.deepEqual([shapeOf(asked)?.key, shapeOf(asked)?.text], ["summary", "emailBody"]);
  });

  it("have names that no file's text can break out of", () => {
    const shape = shapeOf([
      { id: 1, 'a"; process.exit(7); //': "text one" },
      { id: 2, 'a"; process.exit(7); //': "text two" },
    ])!;
    const input: InputChoice = { kind: "file", path: 'x"\n.jsonl', shape };
    for (const language of ["javascript", "typescript"] as const) {
      const [{ text }] = newJob({ name: "n", language, input, provider: "none", placeWarning: null }).files;
      assert.match(text, /item\["a\\"; process\.exit\(7\); \/\/"\]/);
      assert.ok(text.includes(String.raw`items: "x\"\n.jsonl"`), text);
    }
  });

  it("must differ in a member where the job is one of Python's", () => {
    const input: InputChoice = { kind: "file", path: "x.csv", shape: shapeOf([{ a: "1" }, { a: "1" }])! };
    const choice = { name: "n", input, provider: "none" as const, placeWarning: null };
    assert.throws(() => newJob({ ...choice, language: "python" }), RangeError);
    assert.match(
      newJob({ ...choice, language: "javascript" }).files[0].text,
      /key: \(item\) => JSON\.stringify/,
    );
  });
});

describe("the example job", () => {
  it("fails five items by two causes, and does them when they are tried again", async function () {
    this.timeout(60_000);
    const folder = scratchFolder({ "example.job.ts": exampleJob().replace("1600", "1") });
    try {
      const args = { cwd: folder.path };
      assert.equal((await runCli(["run", "example.job.ts"], args)).code, 1);
      const failures = JSON.parse((await runCli(["failures", "example.job.ts", "--json"], args)).stdout);
      const text = JSON.stringify(failures);
      assert.match(text, /rate-limit/);
      assert.match(text, /bad-reply/);
      assert.equal((await runCli(["retry", "example.job.ts"], args)).code, 0);
      const { jobs } = JSON.parse((await runCli(["status", "example.job.ts", "--json"], args)).stdout);
      assert.deepEqual([jobs[0].done, jobs[0].total, jobs[0].state], [60, 60, "finished"]);
      assert.ok(existsSync(join(folder.path, "checkpoints/example.jsonl")));
    } finally {
      folder.remove();
    }
  });
});
