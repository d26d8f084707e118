import { InvalidArgumentError } from "commander";

const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration as a person types it: `30s`, `45m`, `2h`, `1d`, also `1h30m`. */
export function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smhd])/g)];
  const isWhole = parts.map(([part]) => part).join("") === text;
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
  if (!isWhole || ms <= 0) throw new InvalidArgumentError("Expected a duration such as 30s, 45m or 1h30m.");
  return Math.round(ms);
}
