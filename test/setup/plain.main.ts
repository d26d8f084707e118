// mocha in plain Node, over the bundles named as arguments.
import { endWithParent } from "../host/cleanup.js";
import { runMocha } from "./runMocha.js";

const LEFTOVER_MS = 5000;

endWithParent();
runMocha(process.argv.slice(2)).then((verdict) => {
  process.exitCode = verdict.failed > 0 ? 1 : 0;
  // Whatever a test starts it ends: what still holds this process open is a fault of its own.
  setTimeout(() => {
    console.error(
      `The suite is over, but something keeps it open: ${process.getActiveResourcesInfo().join(", ")}`,
    );
    process.exit(1);
  }, LEFTOVER_MS).unref();
});
