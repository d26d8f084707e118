/**
 * How the person agrees to what a tool would do. Where the client can ask, it does. Elsewhere there are two calls: the
 * first gives the plan and a code, the second acts, if by then the plan, the job and its checkpoint are the same.
 */
import { randomBytes } from "node:crypto";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { type ToolAnswer, ToolError } from "../../tools/answer.js";
import { titleOf } from "../../tools/findJob.js";
import { aboutJob } from "../../tools/mayAct.js";
import type { ActingTool } from "../../tools/names.js";
import { type Proposal, type ProposalKind, propose } from "../../tools/proposal.js";
import { plural, shortText } from "../../view/text.js";
import type { FolderHost } from "./folderHost.js";

/** How long a person may take to answer, and a code is good for. */
const patienceMs = 10 * 60_000;
const maxPending = 100;

const questions: Record<ProposalKind, string> = {
  start: "Start",
  resume: "Resume",
  retry: "Retry failed items of",
  repair: "Repair the checkpoint of",
};

interface Pending {
  fingerprint: string;
  untilMs: number;
}

export class Confirmations {
  /** By code. */
  private readonly pending = new Map<string, Pending>();

  constructor(
    private readonly server: Server,
    private readonly host: FolderHost,
  ) {}

  /** @throws ToolError where it cannot be done, or nobody agreed */
  async call(
    name: ActingTool,
    { confirmation, ...input }: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<ToolAnswer> {
    // A code is used up by being shown, whatever comes of it.
    const agreed = confirmation == null ? undefined : this.take(confirmation);
    const proposal = await propose(this.host, name, input, signal);
    if (agreed !== undefined) {
      if (agreed !== proposal.fingerprint) throw this.changed(proposal);
      return act(proposal, signal);
    }
    if (this.server.getClientCapabilities()?.elicitation?.form === undefined) return this.plan(proposal);
    await this.ask(proposal, signal);
    const now = await propose(this.host, name, input, signal);
    if (now.fingerprint !== proposal.fingerprint) throw this.changed(now);
    return act(now, signal);
  }

  /** @throws ToolError where the person does not agree */
  private async ask({ kind, job, lines }: Proposal, signal: AbortSignal): Promise<void> {
    const message = [`${questions[kind]} ${shortText(titleOf(job), 100)}?`, "", ...lines].join("\n");
    const requestedSchema = { type: "object" as const, properties: {} };
    const { action } = await this.server.elicitInput(
      { message, requestedSchema },
      { signal, timeout: patienceMs },
    );
    if (action === "accept") return;
    throw new ToolError({
      said: `The person ${action === "decline" ? "declined" : "closed the question"}. Nothing was done. Do not call again unless they ask for it.`,
      about: aboutJob(job),
    });
  }

  /** The first of two calls. */
  private plan({ job, lines, fingerprint }: Proposal): ToolAnswer {
    const code = randomBytes(12).toString("hex");
    for (const [old, { untilMs }] of this.pending)
      if (untilMs < performance.now() || this.pending.size >= maxPending) this.pending.delete(old);
    this.pending.set(code, { fingerprint, untilMs: performance.now() + patienceMs });
    return {
      said: "Nothing was done yet: the person has to agree first. This is the plan.",
      about: { ...aboutJob(job), plan: lines },
      next: `Show the plan to the person and ask. Only if they agree, call again with the same input and "confirmation": "${code}". The code works once, for ${plural(patienceMs / 60_000, "minute")}, and only while nothing of it changes.`,
    };
  }

  private take(code: unknown): string {
    const found = this.pending.get(String(code));
    this.pending.delete(String(code));
    if (found && found.untilMs >= performance.now()) return found.fingerprint;
    throw new ToolError({
      said: "This confirmation is not known, was used already, or is too old. Nothing was done. Call again without it for the plan, and show that to the person.",
    });
  }

  private changed({ job }: Proposal): ToolError {
    return new ToolError({
      said: "It is not what the person agreed to: the plan, the job or its checkpoint has changed since. Nothing was done. Call again without a confirmation for the plan as it is now, and show that to the person.",
      about: aboutJob(job),
    });
  }
}

/** Whoever has taken the call back meanwhile wants nothing done. */
function act(proposal: Proposal, signal: AbortSignal): Promise<ToolAnswer> {
  signal.throwIfAborted();
  return proposal.act();
}
