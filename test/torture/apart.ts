import { fork } from "node:child_process";
import { resolve } from "node:path";
import { releaseAtEnd } from "../host/cleanup.js";
import type { Row, RowOutcome, Skipped } from "./row.js";

/** What the process of a row sends. */
export type Message = { progress: string } | { outcome: RowOutcome | Skipped };

const program = resolve("dist/test/torture/main.js");

/** Runs a row in a process of its own: rows that only compute leave those alone that wait for moments. */
export function runApart(
  row: Row,
  args: readonly string[],
  progress: (text: string) => void = () => {},
): Promise<RowOutcome | Skipped> {
  return new Promise((resolve) => {
    const child = fork(program, ["--row", row.name, ...args], { execArgv: ["--enable-source-maps"] });
    const release = releaseAtEnd(() => child.kill("SIGTERM"));
    let outcome: RowOutcome | Skipped | undefined;
    child.on("message", (message: Message) => {
      if ("progress" in message) progress(message.progress);
      else outcome = message.outcome;
    });
    child.once("exit", (code, signal) => {
      release();
      resolve(outcome ?? failed(`The row's process ended with ${signal ?? code}.`));
    });
  });
}

export const failed = (problem: string): RowOutcome => ({
  ...{ cases: 0, lost: 0, wrong: 0, thrown: 1 },
  problems: [problem],
});

/** Does work for each of a list, so many at a time and the first ones first; gives a promise for each at once. */
export function inOrder<T, R>(
  list: readonly T[],
  jobs: number,
  work: (one: T) => Promise<R>,
): Map<T, Promise<R>> {
  let free = jobs;
  const waiting: (() => void)[] = [];
  const take = async (one: T): Promise<R> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work(one);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
  return new Map(list.map((one) => [one, take(one)]));
}
