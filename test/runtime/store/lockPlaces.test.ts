import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { riskOf } from "../../../src/runtime/store/folderRisk.js";
import { inspectLock, Lock, type LockContent } from "../../../src/runtime/store/lock.js";
import { lossIn } from "../../../src/runtime/store/lockLoss.js";
import { ownIdentity } from "../../../src/runtime/store/processIdentity.js";
import { scratchFolder } from "../../support/cli.js";

describe("a lock file", () => {
  let folder: ReturnType<typeof scratchFolder>;
  let path: string;
  beforeEach(() => {
    folder = scratchFolder();
    path = join(folder.path, "a.jsonl");
  });
  afterEach(() => folder.remove());
  async function leave(changes: Partial<LockContent>, ageMs = 0): Promise<void> {
    const content = { token: "theirs", sinceMs: Date.now(), ...(await ownIdentity()), ...changes };
    writeFileSync(`${path}.lock`, JSON.stringify(content));
    utimesSync(`${path}.lock`, new Date(), new Date(Date.now() - ageMs));
  }
  const status = async () => (await inspectLock(path)).status;

  it("that is a link, a folder or a FIFO is none of ours, is never waited for, and stays", async function () {
    const lock = `${path}.lock`;
    const kinds: Record<string, () => void> = {
      link: () => symlinkSync("/etc/passwd", lock),
      folder: () => mkdirSync(lock),
      fifo: () => spawnSync("mkfifo", [lock]),
    };
    if (process.platform === "win32") return this.skip();
    for (const make of Object.values(kinds)) {
      make();
      for (const takeOver of [false, true])
        await assert.rejects(Lock.acquire(path, { takeOver }), { code: "AJ_NOT_A_FILE" });
      spawnSync("rm", ["-rf", lock]);
    }
  });

  it("of another machine whose clock is slow is live while it is seen to be renewed", async () => {
    const slowMs = 600_000;
    await leave({ host: "elsewhere" }, slowMs);
    assert.equal(await status(), "expired", "at first sight its time is all there is");
    await leave({ host: "elsewhere" }, slowMs - 5_000);
    assert.equal(await status(), "live", "it was renewed meanwhile");
  });

  it("of another machine whose clock is fast is held: its silence cannot be told yet", async () => {
    await leave({ host: "elsewhere" }, -600_000);
    assert.equal(await status(), "live");
    await assert.rejects(Lock.acquire(path), { code: "AJ_HELD", message: /ahead of this machine's clock/ });
  });

  it("without content is stale also where the clock was set back since", async () => {
    writeFileSync(`${path}.lock`, "");
    utimesSync(`${path}.lock`, new Date(), new Date(Date.now() + 3_600_000));
    assert.equal(await status(), "stale");
  });

  it("of another machine of the same name is not taken for one that a reboot left", async () => {
    const { machine } = await ownIdentity();
    await leave({ bootId: "another boot", machine: "another machine" });
    assert.equal(await status(), machine ? "live" : "stale");
    await leave({ bootId: "another boot" });
    assert.equal(await status(), "stale");
  });

  it("may be taken over only if it is the one that a person was shown", async () => {
    await leave({ token: "shown" });
    await leave({ token: "newer" });
    await assert.rejects(Lock.acquire(path, { takeOver: "shown" }), { code: "AJ_HELD" });
    const lock = await Lock.acquire(path, { takeOver: "newer" });
    assert.deepEqual(lock.lost, { token: "newer", cause: "taken-over" });
    await lock.release();
  });

  it("tells how its run ended: killed, with its machine, or unknown where it cannot be seen", async () => {
    const dead = { pid: 2 ** 22 + 1 };
    for (const [changes, ageMs, cause] of [
      [{ ...dead, token: "k" }, 0, "killed"],
      [{ ...dead, token: "r", bootId: "another boot" }, 0, "reboot"],
      [{ token: "u", host: "elsewhere" }, 91_000, "unknown"],
    ] as const) {
      await leave(changes, ageMs);
      assert.deepEqual(await lossIn(path, await inspectLock(path)), { token: changes.token, cause });
    }
    await leave({});
    assert.equal(await lossIn(path, await inspectLock(path)), null);
  });
});

describe("a checkpoint's place", () => {
  const mounts = `/dev/vda / ext4 rw 0 0
srv:/home /home nfs4 rw 0 0
/dev/vdb /home/me/disk xfs rw 0 0
//nas/x /mnt/my\\040nas cifs rw 0 0
me@h: /mnt/ssh fuse.sshfs rw 0 0
/dev/sdb1 /mnt/usb fuseblk rw 0 0
overlay /mnt/o fuse.fuse-overlayfs rw 0 0
`;

  it("is risky on network and synced folders, and nowhere else", () => {
    const risk = (path: string, text: string | null = mounts) => riskOf(path, text);
    for (const path of ["/srv/a.jsonl", "/home/me/disk/a", "/mnt/usb/a", "/mnt/o/a", "/homework/a"])
      assert.equal(risk(path), null, path);
    assert.match(risk("/home/me/a")!, /nfs4/);
    assert.match(risk("/mnt/my nas/a")!, /cifs/);
    assert.match(risk("/mnt/ssh/a")!, /fuse\.sshfs/);
    for (const [path, name] of [
      ["C:\\Users\\me\\OneDrive - Firm\\jobs\\a", "OneDrive"],
      ["/Users/me/Dropbox (Personal)/a", "Dropbox"],
      ["/Users/me/Library/Mobile Documents/com~apple~CloudDocs/a", "iCloud"],
      ["/Users/me/Library/CloudStorage/GoogleDrive-me/a", "Google Drive"],
    ] as const)
      assert.match(risk(path, null)!, new RegExp(name));
    assert.match(risk("\\\\nas\\share\\a", null)!, /network/);
    assert.equal(risk("\\\\?\\C:\\a", null), null);
  });
});
