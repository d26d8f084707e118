// An extension that VS Code activates before all others: it notes when the event loop turned, and what ran meanwhile.
import { type Profiler, Session } from "node:inspector/promises";
import { nowUs } from "./clock.js";

const samplingUs = 1_000;
export const probeKey = Symbol.for("agent-jobs.bench.probe");

export interface Probe {
  /** Ends the watching. */
  stop(): Promise<{ turnsUs: number[]; profile: Profiler.Profile }>;
}

export async function activate(): Promise<void> {
  const turnsUs: number[] = [];
  const turning = setInterval(() => turnsUs.push(nowUs()), 1);
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
      return { turnsUs, profile };
    },
  };
  (globalThis as { [probeKey]?: Probe })[probeKey] = probe;
}
