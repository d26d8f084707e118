import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";

/** A Python that can make terminals, or undefined. */
export const python = ["python3", "python"].find(
  (name) => process.platform !== "win32" && spawnSync(name, ["-c", "import pty"]).status === 0,
);

/** For a `before` hook: where there is none, the tests are reported as skipped. Setting up installs one where it may. */
export function needsPython(this: Mocha.Context): void {
  if (!python) this.skip();
}

// Runs a program as the leader of a session of its own on a new terminal. Takes orders as JSON lines on its input:
// a text is typed, a number is how many columns it has from now on, null closes it as a window's close button does.
// Exits as the program did.
const script = `
import fcntl, json, os, pty, select, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
orders = b""
inputs = [terminal, 0]
while terminal in inputs:
    for fd in select.select(inputs, [], [])[0]:
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b""
        if not data:
            inputs.remove(fd)
        elif fd == terminal:
            os.write(1, data)
        else:
            orders += data
            *lines, orders = orders.split(b"\\n")
            for line in lines:
                order = json.loads(line)
                if order is None:
                    inputs.remove(terminal)
                elif isinstance(order, int):
                    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, order, 0, 0))
                else:
                    os.write(terminal, order.encode())
os.close(terminal)
os.write(2, b"closed")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
`;

/** A program on a real terminal. */
export class Terminal {
  output = "";
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcessWithoutNullStreams;
  private onClosed = () => {};

  constructor(command: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
    const env = { ...process.env, TERM: "xterm", ...options.env };
    this.child = spawn(python!, ["-c", script, ...command], { cwd: options.cwd, env });
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
    });
    this.child.stderr.once("data", () => this.onClosed());
    this.child.stdin.on("error", () => {}); // it ended before the order came
    this.ended = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", (code) => resolve(code));
    });
  }

  /** Types; \u0003 is Ctrl-C. */
  type(text: string): void {
    this.child.stdin.write(`${JSON.stringify(text)}\n`);
  }

  /** Makes it so many columns wide, as a drag at its window's edge does. */
  resize(columns: number): void {
    this.child.stdin.write(`${columns}\n`);
  }

  /** Takes the terminal away, as closing its window does. Resolves once the system has sent its SIGHUP. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.onClosed = resolve;
      this.child.stdin.write("null\n");
    });
  }

  /** Without its other end the terminal hangs up, and so ends what runs in it. */
  dispose(): void {
    this.child.kill("SIGKILL");
  }
}
