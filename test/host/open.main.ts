// npm run vscode where no desktop VS Code is: the server on a folder, until Ctrl-C.
//   node dist/test/host/open.main.js FOLDER [PORT]
import { root } from "../setup/root.js";
import { endWithParent } from "./cleanup.js";
import { startServer } from "./server.js";

endWithParent();
const [folder = root, port = "0"] = process.argv.slice(2);
startServer({ link: root, port: Number(port) }).then(
  async (server) => {
    console.log(`Open ${server.url(folder)}`);
    console.log("This is VS Code with the extension, in a profile that is thrown away. Ctrl-C ends it.");
    await server.ended;
  },
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
