import * as vscode from "vscode";
import { messageOf } from "../../runtime/errors.js";
import { maxAnswerChars, render, type ToolAnswer, ToolError } from "../../tools/answer.js";
import { toolDefinitions } from "../../tools/definitions.js";
import { titleOf } from "../../tools/findJob.js";
import { checkInput } from "../../tools/inputSchema.js";
import { type ActingTool, isActing, type ReadingTool, type ToolName } from "../../tools/names.js";
import { type Proposal, propose } from "../../tools/proposal.js";
import { readWith } from "../../tools/reading.js";
import { labelText, markdownText, shortText } from "../../view/text.js";
import type { Services } from "../commands/services.js";
import { CatalogHost } from "./catalogHost.js";

/** Fewer characters a token are rare. */
const charsPerToken = 3;
const minAnswerChars = 2_000;
const maxTitleChars = 80;

/** What language models ask of the window. */
export class ToolCalls {
  private readonly host: CatalogHost;
  /** By tool and input: the fingerprint of what the person was shown last, until it is done or shown anew. */
  private readonly shown = new Map<string, string>();

  constructor(services: Services) {
    this.host = new CatalogHost(services);
  }

  /** Says what a tool is about to do. One that acts is stated to the person, who has to agree. */
  async prepare(
    name: ToolName,
    input: unknown,
    token: vscode.CancellationToken,
  ): Promise<vscode.PreparedToolInvocation> {
    if (!isActing(name)) return { invocationMessage: invocationText(name) };
    return told(async () => {
      const proposal = await propose(this.host, name, input, signalOf(token));
      this.shown.set(keyOf(name, input), proposal.fingerprint);
      return {
        invocationMessage: invocationText(name),
        confirmationMessages: {
          title: questionOf(proposal),
          message: new vscode.MarkdownString(markdownText(proposal.lines)),
        },
      };
    });
  }

  invoke(
    name: ToolName,
    { input, tokenizationOptions }: vscode.LanguageModelToolInvocationOptions<object>,
    token: vscode.CancellationToken,
  ): Promise<vscode.LanguageModelToolResult> {
    const budget = (tokenizationOptions?.tokenBudget ?? Number.POSITIVE_INFINITY) * charsPerToken;
    const maxChars = Math.min(maxAnswerChars, Math.max(minAnswerChars, budget));
    return told(async () => {
      const signal = signalOf(token);
      const answer = isActing(name)
        ? await this.act(name, input, signal)
        : await this.read(name, input, signal);
      return new vscode.LanguageModelToolResult([
        new vscode.LanguageModelTextPart(render(answer, maxChars).text),
      ]);
    });
  }

  private read(name: ReadingTool, input: unknown, signal: AbortSignal): Promise<ToolAnswer> {
    const definition = toolDefinitions((tool) => this.host.named(tool)).find((tool) => tool.name === name)!;
    return readWith(this.host, name, checkInput(definition.inputSchema, input), signal);
  }

  /** Does what the person was shown, and nothing else. */
  private async act(name: ActingTool, input: unknown, signal: AbortSignal): Promise<ToolAnswer> {
    const key = keyOf(name, input);
    const shown = this.shown.get(key);
    this.shown.delete(key);
    const proposal = await propose(this.host, name, input, signal);
    signal.throwIfAborted();
    if (shown === proposal.fingerprint) return proposal.act();
    throw new ToolError({
      said: "It is not what the person agreed to: the plan, the job or its checkpoint has changed since. Nothing was done. Call again, so that they are shown the plan as it is now.",
    });
  }
}

const keyOf = (name: ToolName, input: unknown): string => JSON.stringify([name, input]);

/** A model is given the message of what is thrown. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const answer =
      error instanceof ToolError
        ? error.answer
        : { said: "It failed. Tell the person why.", about: { error: messageOf(error) } };
    throw new Error(render(answer).text);
  }
}

function signalOf(token: vscode.CancellationToken): AbortSignal {
  const abortion = new AbortController();
  if (token.isCancellationRequested) abortion.abort();
  token.onCancellationRequested(() => abortion.abort());
  return abortion.signal;
}

function invocationText(name: ToolName): string {
  switch (name) {
    case "list_jobs":
      return vscode.l10n.t("Looking at the batch jobs");
    case "explain_failures":
      return vscode.l10n.t("Looking at failed items");
    case "preview_resume":
      return vscode.l10n.t("Looking what a run would do");
    case "resume_job":
      return vscode.l10n.t("Starting a job");
    case "retry_failed":
      return vscode.l10n.t("Trying failed items again");
    default:
      return vscode.l10n.t("Repairing a checkpoint");
  }
}

function questionOf({ kind, job }: Proposal): string {
  const name = shortText(labelText(titleOf(job)), maxTitleChars);
  switch (kind) {
    case "start":
      return vscode.l10n.t("Start {0}?", name);
    case "resume":
      return vscode.l10n.t("Resume {0}?", name);
    case "retry":
      return vscode.l10n.t("Retry failed items of {0}?", name);
    default:
      return vscode.l10n.t("Repair the checkpoint of {0}?", name);
  }
}
