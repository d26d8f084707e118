// A process of its own that takes locks and appends, as its parent tells it.
import { keyOf } from "../../../src/runtime/format/itemId.js";
import { JsonlStore } from "../../../src/runtime/store/jsonlStore.js";
import { Lock } from "../../../src/runtime/store/lock.js";
import type { JobLog } from "../../../src/runtime/store/store.js";

export interface Order {
  do: "lock" | "unlock" | "open" | "append" | "close";
  takeOver?: boolean;
  ids?: string[];
}

export interface Answer {
  token?: string;
  code?: string;
  systemCode?: string;
  message?: string;
  holder?: { pid: number; host: string };
}

const checkpoint = process.argv[2]!;
let lock: Lock | undefined;
let log: JobLog | undefined;

async function obey(order: Order): Promise<Answer> {
  const options = { takeOver: order.takeOver ?? false };
  if (order.do === "lock") lock = await Lock.acquire(checkpoint, options);
  else if (order.do === "unlock") await lock?.release();
  else if (order.do === "open") log = await new JsonlStore(checkpoint).open("job", options);
  else if (order.do === "close") await log?.close();
  else
    await Promise.all(
      order.ids!.map((id) => log!.append([{ type: "done", atMs: Date.now(), item: keyOf(id) }], "synced")),
    );
  const token = lock?.token ?? log?.token;
  return token === undefined ? {} : { token };
}

process.on("message", (order: Order) => {
  obey(order).then(
    (answer) => process.send!(answer),
    (error: Error & Answer) => {
      const { message, code, systemCode, holder } = error;
      process.send!({ message, code, systemCode, holder });
    },
  );
});
process.on("disconnect", () => process.exit(1)); // the test is gone
process.send!("ready");
