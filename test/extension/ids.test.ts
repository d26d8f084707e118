import assert from "node:assert/strict";
import * as vscode from "vscode";
import {
  commandIds,
  contextKeys,
  extensionId,
  innerCommandIds,
  jobsViewId,
  mcpProviderId,
  settingIds,
  settingsSection,
  taskType,
  toolIds,
} from "../../src/extension/ids.js";
import { parts } from "./support/extension.js";

interface Contributions {
  commands: { command: string; title: string; category: string; icon?: string; enablement?: string }[];
  views: Record<string, { id: string }[]>;
  viewsWelcome: { view: string; when: string }[];
  menus: Record<string, { command: string; when?: string }[]>;
  taskDefinitions: { type: string }[];
  configuration: { properties: Record<string, unknown> };
  languageModelTools: { name: string; when: string }[];
  mcpServerDefinitionProviders: { id: string }[];
}

describe("the ids", () => {
  const manifest = vscode.extensions.getExtension(extensionId)!.packageJSON;
  const contributes = manifest.contributes as Contributions;
  const sorted = (names: Iterable<string>) => [...names].sort();

  it("are those of package.json", () => {
    assert.deepEqual(sorted(contributes.commands.map((c) => c.command)), sorted(Object.values(commandIds)));
    assert.deepEqual(
      Object.values(contributes.views)
        .flat()
        .map((v) => v.id),
      [jobsViewId],
    );
    assert.deepEqual(
      contributes.taskDefinitions.map((t) => t.type),
      [taskType],
    );
    assert.deepEqual(
      contributes.languageModelTools.map(({ name }) => name),
      Object.values(toolIds),
    );
    assert.deepEqual(
      contributes.mcpServerDefinitionProviders.map(({ id }) => id),
      [mcpProviderId],
    );
    const settings = Object.values(settingIds).map((name) => `${settingsSection}.${name}`);
    assert.deepEqual(sorted(Object.keys(contributes.configuration.properties)), sorted(settings));
    assert.ok(contributes.viewsWelcome.every(({ view }) => view === jobsViewId));
  });

  it("are all that menus and conditions name", () => {
    const known = new Set<string>(Object.values(contextKeys));
    const menus = Object.values(contributes.menus).flat();
    const clauses = [
      ...contributes.commands.map((c) => c.enablement ?? ""),
      ...menus.map((m) => m.when ?? ""),
      ...contributes.viewsWelcome.map((w) => w.when),
    ];
    for (const key of clauses.join(" ").match(/agentJobs\.\w+/g) ?? [])
      assert.ok(known.has(key) || key === jobsViewId, key);
    for (const { command } of menus) assert.ok(Object.values<string>(commandIds).includes(command), command);
  });

  it("are registered as commands", async () => {
    await parts();
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const id of [...Object.values(commandIds), ...Object.values(innerCommandIds)])
      assert.ok(registered.has(id), id);
  });

  it("have a category, an icon and a condition where they change something", () => {
    for (const { command, category, icon, enablement } of contributes.commands) {
      assert.equal(category, "Agent Jobs", command);
      // Above a diff VS Code shows the words of what has no icon: the decision that a person looks at it for.
      if (command === commandIds.acceptRepair) assert.equal(icon, undefined);
      else assert.match(icon ?? "", /^\$\(.+\)$/, command);
      const changes = ["run", "resume", "stop", "repair", "clear", "markDone", "markAllDone"].some((name) =>
        command.endsWith(`.${name}`),
      );
      if (changes) assert.match(enablement ?? "", /^isWorkspaceTrusted && /, command);
    }
  });
});
