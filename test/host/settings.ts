/** A workbench that asks for nothing, fetches nothing and shows nothing of its own. */
export const quietSettings: Readonly<Record<string, unknown>> = {
  "agentJobs.offerExcludes": false,
  "agentJobs.outliveWindow": "no",
  "agentJobs.planBeforeRun": "never",
  "chat.disableAIFeatures": true,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.confirmedUriHandlerExtensionIds": ["agent-jobs.agent-jobs"], // a dialog, and dialogs reject under test
  "extensions.ignoreRecommendations": true,
  "files.autoSave": "off", // the desktop's default; in a browser it would be on
  "git.enabled": false,
  "security.workspace.trust.startupPrompt": "always",
  "telemetry.telemetryLevel": "off",
  "terminal.integrated.gpuAcceleration": "off", // by chance it would draw without a GPU, and no text were to be found
  "typescript.disableAutomaticTypeAcquisition": true,
  "typescript.tsserver.useSyntaxServer": "never",
  "update.mode": "none",
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

/** The environment without what npm, or a VS Code that this runs in, put there for its own processes. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(npm_|VSCODE_|ELECTRON_|INIT_CWD$|NODE_OPTIONS$)/;
  const kept = Object.entries(process.env).filter(
    ([name]) => !foreign.test(name) || name === "VSCODE_EXECUTABLE",
  );
  return Object.fromEntries(kept);
}
