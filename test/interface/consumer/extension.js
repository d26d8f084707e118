// Tries all that could run, stop or change a job, by every way that is open to another extension, and notes what came of it.
const { renameSync, writeFileSync } = require("node:fs");
const vscode = require("vscode");

exports.activate = (context) => {
  context.subscriptions.push(vscode.commands.registerCommand("consumer.tryEverything", tryEverything));
};

async function tryEverything() {
  const extension = vscode.extensions.getExtension("agent-jobs.agent-jobs");
  const api = extension.exports.getApi(1);
  await api.ready();
  const codeOf = (promise) => promise.then(String, (error) => error.code);
  const { commands } = extension.packageJSON.contributes;
  const acting = commands.filter(({ enablement = "" }) => enablement.includes("isWorkspaceTrusted"));
  const codes = [];
  for (const job of api.jobs) {
    codes.push(await codeOf(api.plan(job.id)), await codeOf(api.resume(job.id)));
    for (const { command } of acting) await vscode.commands.executeCommand(command, job.id);
    await vscode.commands.executeCommand("agentJobs.repairLine", job.checkpoint, 1, true);
  }
  const offered = await vscode.tasks.fetchTasks({ type: "agentJob" });
  const scope = vscode.workspace.workspaceFolders[0];
  const definition = { type: "agentJob", job: "trap.job.mjs" };
  // VS Code asks to trust the folder before it runs any task; where nobody does, it gives none.
  vscode.tasks.executeTask(new vscode.Task(definition, scope, "trap", "consumer")).then(undefined, () => {});
  const report = {
    ...{ exports: Object.keys(extension.exports), codes: [...new Set(codes)], tasks: offered.length },
    jobs: api.jobs.map(({ name, state, counts }) => [name, state, counts?.done ?? null]),
    tried: acting.length,
  };
  writeFileSync(`${process.env.CONSUMER_REPORT}.part`, JSON.stringify(report));
  renameSync(`${process.env.CONSUMER_REPORT}.part`, process.env.CONSUMER_REPORT);
}
