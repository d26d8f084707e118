import * as vscode from "vscode";
import { discoverySettings } from "../settings.js";
import { watchedGlobs } from "../watched/watchedGlobs.js";

/** What runs leave where their checkpoint is elsewhere. */
const notedPlaces = "**/checkpoints/*.where";

/** Says when files that may be jobs come, go, or (where their content decides) change. VS Code's own watcher does the work. */
export class FileFinder implements vscode.Disposable {
  private watchers: vscode.Disposable[] = [];

  constructor(private readonly onFind: () => void) {}

  /** Watches the open folders with the settings of now. */
  watch(): void {
    this.dispose();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (folder.uri.scheme !== "file") continue;
      const { jobFiles, checkpoints, resultFiles } = discoverySettings(folder);
      for (const glob of jobFiles) this.watchGlob(folder, glob, (uri) => uri.path.endsWith(".json"));
      for (const glob of [...checkpoints, ...resultFiles, ...watchedGlobs(folder)])
        this.watchGlob(folder, glob, null);
      this.watchGlob(folder, notedPlaces, () => true);
    }
  }

  dispose(): void {
    for (const watcher of this.watchers) watcher.dispose();
    this.watchers = [];
  }

  /** @param reads whether a change inside a file says something about where its job is; null: never */
  private watchGlob(
    folder: vscode.WorkspaceFolder,
    glob: string,
    reads: ((uri: vscode.Uri) => boolean) | null,
  ): void {
    const pattern = new vscode.RelativePattern(folder, glob);
    const watcher = vscode.workspace.createFileSystemWatcher(pattern, false, reads === null, false);
    this.watchers.push(
      watcher,
      watcher.onDidCreate(() => this.onFind()),
      watcher.onDidDelete(() => this.onFind()),
    );
    if (reads) this.watchers.push(watcher.onDidChange((uri) => reads(uri) && this.onFind()));
  }
}
