import * as vscode from "vscode";

export interface Step {
  title: string;
  placeHolder: string;
  /** There is a question before it, to which a person may go back. */
  hasBack: boolean;
  matchOnDetail?: boolean;
}

/** The person wants to answer the question before once more. */
export const back = Symbol("back");
export type Back = typeof back;

/**
 * Asks one of several questions, and leaves it open while a person looks elsewhere.
 * @param active the pick that Enter takes: the answer that was given before, say
 * @returns undefined where the person gave up
 */
export async function askStep<Pick extends vscode.QuickPickItem>(
  picks: readonly Pick[],
  { title, placeHolder, hasBack, matchOnDetail = false }: Step,
  active?: Pick,
): Promise<Pick | Back | undefined> {
  const picker = vscode.window.createQuickPick<Pick>();
  Object.assign(picker, { title, placeholder: placeHolder, matchOnDetail, ignoreFocusOut: true });
  picker.items = picks;
  if (active) picker.activeItems = [active];
  if (hasBack) picker.buttons = [vscode.QuickInputButtons.Back];
  try {
    return await new Promise((resolve) => {
      picker.onDidAccept(() => {
        const [picked] = picker.activeItems;
        // Nothing matches what was typed: that is no answer.
        if (picked) resolve(picked);
      });
      picker.onDidTriggerButton(() => resolve(back));
      picker.onDidHide(() => resolve(undefined));
      picker.show();
    });
  } finally {
    picker.dispose();
  }
}
