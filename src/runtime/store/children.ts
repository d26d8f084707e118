/**
 * The programs that a run started, in a file beside the checkpoint: a run that is killed cannot end them, and the next
 * one must neither start a second copy of a program nor pay beside a worker that still works off what it was given.
 */
import { rm, stat } from "node:fs/promises";
import { systemCodeOf } from "../errors.js";
import { isOfEarlierBoot } from "./lockFile.js";
import { readPlain, writePlain } from "./plainFile.js";
import { lookAt, ownIdentity, type ProcessIdentity } from "./processIdentity.js";

export const childrenPathOf = (checkpoint: string): string => `${checkpoint}.children`;

interface Child {
  pid: number;
  startTime: string | null;
}

interface Register {
  of: ProcessIdentity;
  children: Child[];
}

/** Keeps the file in step with the programs of this run. */
export class ChildRegister {
  private readonly children = new Map<number, Child>();
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly checkpoint: string) {}

  /** Notes a program that was started; resolves once that is written. */
  async add(pid: number): Promise<void> {
    this.children.set(pid, { pid, startTime: (await lookAt(pid)).startTime });
    return this.write();
  }

  /** Notes that a program ended. */
  async remove(pid: number): Promise<void> {
    if (this.children.delete(pid)) await this.write();
  }

  private write(): Promise<void> {
    this.writing = this.writing.then(async () => {
      const path = childrenPathOf(this.checkpoint);
      if (this.children.size === 0) return rm(path, { force: true });
      const register: Register = { of: await ownIdentity(), children: [...this.children.values()] };
      return writePlain(path, `${JSON.stringify(register)}\n`);
    });
    return this.writing;
  }
}

/**
 * The process numbers of programs that a run which is gone left behind and that still work. Only those of this
 * machine, boot and process namespace whose start time is the same: a number alone may be another's by now.
 * @param unproven also those of systems that tell no start time, of this boot: never to be signalled
 */
export async function orphansOf(checkpoint: string, unproven = false): Promise<number[]> {
  let register: Register;
  try {
    register = JSON.parse(await readPlain(childrenPathOf(checkpoint))) as Register;
  } catch (error) {
    if (error instanceof SyntaxError || systemCodeOf(error) === "ENOENT") return [];
    throw error;
  }
  const own = await ownIdentity();
  const same = (["host", "bootId", "pidNamespace"] as const).every(
    (name) => register.of?.[name] === own[name],
  );
  if (!same || !Array.isArray(register.children)) return [];
  const isOfThisBoot = async () => {
    const { mtimeMs } = await stat(childrenPathOf(checkpoint));
    return !isOfEarlierBoot(register.of.bootId, own.bootId, mtimeMs);
  };
  const alive: number[] = [];
  for (const { pid, startTime } of register.children) {
    if (!Number.isInteger(pid) || pid <= 1) continue;
    const look = await lookAt(pid);
    const isMatched = startTime !== null && look.startTime === startTime;
    const isPossible = startTime === null || look.startTime === null;
    if (look.runs && (isMatched || (isPossible && unproven && (await isOfThisBoot())))) alive.push(pid);
  }
  return alive;
}
