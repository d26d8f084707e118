import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { type Scenario, scenarios } from "./scenarios.js";

/** The page that shows the changes, relative to the project's folder. */
export const pagePath = "examples/ADOPTING.md";
export const writeCommand = "node dist/test/adoption/main.js";

/** What a script's change is, as git tells it. */
export interface ScriptDiff {
  added: number;
  removed: number;
  /** Its lines with what is around them; parts that lie apart are separated by `@@`. */
  lines: string[];
}

const contextLines = 2;
// Whatever the person who runs this has set for git.
const settings = ["--no-color", "--no-ext-diff", "--diff-algorithm=myers", "--no-indent-heuristic"];

/** @throws Error where git is not there, or finds no difference */
export function diffOf({ script }: Scenario): ScriptDiff {
  const { status, stdout, stderr, error } = spawnSync(
    "git",
    ["diff", "--no-index", ...settings, `-U${contextLines}`, `before/${script}`, `after/${script}`],
    { cwd: join(root, "test/adoption"), encoding: "utf8" },
  );
  if (status !== 1) throw error ?? new Error(`git diff of ${script} ended with ${status}: ${stderr}`);
  const lines = stdout.trimEnd().split("\n");
  const body = lines.slice(lines.findIndex((line) => line.startsWith("@@")) + 1);
  return {
    added: body.filter((line) => line.startsWith("+")).length,
    removed: body.filter((line) => line.startsWith("-")).length,
    lines: body.map((line) => (line.startsWith("@@") ? "@@" : line)),
  };
}

const head = `# Adopting a script that exists

A batch job over a model is most often a loop that somebody has already. These are twelve of them, of the kinds that people
have, each with the change that makes it survive a crash: killed at any moment and run again, it goes on where it was, calls
nobody again for an item that is done, and in the end has written what it would have written undisturbed. None takes more
than three lines. The scripts are among the tests of Agent Jobs, where each of them is killed 50 times.

**Python** needs one file, \`agent_jobs.py\`, with nothing but the standard library in it (Python 3.9 or later). **Node.js** needs the
package \`agent-jobs\`. Both keep the checkpoint in \`checkpoints/\` beside the script, where the extension's tree finds it, and
\`agent-jobs status SCRIPT\`.

## What to know first

- **An item needs an id** that is the same in every run: its \`id\`, the item itself where it is a string, a number or a path, or what \`key\` says.
- **A result has to be JSON.** It is on the disk when \`done\` returns, and is what a later run gives back.
- **An exception ends a loop** as it did before, at its item: that one is failed, and the next run tries it again. In \`with ticket:\` around
  what is done for an item it is recorded, and the loop goes on with the next.
- **What is in hand when a script is killed** may have been paid for, and is done again. The next run says how many such items there
  are; \`agent-jobs doubt\` lists them.
- **Two loops need two names**, by \`job\`: each has a checkpoint of its own.
- **What results depend on** besides the item, such as the prompt or the model, belongs in \`params\`: a change of it is then noticed,
  rather than mixed into what is there.
- **A call that is retried within an item** stays as it is: retries, semaphores and limiters of the script go on working.
`;

/** The page's text, from the scripts as they are. */
export function adoptingPage(): string {
  const parts = scenarios.map((scenario, i) => {
    const { kind, script, says } = scenario;
    return `## ${i + 1}. ${kind}\n\n${says}\n\n\`${script}\`:\n\n\`\`\`diff\n${diffOf(scenario).lines.join("\n")}\n\`\`\`\n`;
  });
  return [head, ...parts].join("\n");
}
