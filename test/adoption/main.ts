// node dist/test/adoption/main.js: writes the page that shows what adopting a script changes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/root.js";
import { adoptingPage, pagePath } from "./page.js";

writeFileSync(join(root, pagePath), adoptingPage());
