import assert from "node:assert/strict";
import { placeWarning, type Surroundings } from "../../../src/runtime/store/folderRisk.js";

const disk = "/dev/vda / ext4 rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\nramfs /mnt/fast ramfs rw 0 0\n";
const container = `overlay / overlay rw 0 0
tmpfs /dev/shm tmpfs rw 0 0
/dev/vdb /workspaces ext4 rw 0 0
/dev/vdc /data ext4 rw 0 0
`;

describe("A checkpoint's place that does not last", () => {
  const warning = (path: string, around: Partial<Surroundings> = {}) =>
    placeWarning(
      path,
      { mounts: disk, env: {}, temporary: ["/tmp", "/var/folders/x1"], isContainer: false, ...around },
      "The checkpoint",
    );
  const warned = (path: string, words: RegExp, around?: Partial<Surroundings>) => {
    const text = warning(path, around);
    assert.match(text ?? "", words, path);
    assert.doesNotMatch(text!, /\n/);
    assert.match(text!, /what is done would be lost\. [A-Z].*\.$/);
  };

  it("is told of where it is the system's folder for temporary files, and not where it only sounds so", () => {
    warned("/tmp/job/a.jsonl", /temporary files \(\/tmp\): the system may empty it/);
    warned("/var/folders/x1/a.jsonl", /temporary files/);
    warned("C:\\Users\\me\\AppData\\Local\\Temp\\a.jsonl", /temporary files/, {
      mounts: null,
      temporary: ["C:\\Users\\me\\AppData\\Local\\Temp"],
    });
    for (const path of ["/home/me/tmp/a", "/tmpfiles/a", "/tmp", "/var/tmp/a", "/srv/a"])
      assert.equal(warning(path), null, path);
  });

  it("is told of where it is memory", () => {
    warned("/dev/shm/a", /in memory \(tmpfs on \/dev\/shm\)/);
    warned("/mnt/fast/a", /ramfs/);
    warned("/tmp/a", /in memory \(tmpfs on \/tmp\)/, { mounts: `${disk}tmpfs /tmp tmpfs rw 0 0\n` });
  });

  it("is told of in a container's own layer, where it is certain to be one, and not on its volumes", () => {
    warned("/root/a", /container's own layer.*volume/, { mounts: container, isContainer: true });
    for (const path of ["/data/a", "/workspaces/repo/a"])
      assert.equal(warning(path, { mounts: container, isContainer: true }), null, path);
    assert.equal(warning("/root/a", { mounts: container }), null, "a live system");
    assert.equal(warning("/root/a", { isContainer: true }), null, "a machine that says it is a container");
  });

  it("is told of on machines of notebooks and builds", () => {
    const colab = { env: { COLAB_RELEASE_TAG: "release" } };
    warned("/content/a", /Colab.*\/content\/drive/, colab);
    assert.equal(warning("/content/drive/MyDrive/a", colab), null);
    assert.equal(warning("/content/a"), null, "a folder of that name elsewhere");
    warned("/kaggle/working/a", /Kaggle.*Save a version/, { env: { KAGGLE_KERNEL_RUN_TYPE: "Interactive" } });
    const actions = { GITHUB_ACTIONS: "true", RUNNER_TEMP: "/home/runner/work/_temp" };
    warned("/home/runner/work/_temp/a", /runner's folder.*actions\/cache/, { env: actions });
    assert.equal(warning("/home/runner/work/repo/a", { env: actions }), null, "a runner of one's own");
    const hosted = { ...actions, RUNNER_ENVIRONMENT: "github-hosted" };
    warned("/home/runner/work/repo/a", /machine of GitHub's.*gone after the job/, { env: hosted });
  });

  it("is told of once: what shares it comes first", () => {
    const mounts = `${disk}srv:/t /tmp nfs4 rw 0 0\n`;
    assert.match(warning("/tmp/a", { mounts })!, /nfs4.*start no second run/);
  });
});
