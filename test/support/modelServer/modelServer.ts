import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Ledger, type LedgerData, type LedgerEntry } from "./ledger.js";
import { type Decision, decide, type Fault, type Plan } from "./plan.js";
import { type Answer, answerTo, type Service } from "./replies.js";

export interface ModelServerOptions extends Plan {
  /** US dollars for a million tokens; default 3 and 15. */
  prices?: { input: number; output: number };
  /** What a 429 asks for; default 1,000. */
  retryAfterMs?: number;
  /** How long a dripping answer takes; default 500. */
  dripMs?: number;
  /** The service's own limits: over them it answers 429 with the time to wait in seconds, or 529. */
  limits?: { inFlight?: number; requests?: number; tokens?: number; windowMs?: number };
}

export interface ModelServer {
  /** For Anthropic's SDK. */
  readonly baseUrl: string;
  /** For OpenAI's SDK. */
  readonly openaiBaseUrl: string;
  ledger(): Promise<Ledger>;
  /** Resolves once nothing is in flight or worked on, also for clients that have left. */
  idle(): Promise<void>;
  /** Changes options while it runs: an outage that begins, a limit that is raised. */
  change(options: ModelServerOptions): Promise<void>;
  close(): Promise<void>;
}

/** A client that has left must not keep a closed server's process open. */
const unreferenced = { ref: false };

const services: Record<string, Service> = {
  "/v1/messages": "messages",
  "/v1/chat/completions": "chat",
  "/v1/responses": "responses",
};

/**
 * A server that behaves as Anthropic's and OpenAI's do, on a free port of this machine: `POST /v1/messages`,
 * `/v1/chat/completions`, `/v1/responses`, streamed or not. `GET /ledger` gives what it saw, `GET /idle`
 * answers when all is done, `POST /options` changes it.
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const service = new ModelService(options);
  const server = createServer((request, response) => void service.serve(request, response));
  // It closes no idle connection: a reset that no plan asked for would look like a fault of the client.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1024, resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...remoteServer(baseUrl),
    ledger: async () => new Ledger(service.data()),
    idle: () => service.idle(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The same server, wherever it runs. */
export function remoteServer(baseUrl: string): Omit<ModelServer, "close"> {
  return {
    baseUrl,
    openaiBaseUrl: `${baseUrl}/v1`,
    ledger: async () => new Ledger((await (await fetch(`${baseUrl}/ledger`)).json()) as LedgerData),
    async idle() {
      await (await fetch(`${baseUrl}/idle`)).text();
    },
    async change(options) {
      await (await fetch(`${baseUrl}/options`, { method: "POST", body: JSON.stringify(options) })).text();
    },
  };
}

class ModelService {
  private readonly entries: LedgerEntry[] = [];
  private readonly attempts = new Map<string, number>();
  private inFlight = 0;
  /** Requests that are worked on, in flight or not. */
  private working = 0;
  private readonly waitingForIdle: (() => void)[] = [];

  constructor(private options: ModelServerOptions) {}

  data(): LedgerData {
    return { timeOriginMs: performance.timeOrigin, entries: this.entries };
  }

  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.waitingForIdle.push(resolve);
      this.tellIdle();
    });
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const service = services[request.url ?? ""];
    if (!service) return this.serveTests(request, response);
    this.working++;
    try {
      await this.take(service, request, response);
    } finally {
      this.working--;
      this.tellIdle();
    }
  }

  private tellIdle(): void {
    if (this.working > 0 || this.inFlight > 0) return;
    for (const resolve of this.waitingForIdle.splice(0)) resolve();
  }

  private async take(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedMs = performance.now();
    this.inFlight++;
    const body = await bodyOf(request);
    if (body === undefined) {
      this.inFlight--; // gone before it had asked for anything
      return;
    }
    const decision = decide(this.options, body, (item) => this.countAttempt(item));
    const entry = this.enter(service, decision, arrivedMs);
    response.once("close", () => {
      if (entry.endedMs === null) {
        entry.leftByClient = true;
        this.end(entry);
      }
    });
    await this.answer({ request, response, body, decision, entry });
  }

  private async serveTests(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (request.url === "/idle") await this.idle();
    if (request.url === "/options" && body !== undefined)
      this.options = { ...this.options, ...(JSON.parse(body) as ModelServerOptions) };
    else if (request.url !== "/ledger" && request.url !== "/idle") response.statusCode = 404;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url === "/ledger" ? this.data() : {}));
  }

  private countAttempt(item: string): number {
    const attempt = this.attempts.get(item) ?? 0;
    this.attempts.set(item, attempt + 1);
    return attempt;
  }

  private enter(service: Service, { item }: Decision, arrivedMs: number): LedgerEntry {
    const n = this.entries.length;
    const entry: LedgerEntry = {
      ...{ n, service, item, arrivedMs, requestId: `req_${String(n).padStart(20, "0")}` },
      ...{ attempt: this.attempts.get(item)! - 1, endedMs: null, outcome: null, status: null },
      ...{ inputTokens: 0, outputTokens: 0, usd: 0, sent: false, leftByClient: false },
    };
    this.entries.push(entry);
    return entry;
  }

  private end(entry: LedgerEntry): void {
    if (entry.endedMs !== null) return;
    entry.endedMs = performance.now();
    this.inFlight--;
    this.tellIdle();
  }

  private async answer({ request, response, body, decision, entry }: Exchange): Promise<void> {
    const overLimit = this.overLimit(entry);
    if (overLimit) entry.overLimit = true;
    const fault = overLimit?.fault ?? (hasKey(request) ? decision.fault : "unauthorized");
    if (fault === "hang") {
      entry.outcome = fault;
      return;
    }
    const nowMs = Date.now();
    const retryAfterMs = overLimit?.retryAfterMs ?? this.options.retryAfterMs ?? 1_000;
    const { model, stream } = parseRequest(body);
    const answer = answerTo({
      ...{ service: entry.service, fault, requestId: entry.requestId, item: entry.item, model, stream },
      ...{ inputTokens: decision.inputTokens, outputTokens: decision.outputTokens, retryAfterMs, nowMs },
    });
    if (fault?.startsWith("rate-limit") && fault !== "rate-limit-bare") {
      const date =
        fault === "rate-limit-date" ? Date.parse(answer.headers["retry-after"]!) - nowMs : undefined;
      entry.retryAfterMs = date ?? retryAfterMs;
    }
    if (answer.charged && decision.latencyMs > 0) await sleep(decision.latencyMs, undefined, unreferenced);
    entry.outcome = fault ?? "answered";
    // Whether or not the client has waited for it.
    if (answer.charged) this.charge(entry, decision);
    if (response.destroyed) return;
    await this.send(fault, answer, response, entry);
  }

  private charge(entry: LedgerEntry, { inputTokens, outputTokens }: Decision): void {
    const { input, output } = this.options.prices ?? { input: 3, output: 15 };
    entry.inputTokens = inputTokens;
    entry.outputTokens = outputTokens;
    entry.usd = (inputTokens * input + outputTokens * output) / 1e6;
  }

  private async send(
    fault: Fault | undefined,
    { status, headers, body }: Answer,
    response: ServerResponse,
    entry: LedgerEntry,
  ): Promise<void> {
    const bytes = Buffer.from(body);
    if (fault === "reset-early") {
      this.reset(entry, response);
      return;
    }
    entry.status = status;
    response.writeHead(status, { ...headers, "content-length": bytes.length });
    if (fault === "reset") {
      response.write(bytes.subarray(0, bytes.length / 2), () => this.reset(entry, response));
      return;
    }
    let rest = bytes;
    if (fault === "drip") {
      const steps = 10;
      const size = Math.ceil(bytes.length / steps);
      for (; rest.length > size; rest = rest.subarray(size)) {
        response.write(rest.subarray(0, size));
        await sleep((this.options.dripMs ?? 500) / steps, undefined, unreferenced);
        if (response.destroyed) return;
      }
    }
    // Before the last bytes go: the client's next request may be here sooner than this one's `finish`.
    this.end(entry);
    response.end(rest, () => {
      entry.sent = true;
    });
  }

  private reset(entry: LedgerEntry, response: ServerResponse): void {
    this.end(entry);
    response.socket?.resetAndDestroy();
  }

  private overLimit(entry: LedgerEntry): { fault: Fault; retryAfterMs: number } | undefined {
    const { limits } = this.options;
    if (!limits) return undefined;
    const { inFlight, requests, tokens, windowMs = 60_000 } = limits;
    if (inFlight !== undefined && this.inFlight > inFlight) return { fault: "overloaded", retryAfterMs: 0 };
    if (requests === undefined && tokens === undefined) return undefined;
    const since = entry.arrivedMs - windowMs;
    const recent: LedgerEntry[] = [];
    for (let i = entry.n - 1; i >= 0 && this.entries[i]!.arrivedMs > since; i--)
      if (!this.entries[i]!.overLimit) recent.push(this.entries[i]!);
    const used = recent.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
    if (recent.length < (requests ?? Number.POSITIVE_INFINITY) && used < (tokens ?? Number.POSITIVE_INFINITY))
      return undefined;
    const oldest = recent.at(-1)?.arrivedMs ?? entry.arrivedMs;
    return { fault: "rate-limit-seconds", retryAfterMs: Math.ceil(oldest - since) };
  }
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  body: string;
  decision: Decision;
  entry: LedgerEntry;
}

function hasKey({ headers }: IncomingMessage): boolean {
  const key = headers["x-api-key"] ?? headers.authorization?.replace("Bearer ", "");
  return key !== undefined && key !== "" && key !== "wrong";
}

function parseRequest(body: string): { model: string; stream: boolean } {
  try {
    const { model = "unnamed", stream = false } = JSON.parse(body) as { model?: string; stream?: boolean };
    return { model, stream };
  } catch {
    return { model: "unnamed", stream: false };
  }
}

/** Undefined where the client left in the middle of it. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}
