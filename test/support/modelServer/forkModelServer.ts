import { resolve } from "node:path";
import { TestProgram } from "../children.js";
import { type ModelServer, type ModelServerOptions, remoteServer } from "./modelServer.js";

/** A model server in a process of its own: it outlives jobs that are killed, and takes no time from them. */
export async function forkModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const program = new TestProgram(resolve("dist/test/support/modelServer"), "modelServer", [
    JSON.stringify(options),
  ]);
  const { baseUrl } = await program.next<{ baseUrl: string }>();
  return { ...remoteServer(baseUrl), close: () => program.end() };
}
