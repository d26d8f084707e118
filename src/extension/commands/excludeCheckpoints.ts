import { excludeCheckpoints } from "../excludes/index.js";
import { requireTrust } from "./target.js";

export function exclude(): Promise<void> {
  requireTrust();
  return excludeCheckpoints();
}
