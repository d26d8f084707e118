// A model server in a process of its own, which lives as long as its parent: modelServer.main.js OPTIONS-AS-JSON
import { type ModelServerOptions, startModelServer } from "./modelServer.js";

process.on("disconnect", () => process.exit());
startModelServer(JSON.parse(process.argv[2] ?? "{}") as ModelServerOptions).then(({ baseUrl }) =>
  process.send!({ baseUrl }),
);
