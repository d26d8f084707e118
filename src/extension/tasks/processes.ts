import { systemCodeOf } from "../../runtime/errors.js";

/** Whether there is such a process on this machine, which is where the tasks of this extension host run. */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === "EPERM";
  }
}
