import * as vscode from "vscode";

/** The fixed words of the page, in the person's language. */
export const pageWords = () => ({
  failures: vscode.l10n.t("Failures"),
  toFailures: vscode.l10n.t("Show the failures"),
  noFailures: vscode.l10n.t("No item is failed now."),
  noMatch: vscode.l10n.t("No failure matches the filter."),
  byCause: vscode.l10n.t("By cause"),
  moreCauses: vscode.l10n.t("More causes are not listed; the filter finds them."),
  filter: vscode.l10n.t("Filter by id, cause or message"),
  cause: vscode.l10n.t("Cause"),
  allCauses: vscode.l10n.t("All causes"),
  retryChosen: vscode.l10n.t("Retry Chosen…"),
  retrySome: vscode.l10n.t("Retry {0} Chosen…", "{0}"),
  retryCause: vscode.l10n.t("Retry all of this cause…"),
  onlyCause: vscode.l10n.t("List only these"),
  choose: vscode.l10n.t("Choose"),
  chooseAll: vscode.l10n.t("Choose all that are listed"),
  chosen: vscode.l10n.t("chosen"),
  open: vscode.l10n.t("Open"),
  more: vscode.l10n.t("Show More"),
  item: vscode.l10n.t("Item"),
  message: vscode.l10n.t("Message"),
  attempt: vscode.l10n.t("Attempt"),
  time: vscode.l10n.t("Failed at"),
  rowHelp: vscode.l10n.t("Arrow keys go from row to row, Enter opens the item, Space chooses it."),
  chart: vscode.l10n.t("chart"),
  chartHelp: vscode.l10n.t("Left and right arrow tell the values."),
  table: vscode.l10n.t("Show as Table"),
  noTable: vscode.l10n.t("Hide Table"),
  chartTable: vscode.l10n.t("Values"),
  actions: vscode.l10n.t("What can be done now"),
  progress: vscode.l10n.t("Progress"),
  loading: vscode.l10n.t("Reading the checkpoint…"),
});

export type PageWords = ReturnType<typeof pageWords>;
