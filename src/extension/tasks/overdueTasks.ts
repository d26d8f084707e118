import * as vscode from "vscode";

/** How long VS Code may take to end a task whose process has ended. */
const patienceMs = 5_000;

/**
 * Ends those tasks of a job that nobody holds which VS Code still takes for running. After a reload of the window it may
 * follow the terminal of a process that has ended, and hears of no end: starting the job again would do nothing then.
 */
export async function endOverdue(isOfJob: (task: vscode.Task) => boolean): Promise<void> {
  const overdue = vscode.tasks.taskExecutions.filter(({ task }) => isOfJob(task));
  await Promise.all(overdue.map(ended));
}

function ended(execution: vscode.TaskExecution): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(late);
      listener.dispose();
      resolve();
    };
    const late = setTimeout(finish, patienceMs);
    const listener = vscode.tasks.onDidEndTask((event) => {
      if (event.execution === execution) finish();
    });
    execution.terminate();
  });
}
