import * as vscode from "vscode";
import { needsPerson } from "../../view/attention.js";
import type { Job } from "../job.js";

const key = "tree.onlyNeedy";

/** Whether the tree shows only what needs a person; remembered for the workspace. */
export class NeedFilter implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly memory: vscode.Memento) {}

  get isOn(): boolean {
    return this.memory.get<boolean>(key, false);
  }

  async set(isOn: boolean): Promise<void> {
    await this.memory.update(key, isOn);
    this.changed.fire();
  }

  /** What is not read yet may need somebody. */
  shows(job: Job): boolean {
    return !this.isOn || !job.loaded || needsPerson(job.view);
  }

  dispose(): void {
    this.changed.dispose();
  }
}
