// An extension that VS Code activates before all others: it notes when the event loop turned, and what ran meanwhile.
import { type Profiler, Session } from "node:inspector/promises";
import { nowUs } from "./clock.js";
import type { Turn } from "./slices.js";

const samplingUs = 1_000;
export const probeKey = Symbol.for("agent-jobs.bench.probe");

/** Node has it from 23.9 on: what of a time between two turns other programs had is then left out. */
const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };

function threadCpuUs(): number {
  if (!threadCpuUsage) return nowUs();
  const { user, system } = threadCpuUsage.call(process);
  return user + system;
}

export interface Probe {
  /** Ends the watching. */
  stop(): Promise<{ turns: Turn[]; profile: Profiler.Profile }>;
}

export async function activate(): Promise<void> {
  const turns: Turn[] = [];
  const turning = setInterval(() => turns.push({ atUs: nowUs(), cpuUs: threadCpuUs() }), 1);
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: samplingUs });
  await session.post("Profiler.start");
  const probe: Probe = {
    async stop() {
      clearInterval(turning);
      const { profile } = await session.post("Profiler.stop");
      session.disconnect();
      return { turns, profile };
    },
  };
  (globalThis as { [probeKey]?: Probe })[probeKey] = probe;
}
