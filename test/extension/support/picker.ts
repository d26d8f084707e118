import * as vscode from "vscode";

/** A QuickPick as an extension sees it, moved by a test instead of a person: VS Code tells a test nothing of the real one. */
class TypedPicker {
  title: string | undefined;
  placeholder: string | undefined;
  busy = false;
  selectedItems: vscode.QuickPickItem[] = [];
  private shown: vscode.QuickPickItem[] = [];
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly typed = new vscode.EventEmitter<string>();
  private readonly accepted = new vscode.EventEmitter<void>();
  private readonly hidden = new vscode.EventEmitter<void>();
  private readonly triggered = new vscode.EventEmitter<never>();
  /** Other items are shown. */
  readonly onDidChange = this.changed.event;
  readonly onDidChangeValue = this.typed.event;
  readonly onDidAccept = this.accepted.event;
  readonly onDidHide = this.hidden.event;
  readonly onDidTriggerItemButton = this.triggered.event;

  get items(): readonly vscode.QuickPickItem[] {
    return this.shown;
  }

  set items(items: readonly vscode.QuickPickItem[]) {
    this.shown = [...items];
    // The title follows the items.
    queueMicrotask(() => this.changed.fire());
  }

  type(text: string): void {
    this.typed.fire(text);
  }

  accept(index: number): void {
    this.selectedItems = [this.shown[index]!];
    this.accepted.fire();
  }

  show(): void {}

  hide(): void {
    this.hidden.fire();
  }

  dispose(): void {}
}

/** Gives commands this picker instead of one that a person would see, until `restore`. */
export function pickerInstead(): { picker: TypedPicker; restore(): void } {
  const windows = vscode.window as unknown as { createQuickPick: unknown };
  const original = windows.createQuickPick;
  const picker = new TypedPicker();
  windows.createQuickPick = () => picker;
  return {
    picker,
    restore() {
      windows.createQuickPick = original;
    },
  };
}
