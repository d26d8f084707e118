import * as vscode from "vscode";
import { taskType } from "../ids.js";

const key = "runningTasks";
/** How long after the window's beginning VS Code may ask for the tasks that it wants to find again. */
const patienceMs = 60_000;

/**
 * Tells the tasks that VS Code wants to find again after a reload of the window from those that a person starts. Where
 * a task's terminal is gone, as its run has ended meanwhile, VS Code starts it anew, and nothing in the task says so.
 */
export class Reconnections implements vscode.Disposable {
  private readonly running = new Map<vscode.TaskExecution, string>();
  /** Tasks that ran when the window went, by their keys. */
  private readonly left: Set<string>;
  /** Those of them that no launch has followed. */
  private readonly unsettled: Set<string>;
  private readonly sinceMs = performance.now();
  private readonly listeners: vscode.Disposable;

  constructor(private readonly memento: vscode.Memento) {
    this.left = new Set(memento.get<string[]>(key));
    this.unsettled = new Set(this.left);
    this.listeners = vscode.Disposable.from(
      vscode.tasks.onDidStartTask(({ execution }) => {
        if (execution.task.definition.type !== taskType) return;
        this.running.set(execution, keyOf(execution.task));
        this.save();
      }),
      vscode.tasks.onDidEndTask(({ execution }) => {
        if (this.running.delete(execution)) this.save();
      }),
    );
  }

  /** Whether it is for finding it again that this task is resolved. Each is looked for once. */
  takes(task: vscode.Task): boolean {
    return performance.now() - this.sinceMs < patienceMs && this.left.delete(keyOf(task));
  }

  /** Whether VS Code may take a task that a person starts for the one that ran before the reload. */
  mayConfuse(task: vscode.Task): boolean {
    return this.unsettled.has(keyOf(task));
  }

  /** A person has started this task since: from now on it is told apart. */
  settle(task: vscode.Task): void {
    this.unsettled.delete(keyOf(task));
  }

  dispose(): void {
    this.listeners.dispose();
  }

  private save(): void {
    void this.memento.update(key, [...new Set(this.running.values())]);
  }
}

/** Two folders may have tasks of the same definition. */
const keyOf = ({ definition, scope }: vscode.Task): string =>
  JSON.stringify(typeof scope === "object" ? [definition, scope.uri.toString()] : [definition]);
