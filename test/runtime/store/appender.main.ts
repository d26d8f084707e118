// Appends to a file in known groups, for tests that watch its system calls or limit what it may write.
//   appender.main.js FILE groups N M …   N callers at the same time, then M …
//   appender.main.js FILE until-failure BYTES   records of that size until one fails; says how many were acknowledged
import { AppendFile } from "../../../src/runtime/store/appendFile.js";

async function main([path, mode, ...numbers]: string[]): Promise<void> {
  const file = await AppendFile.open(path!);
  const line = (text: string) => Buffer.from(`{"id": "${text}", "ts": 1}\n`);
  if (mode === "groups") {
    for (const [group, callers] of numbers.entries())
      await Promise.all(
        Array.from({ length: Number(callers) }, (_, i) => file.append(line(`${group}-${i}`), "synced")),
      );
  } else {
    const padding = "x".repeat(Number(numbers[0]));
    let acknowledged = 0;
    try {
      for (;;) {
        await file.append(line(`${acknowledged}-${padding}`), "synced");
        acknowledged++;
      }
    } catch (error) {
      const { code, systemCode } = error as { code: string; systemCode: string };
      process.stdout.write(JSON.stringify({ acknowledged, code, systemCode }));
    }
  }
  await file.close();
}

void main(process.argv.slice(2));
