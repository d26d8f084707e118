/** A signal that asked a script to end. */
export interface StopSignal {
  signal: "SIGINT" | "SIGTERM";
  reason: "interrupted" | "terminated";
  /** Ends the script by it. Never resolves, unless the script handles the signal itself by now. */
  passOn(): Promise<void>;
}

const reasons = { SIGINT: "interrupted", SIGTERM: "terminated" } as const;

type Signal = keyof typeof reasons;

/** Who is told, of all loops that are under way. */
const told = new Set<(stop: StopSignal) => void>();
const handlers = new Map<Signal, () => void>();

/**
 * Calls back at the first Ctrl-C or SIGTERM, so that what is in hand can finish; the second ends the script at once. What
 * a script handles itself stays its own.
 * @returns ends the watch
 */
export function watchSignals(onStop: (stop: StopSignal) => void): () => void {
  told.add(onStop);
  for (const signal of Object.keys(reasons) as Signal[]) {
    if (handlers.has(signal) || process.listenerCount(signal) > 0) continue;
    const handler = () => {
      letGo();
      if (signal === "SIGINT")
        process.stderr.write("agent-jobs: stopping after what is in hand; Ctrl-C again stops at once.\n");
      const stop = { signal, reason: reasons[signal], passOn: () => passOn(signal) };
      for (const tell of [...told]) tell(stop);
    };
    handlers.set(signal, handler);
    process.on(signal, handler);
  }
  return () => {
    told.delete(onStop);
    if (told.size === 0) letGo();
  };
}

function letGo(): void {
  for (const [signal, handler] of handlers) process.off(signal, handler);
  handlers.clear();
}

async function passOn(signal: Signal): Promise<void> {
  if (process.listenerCount(signal) > 0) return;
  process.kill(process.pid, signal);
  await new Promise(() => setInterval(() => {}, 1_000)); // it comes at any moment
}
