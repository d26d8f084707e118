/**
 * npm run bench:extension [-- --share 0.1] [--profile FILE]: what the extension costs, in the extension host of a real VS Code, with 200 checkpoints of 1 GB
 * in all, one of a million items, and ten jobs that run. Prints each figure with its bound; ends with 1 where one is passed.
 * `--share`: with so much of the data, to look at one thing quickly. `--profile`: writes down what runs while ten jobs do.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { endWithParent, releaseAtEnd } from "../../host/cleanup.js";
import { runInServer } from "../../host/runInServer.js";
import { root } from "../../setup/root.js";
import { rowLine, rowsOf } from "./bounds.js";
import type { ControlFigures, ExtensionFigures, StartFigures, WindowKind } from "./figures.js";
import { writeCheckpoints } from "./workspace.js";

const megabyte = 1_000_000;
const { values } = parseArgs({ options: { share: { type: "string" }, profile: { type: "string" } } });
const share = Number(values.share ?? 1);
const otherStarts = 4;

endWithParent();
const scratch = realpathSync(mkdtempSync(join(tmpdir(), "agent-jobs-bench-")));
releaseAtEnd(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }));
const bundles = join(root, "dist/test/bench/extension");

/** A folder that VS Code takes for an extension, which does nothing unless it has a program. */
function extensionFolder(name: string, program?: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const identity = { name, publisher: "agent-jobs-bench", version: "0.0.0", engines: { vscode: "^1.101.0" } };
  const work = program && { main: "./main.js", activationEvents: ["*"] };
  if (program) copyFileSync(join(bundles, program), join(folder, "main.js"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...identity, ...work }));
  return folder;
}

/** VS Code activates it before all others. */
const probeExtension = extensionFolder("probe", "probe.main.js");
const emptyExtension = extensionFolder("empty");

async function measure<T extends object>(kind: WindowKind, extension: string, folder: string): Promise<T> {
  const figures = join(scratch, `${kind}.json`);
  const env = {
    ...{
      AGENT_JOBS_ROOT: root,
      AGENT_JOBS_FIGURES: figures,
      AGENT_JOBS_NODE: process.execPath,
      AGENT_JOBS_SHARE: String(share),
    },
    ...(values.profile && { AGENT_JOBS_PROFILE: resolve(values.profile) }),
    AGENT_JOBS_WINDOW: kind,
  };
  await runInServer({
    folder,
    extension,
    env,
    // What is watched all the time takes longer to begin.
    installed: kind === "start" ? emptyExtension : probeExtension,
    tests: join(bundles, "suite.main.js"),
  });
  const told = JSON.parse(readFileSync(figures, "utf8")) as T & { error?: string };
  if (told.error !== undefined) throw new Error(told.error);
  return told;
}

async function main(): Promise<void> {
  const folder = join(scratch, "workspace");
  const bytes = writeCheckpoints(folder, share);
  const controlFolder = join(scratch, "control");
  mkdirSync(join(controlFolder, "checkpoints"), { recursive: true });
  const control = await measure<ControlFigures>("control", emptyExtension, controlFolder);
  const starts: StartFigures[] = [];
  while (starts.length < otherStarts) starts.push(await measure("start", root, folder));
  const ours = await measure<ExtensionFigures>("extension", root, folder);
  const megabytesPerSecond = ours.readBytes / megabyte / (ours.readMs / 1000);
  console.log(
    `${ours.jobs} jobs, ${Math.round(bytes / megabyte)} MB, read in ${(ours.readMs / 1000).toFixed(1)} s (${Math.round(megabytesPerSecond)} MB/s)\n`,
  );
  const rows = rowsOf(ours, control, starts);
  for (const row of rows) console.log(rowLine(row));
  const isPassed = rows.some(({ value, bound }) => !(value <= bound));
  process.exitCode = isPassed ? 1 : 0;
}

main().then(
  () => process.exit(),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
