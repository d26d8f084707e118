import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import { debugpyConfiguration } from "../../src/extension/debugItem/configurations.js";
import { answering, inWorkspace, jobNamed, type Parts, parts } from "./support/extension.js";

/** TypeScript above the line with the breakpoint, which the compiler takes out. */
const job = `import { defineJob } from "agent-jobs";
interface Item {
  id: string;
  text: string;
}
type Reply<T> = {
  value: T;
};
enum Kind {
  Short,
  Long,
}
export default defineJob({
  items: [{ id: "a", text: "aa" }, { id: "b", text: "bb" }] satisfies Item[],
  itemTimeoutMs: 1_500,
  retry: false,
  async process(item: Item, ctx): Promise<unknown> {
    const kind = item.text.length > 9 ? Kind.Long : Kind.Short;
    const reply = { value: item.text.toUpperCase() } as Reply<string>;
    ctx.usage({ usd: 0.5 });
    if (item.text !== "good" && item.id === "b") throw new Error(\`no luck with \${item.id}\`);
    return { kind, value: reply.value };
  },
});
`;
const lineOf = (text: string) => job.split("\n").findIndex((line) => line.includes(text));

describe("debugging an item", () => {
  let catalog: Parts["catalog"];
  const checkpoint = () => inWorkspace("jobs/checkpoints/debugged.jsonl");
  const file = () => inWorkspace("jobs/debugged.job.ts");
  before(async () => {
    ({ catalog } = await parts());
    writeFileSync(file(), job);
    const { id } = await jobNamed(catalog, "debugged");
    await vscode.commands.executeCommand("agentJobs.run", id);
    await failed();
  });
  after(() => {
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    rmSync(file(), { force: true });
    rmSync(inWorkspace("jobs/checkpoints"), { recursive: true, force: true });
    return vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });
  const failed = () =>
    jobNamed(
      catalog,
      "debugged",
      ({ holder, starting, view }) => !holder && !starting && view?.status.failed === 1,
    );
  const row = async () => ({ job: await failed(), itemKey: '"b"' });
  const usd = async () => (await jobNamed(catalog, "debugged")).view?.state.usage.usd;

  /**
   * What the debugger shows where it stops: the line, and the locals by name. Held for longer than the item may take, then
   * the item's text is set as told and it goes on.
   */
  function atBreakpoint(text: string): Promise<{ line: number; path: string; item: string }> {
    return new Promise((resolve, reject) => {
      const factory = vscode.debug.registerDebugAdapterTrackerFactory("*", {
        createDebugAdapterTracker: (session) => ({
          onDidSendMessage(message) {
            if (message.type !== "event" || message.event !== "stopped") return;
            factory.dispose();
            look(session, message.body.threadId as number).then(resolve, reject);
          },
        }),
      });
      const look = async (session: vscode.DebugSession, threadId: number) => {
        const { stackFrames } = await session.customRequest("stackTrace", { threadId, levels: 1 });
        const [frame] = stackFrames;
        const evaluate = (expression: string) =>
          session.customRequest("evaluate", { expression, frameId: frame.id, context: "repl" });
        const { result } = await evaluate("item.id + ' ' + reply.value");
        // Longer than the job's time limit of an item, by the clock of the process that is held.
        await evaluate("{ const end = Date.now() + 1600; while (Date.now() < end); }");
        await evaluate(`item.text = '${text}'`);
        await session.customRequest("continue", { threadId });
        // Not what the compiler made of it.
        assert.equal(frame.source.sourceReference ?? 0, 0);
        return { line: frame.line as number, path: frame.source.path as string, item: result as string };
      };
    });
  }

  async function debugged(text: string, ...answers: (string | undefined)[]) {
    const asked = answering("showInformationMessage", (_: never, ...rest: never[]) =>
      (rest as unknown[]).some((part) => part === "Debug") ? "Debug" : answers.shift(),
    );
    const warned = answering("showWarningMessage", () => undefined);
    const at = lineOf("if (item.text");
    vscode.debug.addBreakpoints([
      new vscode.SourceBreakpoint(new vscode.Location(vscode.Uri.file(file()), new vscode.Position(at, 0))),
    ]);
    try {
      const stopped = atBreakpoint(text);
      const command = vscode.commands.executeCommand("agentJobs.debugItem", await row());
      const place = await stopped;
      await command;
      return { place, asked: asked.said, warned: warned.said };
    } finally {
      asked.restore();
      warned.restore();
      vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    }
  }

  it("asks first, and runs nothing where the answer is no, nor where a run holds the job", async () => {
    const before = readFileSync(checkpoint(), "utf8");
    const asked = answering("showInformationMessage", () => undefined);
    try {
      await vscode.commands.executeCommand("agentJobs.debugItem", await row());
    } finally {
      asked.restore();
    }
    assert.equal(asked.said.length, 1);
    assert.match(JSON.stringify(asked.said[0]), /Debug b of debugged\?.*costs counts in the job/);
    assert.equal(readFileSync(checkpoint(), "utf8"), before);
  });

  it("stops at a breakpoint in the job file, and leaves the item failed where its result is discarded", async () => {
    const { place, asked } = await debugged("good", "Discard");
    assert.ok(place.path.endsWith(file()), place.path); // behind the address of the machine that the window is connected to
    assert.deepEqual(place, { line: lineOf("if (item.text") + 1, path: place.path, item: "'b BB'" });
    assert.match(String(asked[1]?.[0]), /gave a result as it was debugged\. It spent \$0\.50/);
    const { status } = (await failed()).view!;
    assert.deepEqual([status.done, status.failed, status.inDoubt], [1, 1, 0]);
    assert.equal(await usd(), 1.5);
    assert.equal(existsSync(`${checkpoint()}.tried`), false);
    assert.doesNotMatch(readFileSync(checkpoint(), "utf8"), /^\{"id":"b"/m);
  });

  it("records the failure where it fails again, and asks nothing", async () => {
    const { asked, warned } = await debugged("bad");
    assert.equal(asked.length, 1);
    assert.match(String(warned[0]?.[0]), /b failed again: no luck with b/);
    assert.equal(await usd(), 2);
  });

  it("makes the item done with its result where that is kept", async () => {
    await debugged("good", "Keep Result");
    const job = await jobNamed(catalog, "debugged", ({ view }) => view?.status.done === 2);
    assert.equal(job.view!.status.failed, 0);
    assert.equal(await usd(), 2.5);
    assert.match(readFileSync(checkpoint(), "utf8"), /^\{"id":"b".*"result":\{"kind":0,"value":"BB"\}/m);
  });
});

describe("debugging an item of a Python worker", () => {
  it("says what to install where there is no Python debugger, and runs nothing", async () => {
    const { catalog } = await parts();
    const worker = inWorkspace("jobs/pyworker.job.json");
    writeFileSync(worker, JSON.stringify({ items: ["a"], worker: ["python3", "worker.py"] }));
    try {
      const job = await jobNamed(catalog, "pyworker");
      const warned = answering("showWarningMessage", () => undefined);
      try {
        await vscode.commands.executeCommand("agentJobs.debugItem", { job, itemKey: '"a"' });
      } finally {
        warned.restore();
      }
      assert.match(String(warned.said[0]?.[0]), /no Python debugger is installed.*ms-python\.debugpy/);
      assert.equal(existsSync(inWorkspace("jobs/checkpoints/pyworker.jsonl")), false);
    } finally {
      rmSync(worker);
    }
  });

  it("has the debugger listen for it at a port of its own choice", () => {
    const { type, request, listen } = debugpyConfiguration("n", "t", "/folder");
    assert.deepEqual([type, request, listen], ["debugpy", "attach", { host: "127.0.0.1", port: 0 }]);
  });
});
