// Appends to a file in known groups, for tests that watch its system calls.
//   appender.main.js FILE N M …   N callers at the same time, then M …
import { AppendFile } from "../../../src/runtime/store/appendFile.js";

async function main([path, ...groups]: string[]): Promise<void> {
  const file = await AppendFile.open(path!);
  const line = (text: string) => Buffer.from(`{"id": "${text}", "ts": 1}\n`);
  for (const [group, callers] of groups.entries())
    await Promise.all(
      Array.from({ length: Number(callers) }, (_, i) => file.append(line(`${group}-${i}`), "synced")),
    );
  await file.close();
}

void main(process.argv.slice(2));
