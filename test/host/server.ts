// VS Code's server on a free port of this machine, with a profile that is thrown away.
import { execFileSync, spawn } from "node:child_process";
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { root } from "../setup/root.js";
import { releaseAtEnd } from "./cleanup.js";
import { installServer } from "./installServer.mjs";
import { killGroup, killMarked } from "./processGroup.js";
import { cleanEnvironment, quietSettings } from "./settings.js";

const STOP_MS = 5000;
/** In the environment of everything that the server starts, so that it can be found again. */
const MARK = "AGENT_JOBS_TEST_HOST";

export interface ServerOptions {
  /** User settings, beside the quiet ones. */
  settings?: Readonly<Record<string, unknown>>;
  /** Leave Workspace Trust on: folders start restricted. By default it is off and every folder is trusted. */
  workspaceTrust?: boolean;
  /** A package to install before the start. */
  vsix?: string;
  /** A source folder to run as if it were installed. */
  link?: string;
  /** Further extensions' source folders. */
  alsoLink?: readonly string[];
  /** Let the page name an extension under development and its tests. VS Code then hides notifications and dialogs. */
  driver?: boolean;
  /** For the extension host and terminals, besides this process's environment. */
  env?: NodeJS.ProcessEnv;
  /** By default any free one. */
  port?: number;
}

export interface Server {
  /** The profile: settings in data/User, logs in data/logs. */
  readonly folder: string;
  /** The workbench on a folder, or on those of a workspace file; `payload` is what VS Code's own browser tests pass. */
  url(path: string, payload?: ReadonlyArray<readonly [string, string]>): string;
  /** A local path as the workbench names it. */
  uri(path: string): string;
  /** What the server has printed so far. */
  output(): string;
  /** Resolves when the server has ended, by itself or by stop. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  /** Ends the server and its process group at once, as a crash does. What outlives it goes on, until `stop`. */
  crash(): Promise<void>;
}

export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { node, server } = await installServer(root);
  const folder = mkdtempSync(join(tmpdir(), "agent-jobs-host-"));
  const profile = seedProfile(folder, options);
  const env = { ...cleanEnvironment(), TMPDIR: folder, [MARK]: folder, ...options.env };
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  if (options.vsix) {
    try {
      execFileSync(node, [server, ...profile, "--install-extension", resolve(options.vsix)], {
        env,
        stdio: "pipe",
      });
    } catch (error) {
      removeFolder();
      throw new Error(`VS Code does not install ${options.vsix}.`, { cause: error });
    }
  }

  const child = spawn(node, [server, ...profile, ...flags(options)], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a group of its own: its pty host outlives it otherwise
  });
  const release = () => {
    killGroup(child.pid, "SIGKILL");
    killMarked(MARK, folder);
    removeFolder();
  };
  const forget = releaseAtEnd(release);
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const log = join(folder, "server.log");
  const port = await listeningPort(child, log).catch((error) => {
    release();
    forget();
    throw error;
  });
  const authority = `127.0.0.1:${port}`;
  return {
    folder,
    url: (path, payload) => {
      const kind = path.endsWith(".code-workspace") ? "workspace" : "folder";
      const query = new URLSearchParams({ [kind]: resolve(path) });
      if (payload) query.set("payload", JSON.stringify(payload));
      return `http://${authority}/?${query}`;
    },
    uri: (path) => `vscode-remote://${authority}${resolve(path)}`,
    output: () => readFileSync(log, "utf8"),
    ended,
    async crash() {
      killGroup(child.pid, "SIGKILL");
      await ended;
    },
    async stop() {
      killGroup(child.pid, "SIGTERM");
      const impatient = setTimeout(() => killGroup(child.pid, "SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(impatient);
      release();
      forget();
    },
  };
}

/** Writes settings and links the extension; gives the flags that name the profile. */
function seedProfile(folder: string, options: ServerOptions): string[] {
  const data = join(folder, "data");
  const extensions = join(folder, "extensions");
  for (const path of [join(data, "User"), join(data, "logs"), extensions])
    mkdirSync(path, { recursive: true });
  const settings = { ...quietSettings, ...options.settings };
  writeFileSync(join(data, "User/settings.json"), JSON.stringify(settings, null, 2));
  if (options.link) symlinkSync(resolve(options.link), join(extensions, "linked"), "dir");
  for (const [i, path] of (options.alsoLink ?? []).entries())
    symlinkSync(resolve(path), join(extensions, `linked-${i}`), "dir");
  return ["--server-data-dir", folder, "--user-data-dir", data, "--extensions-dir", extensions];
}

function flags(options: ServerOptions): string[] {
  return [
    ...["--host", "127.0.0.1", "--port", String(options.port ?? 0), "--without-connection-token"],
    ...["--accept-server-license-terms", "--disable-telemetry"],
    ...(options.driver ? ["--enable-smoke-test-driver"] : []),
    ...(options.workspaceTrust ? [] : ["--disable-workspace-trust"]),
  ];
}

function listeningPort(child: ReturnType<typeof spawn>, log: string): Promise<number> {
  const file = createWriteStream(log);
  return new Promise((resolvePort, reject) => {
    let text = "";
    const read = (chunk: Buffer) => {
      file.write(chunk);
      text = (text + chunk).slice(-10_000);
      const found = /agent listening on (\d+)/.exec(text);
      if (found) resolvePort(Number(found[1]));
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      file.end();
      reject(new Error(`The VS Code server ended with ${code ?? signal}:\n${text}`));
    });
  });
}
