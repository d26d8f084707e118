import { BudgetError } from "../errors.js";
import type { RequestGate, Ticket } from "./pacing/requestGate.js";
import { retryAfterMs } from "./retryAfter.js";

export interface AttemptFetchParts {
  gate: RequestGate;
  prepaid: Ticket;
  expectedTokens: number | undefined;
  /** Aborted when the attempt ends. */
  signal: AbortSignal;
  refusal(): string | undefined;
  beforeSend(): Promise<void>;
  onSend(): void;
  /** Nothing of it is at a service, and what it wants to send has to wait; or that is over. */
  onHeld(isHeld: boolean): void;
  /** Writes a line to the item's log. */
  note(line: string): void;
}

/** What a service says where it is asked too much, by HTTP status. */
const overloads: Record<number, string> = { 429: "rate-limit", 503: "overloaded", 529: "overloaded" };

/** Answers by which a service says that it did nothing, so that nobody pays for the request. */
const turnedAway: ReadonlySet<number> = new Set([429, 529]);

/**
 * `fetch` for one attempt, to be given to an SDK whose own retries are off: every request waits until limits and
 * pauses let it through, is counted, and is refused once the budget is spent or the attempt is over. What the service
 * says of its load is heeded by the whole run.
 */
export class AttemptFetch {
  /** How many requests were sent. */
  count = 0;
  private readonly tickets = new Set<Ticket>();
  /** Sent, and not yet known to have taken anything; oldest first. */
  private readonly uncounted: Ticket[] = [];
  private latest: Ticket | undefined;
  /** How many requests wait for the gate. */
  private waiting = 0;
  private wasHeld = false;
  private turnedAway = 0;
  /** Read into memory the bodies that have not been read to their end. */
  private readonly readers = new Set<() => void>();

  constructor(private readonly parts: AttemptFetchParts) {}

  /** @throws BudgetError AJ_BUDGET where the request was refused, and what `fetch` throws */
  async fetch(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> {
    this.assertAllowed();
    await this.parts.beforeSend();
    const own = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const signal = own ? AbortSignal.any([own, this.parts.signal]) : this.parts.signal;
    // The attempt counted for one request from its beginning; from here on each counts for itself.
    if (this.count === 0) this.parts.prepaid.giveBack();
    const ticket = await this.enter(signal);
    try {
      this.assertAllowed(); // while it waited, others spent
    } catch (error) {
      ticket.giveBack();
      throw error;
    }
    this.count++;
    this.latest = ticket;
    this.tickets.add(ticket);
    this.tellHeld();
    this.uncounted.push(ticket);
    this.parts.onSend();
    try {
      const response = await fetch(input, { ...init, signal });
      ticket.arrived();
      if (turnedAway.has(response.status)) this.turnedAway++;
      this.heed(response, ticket);
      return this.untilRead(response, ticket);
    } catch (error) {
      this.leave(ticket);
      throw error;
    }
  }

  /** Whether what it wants to send has to wait. */
  get isHeldBack(): boolean {
    return this.waiting > 0;
  }

  /** Whether a service may have done something for it. */
  get mayHaveTaken(): boolean {
    return this.count > this.turnedAway;
  }

  /** A request took so many tokens: which one is not known, nor needed for their sum. */
  took(tokens: number): void {
    (this.uncounted.shift() ?? this.latest ?? this.parts.prepaid).took(tokens);
  }

  /** Bodies that nobody reads to their end must not keep others waiting. */
  end(): void {
    if (this.count === 0) this.parts.prepaid.arrived(); // it counted for a request that is over
    for (const ticket of this.tickets) this.leave(ticket);
  }

  /** An item that asks again before it has read its answers would wait for itself: they are read for it. */
  private async enter(signal: AbortSignal): Promise<Ticket> {
    this.waiting++;
    this.tellHeld();
    for (const read of this.readers) read();
    try {
      return await this.parts.gate.enter(this.parts.expectedTokens, signal);
    } finally {
      this.waiting--;
      this.tellHeld();
    }
  }

  private tellHeld(): void {
    const isHeld = this.waiting > 0 && this.tickets.size === 0;
    if (isHeld === this.wasHeld) return;
    this.wasHeld = isHeld;
    this.parts.onHeld(isHeld);
  }

  private assertAllowed(): void {
    const refusal = this.parts.refusal();
    if (refusal !== undefined) throw new BudgetError(`The request was not sent: ${refusal}`);
  }

  private leave(ticket: Ticket): void {
    if (!this.tickets.delete(ticket)) return;
    ticket.leave();
    this.tellHeld();
  }

  private heed(response: Response, { startedAtMs }: Ticket): void {
    const { gate, note } = this.parts;
    const cause = overloads[response.status];
    if (response.ok) gate.succeeded(startedAtMs);
    if (!response.ok) {
      const ms = Math.round(performance.now() - startedAtMs);
      note(`${response.status} ${response.statusText} from ${hostOf(response.url)} after ${ms} ms`);
    }
    if (cause === undefined) return;
    gate.overloaded(startedAtMs);
    const waitMs = retryAfterMs(response.headers, Date.now());
    if (waitMs !== undefined) gate.pauseFor(waitMs, cause);
  }

  /** The request is in flight until its body was read, or given up. */
  private untilRead(response: Response, ticket: Ticket): Response {
    if (!response.body) {
      this.leave(ticket);
      return response;
    }
    const reader = response.body.getReader();
    let isOver = false;
    const finish = () => {
      isOver = true;
      this.readers.delete(readAll);
      this.leave(ticket);
    };
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const readOne = async () => {
      try {
        const { done, value } = await reader.read();
        if (isOver) return;
        if (!done) return controller.enqueue(value);
        finish();
        controller.close();
      } catch (error) {
        if (isOver) return;
        finish();
        controller.error(error);
      }
    };
    const readAll = async () => {
      this.readers.delete(readAll);
      while (!isOver) await readOne();
    };
    const body = new ReadableStream<Uint8Array>(
      {
        start(given) {
          controller = given;
        },
        pull: readOne,
        cancel(reason) {
          finish();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    if (this.waiting > 0) void readAll();
    else this.readers.add(readAll);
    const { status, statusText, headers } = response;
    const watched = new Response(body, { status, statusText, headers });
    Object.defineProperty(watched, "url", { value: response.url });
    return watched;
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the service";
}
