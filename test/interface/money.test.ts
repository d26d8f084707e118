import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseAtEnd } from "../host/cleanup.js";
import { caller, callTool } from "./callTool.js";
import { screenshotsInThemes } from "./themes.js";
import { useWorkbench } from "./workbench.js";

/** Stages, costs, a service that asks to wait, items that fail by two causes, and a budget. */
const job = (budget: number, model: string) => `
let calls = 0;
export default {
  items: Array.from({ length: 60 }, (_, i) => ({ id: "invoice-" + String(i + 1).padStart(3, "0") })),
  concurrency: 8,
  params: { model: "${model}" },
  budget: { usd: ${budget} },
  retry: { attempts: { "rate-limit": 3 }, baseDelayMs: 100 },
  stages: {
    fetch: async ({ id }) => { await new Promise((go) => setTimeout(go, 60)); return id; },
    extract: async (id, ctx) => {
      await new Promise((go) => setTimeout(go, 150));
      if (++calls === 12) throw Object.assign(new Error("429 Too many requests"), { status: 429, headers: { "retry-after": "9" } });
      if (id.endsWith("7")) throw Object.assign(new Error("prompt is too long: 214000 tokens > 200000"), { status: 400 });
      if (id.endsWith("3")) throw Object.assign(new Error("The model declined"), { failureCause: "refused" });
      ctx.usage({ inputTokens: 2000, outputTokens: 300, usd: 0.02 });
      return { id, total: 100 };
    },
  },
};`;

/** The command lines of this machine's processes that hold a text. */
function processesNaming(text: string): string[] {
  const lines = execFileSync("ps", ["-A", "-o", "args"], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.includes(text));
}

describe("what a run costs, in the window", () => {
  const folder = mkdtempSync(join(tmpdir(), "agent-jobs-money-"));
  releaseAtEnd(() => rmSync(folder, { recursive: true, force: true }));
  const write = (budget: number, model: string) =>
    writeFileSync(join(folder, "invoices.job.mjs"), job(budget, model));
  write(0.6, "small");
  const workbench = useWorkbench({
    folder,
    settings: { "agentJobs.planBeforeRun": "whenItCosts" },
    alsoLink: [caller],
  });
  const row = () => workbench().treeRow("invoices");

  it("shows a pause that the service asks for, its reason, and how many go at a time", async () => {
    await workbench().openView();
    await workbench().inlineAction(row(), "Run");
    await row()
      .getByText(/paused \d s: rate-limit · slowed to 4 of 8 at a time/)
      .waitFor();
    // Nothing is recorded meanwhile: the time alone counts down.
    const seconds = Number(/paused (\d) s/.exec((await row().textContent()) ?? "")?.[1]);
    await row()
      .getByText(new RegExp(`paused [1-${seconds - 1}] s: rate-limit`))
      .waitFor();
    await workbench()
      .statusBar(/invoices \d+% · \d in flight · paused \d s: rate-limit/)
      .waitFor();
    await workbench().expand(row());
    await workbench()
      .treeRow(/^fetch/)
      .waitFor();
    await workbench()
      .statusBar(/paused/)
      .locator(".codicon-debug-pause")
      .waitFor();
    await screenshotsInThemes(workbench(), "money-1-paused");
  });

  it("tells that it ended before its budget would be passed", async () => {
    await row()
      .getByText(/stopped: budget · \d+ failed/)
      .waitFor();
    await workbench().tooltip(row(), "stopped before it would pass its budget (");
    await workbench().screenshot("money-2-budget");
  });

  it("tells so where nobody looks at the jobs, and leads to the budget", async () => {
    await workbench().inlineAction(row(), "Resume");
    await workbench().dialogAction("Resume invoices?", "Resume");
    // The view is seen: what ends there needs no message.
    await workbench().page.keyboard.press("Control+Shift+e");
    const told = workbench().notification(/invoices stopped before it would pass its budget/);
    await told.waitFor();
    await workbench().screenshot("money-3-raise");
    await workbench().notificationAction(/invoices stopped before/, "Raise Budget");
    await workbench().editor.tab("invoices.job.mjs").waitFor();
    await workbench().editor.lines().getByText("budget").waitFor();
    await workbench().openView();
  });

  it("says what a resume would do and cost, and waits for a person", async () => {
    write(5, "small");
    await workbench().inlineAction(row(), "Resume");
    const plan = workbench().dialog(
      /Resume invoices\?.*\d+ done \(\$0\.\d+ and .* not spent again\).*Budget: \$0\.\d+ of \$5\.00/s,
    );
    await plan.waitFor();
    await screenshotsInThemes(workbench(), "money-4-plan");
    await workbench().dialogAction("Resume invoices?", "Details");
    await workbench()
      .editor.tab(/plan of invoices/)
      .waitFor();
    await workbench().editor.lines().getByText("60 items").waitFor();
    await workbench().screenshot("money-5-details");
    await workbench().editor.codeLens("Resume").click();
    await row()
      .getByText(/48\/60 · 12 failed/)
      .waitFor();
  });

  it("tries the failures of one cause again, from its row", async () => {
    await workbench().expand(workbench().treeRow(/^Failed/));
    await workbench()
      .treeRow(/^refused/)
      .waitFor();
    await workbench()
      .treeRow(/^refused/)
      .hover();
    await workbench().screenshot("money-6-failures");
    await workbench().inlineAction(workbench().treeRow(/^refused/), "Retry Failed Items…");
    await workbench().dialogAction("Retry 6 failed items of invoices?", "Retry");
    await workbench()
      .treeRow(/^Runs\s*4/)
      .waitFor();
    await row()
      .getByText(/48\/60 · 12 failed/)
      .waitFor();
  });

  describe("where a language model asks for a run", () => {
    const checkpoints = join(folder, "checkpoints");
    const recorded = () => readFileSync(join(checkpoints, "invoices.jsonl"), "utf8");
    const call = async () => {
      await callTool(workbench(), "agentJobs_resume_job", { job: "invoices" });
      await workbench()
        .dialog(/Resume invoices\?.*48 done.*12 to do.*Budget: \$\d\.\d+ of \$5\.00 spent/s)
        .waitFor();
    };

    it("shows the plan and its cost, and runs nothing where the person cancels it", async () => {
      const [before, files] = [recorded(), readdirSync(checkpoints)];
      await call();
      await screenshotsInThemes(workbench(), "models-1-confirmation");
      await workbench().dialogAction("Resume invoices?", "Cancel");
      await workbench()
        .notification(/agentJobs_resume_job refused: Cancel/)
        .waitFor();
      await workbench()
        .treeRow(/^Runs\s*4/)
        .waitFor();
      // Neither a record, nor a lock, nor a process of it.
      assert.deepEqual([recorded(), readdirSync(checkpoints)], [before, files]);
      assert.ok(!files.some((name) => name.endsWith(".lock")));
      assert.deepEqual(processesNaming(join(folder, "invoices.job.mjs")), []);
    });

    it("runs it where the person agrees, asks nothing more, and returns at once", async () => {
      await call();
      await workbench().dialogAction("Resume invoices?", "Yes");
      await workbench()
        .notification(/agentJobs_resume_job answered: (Started|Launched).*It goes on by itself/s)
        .waitFor();
      await workbench().screenshot("models-2-started");
      await workbench()
        .treeRow(/^Runs\s*5/)
        .waitFor();
      await row()
        .getByText(/48\/60 · 12 failed/)
        .waitFor();
    });
  });

  describe("once its model is another", () => {
    it("asks what becomes of results that another model made", async () => {
      write(5, "large");
      // Where only failures are left the row offers to retry them; the palette still resumes.
      await workbench().command("Agent Jobs: Resume");
      await workbench().pick("invoices");
      await workbench()
        .dialog(/model changed: "small" → "large".*Redoing does up to 48 items again: \$0\.96 /s)
        .waitFor();
      await workbench().screenshot("money-7-changed");
    });
  });
});
