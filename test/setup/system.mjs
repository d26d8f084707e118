// Programs that come from the system: found, installed where we may (root with apt), or asked for in one sentence.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { mustRun } from "./processes.mjs";

const CHROMIUM_PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

const shell = "chromium-headless-shell";

/** What the tests use. Without an optional one some tests skip themselves. */
const PROGRAMS = [
  {
    name: "Chromium",
    package: "chromium",
    find: findChromium,
    override: "or set CHROMIUM to the path of a Chromium or Chrome",
  },
  { name: "strace", package: "strace", find: () => findOnPath(["strace"]), optional: true, on: "linux" },
  { name: "xfs_io", package: "xfsprogs", find: () => findOnPath(["xfs_io"]), optional: true, on: "linux" },
  {
    name: "mkfs.ext4",
    package: "e2fsprogs",
    find: () => findOnPath(["mkfs.ext4"]),
    optional: true,
    on: "linux",
  },
  { name: "Python 3", package: "python3", find: () => findOnPath(["python3", "python"]), optional: true },
  ...["tqdm", "pandas", "nbclient", "ipykernel"].map((module) => ({
    name: `${module} for Python`,
    package: `python3-${module}`,
    find: () => pythonWith([module]),
    optional: true,
    on: "linux",
  })),
];

/** Debian's Python, and where its packages put their modules. */
const SYSTEM_PYTHON = { program: "/usr/bin/python3", modules: "/usr/lib/python3/dist-packages" };
const FIND_MODULES =
  "import sys, importlib.util as u; sys.exit(None in [u.find_spec(m) for m in sys.argv[1:]])";

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export function findOnPath(names) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram);
}

/**
 * The path of a Python 3 that has these modules, or undefined. The system's is looked at, which costs nothing; others are asked.
 *
 * @param {readonly string[]} modules
 */
export function pythonWith(modules) {
  const { program, modules: folder } = SYSTEM_PYTHON;
  if (isProgram(program) && modules.every((name) => existsSync(join(folder, name, "__init__.py"))))
    return program;
  const other = findOnPath(["python3", "python"]);
  if (!other) return undefined;
  return spawnSync(other, ["-c", FIND_MODULES, ...modules], { stdio: "ignore" }).status === 0
    ? other
    : undefined;
}

export function findChromium() {
  const named = process.env.CHROMIUM;
  if (named && !isProgram(named)) throw new Error(`CHROMIUM names ${named}, which is no program.`);
  // The shell is Chromium without its own windows, menus and their processes: it takes two thirds of the processor's time.
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  return named || findOnPath([shell]) || findOnPath(names) || CHROMIUM_PATHS.find(isProgram);
}

/** @param {{ browser: boolean }} needs whether this run opens a window */
export async function ensurePrograms({ browser }) {
  const missing = PROGRAMS.filter((program) => {
    if (program.package === "chromium" && !browser) return false;
    return (program.on ?? process.platform) === process.platform && !program.find();
  });
  if (missing.length === 0) return;
  const packages = missing.map((program) => program.package);
  if (process.getuid?.() === 0 && findOnPath(["apt-get"])) await installPackages(packages);
  for (const { name, package: wanted, find, optional, override } of missing) {
    if (find()) continue;
    const command = `apt-get update && apt-get install -y ${wanted}`;
    const help = [
      process.platform === "linux" ? `run \`sudo sh -c "${command}"\`` : `install ${name}`,
      override,
    ];
    if (!optional)
      throw new Error(`The tests need ${name}, which is not installed: ${help.filter(Boolean).join(", ")}.`);
    console.log(`${name} is not installed: the tests that use it are skipped.`);
  }
}

async function installPackages(packages) {
  console.log(`Installing ${packages.join(", ")} from the system's packages …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const quiet = ["-y", "-qq", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends"];
  try {
    await mustRun("apt-get", ["update", "-qq"], { env });
    const hasShell = spawnSync("apt-cache", ["show", shell], { stdio: "ignore" }).status === 0;
    const wanted = packages.map((name) => (name === "chromium" && hasShell ? shell : name));
    await mustRun("apt-get", ["install", ...quiet, ...wanted], { env });
  } catch (error) {
    console.error(error.message); // what is missing then says so itself
  }
}
