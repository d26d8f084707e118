import { existsSync } from "node:fs";
import { join } from "node:path";
import { readResults } from "../../src/runtime/results.js";
import { checkDefinition } from "../../src/runtime/runner/definition.js";
import type { RunEvent } from "../../src/runtime/runner/events.js";
import { resolveItems } from "../../src/runtime/runner/items.js";
import type { LoadedJobFile } from "../../src/runtime/runner/loadJob.js";
import { type JobPlan, planJob } from "../../src/runtime/runner/plan.js";
import { type RunOptions, type RunOutcome, runJob } from "../../src/runtime/runner/run.js";
import { RunControl } from "../../src/runtime/runner/runControl.js";
import { scratchFolder } from "./cli.js";

export interface TestRun {
  outcome: RunOutcome;
  events: RunEvent[];
}

/** A job in a folder of its own, run in this process. */
export class TestJob {
  private readonly scratch: ReturnType<typeof scratchFolder>;

  constructor(files: Record<string, string> = {}) {
    this.scratch = scratchFolder(files);
  }

  get folder(): string {
    return this.scratch.path;
  }

  get checkpoint(): string {
    return join(this.folder, "checkpoints/test.jsonl");
  }

  remove(): void {
    this.scratch.remove();
  }

  loaded(definition: object): LoadedJobFile {
    const path = join(this.folder, "test.job.ts");
    const { folder, checkpoint } = this;
    return {
      path,
      name: "test",
      folder,
      label: null,
      checkpoint,
      definition: checkDefinition(definition, path),
    };
  }

  async run(
    definition: object,
    options: Partial<RunOptions> = {},
    job = this.loaded(definition),
  ): Promise<TestRun> {
    const events: RunEvent[] = [];
    const input = await resolveItems(job.definition.items, job.definition.key, job.folder);
    const onEvent = (event: RunEvent) => {
      events.push(event);
      options.onEvent?.(event);
    };
    const outcome = await runJob(job, input, { control: new RunControl(), ...options, onEvent });
    return { outcome, events };
  }

  async plan(definition: object): Promise<JobPlan> {
    const job = this.loaded(definition);
    return planJob(job, await resolveItems(job.definition.items, job.definition.key, job.folder));
  }

  /** Results so far, by id. */
  async results(): Promise<Record<string, unknown>> {
    const results: Record<string, unknown> = {};
    if (existsSync(this.checkpoint))
      for await (const { item, result } of readResults(this.checkpoint)) results[item] = result;
    return results;
  }
}

/** The events of one kind. */
export function eventsOf<Name extends RunEvent["event"]>(
  { events }: TestRun,
  name: Name,
): Extract<RunEvent, { event: Name }>[] {
  return events.filter((event): event is Extract<RunEvent, { event: Name }> => event.event === name);
}

/** A promise and the function that resolves it. */
export function gate(): { passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
