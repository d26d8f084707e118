import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json";
import packageStrings from "../../package.nls.json";
import { settingIds, settingsSection } from "../../src/extension/ids.js";

interface Setting {
  type: string;
  scope: string;
  order: number;
  description?: string;
  markdownDescription?: string;
  enum?: string[];
  enumDescriptions?: string[];
  default: unknown;
}

describe("the settings", () => {
  const root = process.env.AGENT_JOBS_ROOT!;
  const properties: Record<string, Setting> = packageJson.contributes.configuration.properties;
  const settings = Object.entries(properties);
  const restricted = packageJson.capabilities.untrustedWorkspaces.restrictedConfigurations;

  /** Settings whose values name no file, program or address: a folder that nobody trusts may have them its way. */
  const harmlessIds = [
    ...["notifications", "outliveWindow", "planBeforeRun", "offerExcludes", "extendTerminal"],
    ...["badge", "statusBar"],
  ];
  const harmless = new Set(harmlessIds.map((name) => `${settingsSection}.${name}`));
  const strings: Record<string, string> = packageStrings;
  const said = (key: string) => strings[key.replaceAll("%", "")] ?? "";

  it("are restricted in folders that are not trusted, or named here as harmless", () => {
    for (const [name, { type }] of settings) {
      assert.notEqual(restricted.includes(name), harmless.has(name), name);
      // Free text may name anything: only a choice among words of ours is harmless.
      if (harmless.has(name))
        assert.ok(
          type === "boolean" || type === "number" || properties[name]!.enum,
          `${name} takes any text`,
        );
    }
    assert.deepEqual(
      restricted.filter((name) => !(name in properties)),
      [],
      "restricted, and no setting",
    );
  });

  it("say what they are, each choice of theirs too, and have an order", () => {
    for (const [name, setting] of settings) {
      const text = said(setting.markdownDescription ?? setting.description ?? "");
      assert.match(text, /^[A-Z].*\.$/s, name);
      assert.equal(setting.enumDescriptions?.length, setting.enum?.length, name);
      for (const choice of setting.enumDescriptions ?? []) assert.match(said(choice), /^[A-Z].*\.$/s, name);
      assert.notEqual(setting.default, undefined, name);
      assert.ok(["resource", "window", "machine-overridable", "machine"].includes(setting.scope), name);
    }
    const orders = settings.map(([, { order }]) => order);
    assert.deepEqual([...new Set(orders)].length, settings.length, `orders ${orders.join(", ")}`);
  });

  it("are read somewhere, each", () => {
    const folder = join(root, "src/extension");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && name !== "ids.ts")
      .map((name) => readFileSync(join(folder, name), "utf8"));
    for (const name of Object.keys(settingIds)) {
      const reads = new RegExp(`get[^;]*\\(settingIds\\.${name}\\b`);
      assert.ok(
        sources.some((source) => reads.test(source)),
        `${name} is read nowhere`,
      );
    }
  });
});
