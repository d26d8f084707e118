import { defaultRateWindowMs, maxTimerMs } from "../../config.js";
import { AdaptiveConcurrency } from "./adaptiveConcurrency.js";
import { RateWindow } from "./rateWindow.js";
import { IssuedTicket, type Ticket, type TicketIssuer } from "./ticket.js";

export type { Ticket } from "./ticket.js";

/** How fast a run may ask a service. */
export interface Limits {
  /** Requests in any minute; default: no limit. */
  requestsPerMinute?: number;
  /**
   * Tokens, in and out, in any minute; default: no limit. Without an `estimate`, one request goes alone until it is known
   * what requests take.
   */
  tokensPerMinute?: number;
  /** In which spans the two are held, milliseconds; default 60,000. A service that counts by the second wants 1,000. */
  windowMs?: number;
  /** Whether fewer requests are made at a time while the service says that it is too much; default true. */
  adaptive?: boolean;
}

/** After so many answers without a word of their tokens, none is waited for. */
const maxUntold = 16;

interface Waiting {
  tokens: number | undefined;
  admit: (ticket: Ticket) => void;
  stopWaiting: () => void;
}

/**
 * Lets requests through one after the other: as many at a time, and in a minute, as is allowed, and none in a pause.
 * Where tokens are limited and nobody knows what a request takes, one goes alone until one has told; then each is taken
 * for the largest so far.
 */
export class RequestGate {
  readonly concurrency: AdaptiveConcurrency;
  private readonly requests: RateWindow | undefined;
  private readonly tokens: RateWindow | undefined;
  private readonly queue: Waiting[] = [];
  private inFlight = 0;
  /** How many are under way of which nobody knew what they take. */
  private unknown = 0;
  /** The most that a request took; undefined before one has told. */
  private most: number | undefined;
  private untold = 0;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly issuer: TicketIssuer;
  private paused = { untilMs: Number.NEGATIVE_INFINITY, cause: "" };

  /**
   * @param onChange called with "pace" where more or fewer are allowed, or a pause begins; with "room" where what was
   * to wait for another may be let through
   * @param clock milliseconds that only go forward
   */
  constructor(
    concurrency: number,
    { requestsPerMinute, tokensPerMinute, windowMs = defaultRateWindowMs, adaptive = true }: Limits,
    private readonly onChange: (what: "pace" | "room") => void,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.concurrency = new AdaptiveConcurrency(concurrency, adaptive);
    this.requests = windowFor(requestsPerMinute, windowMs);
    this.tokens = windowFor(tokensPerMinute, windowMs);
    this.issuer = {
      ...{ requests: this.requests, tokens: this.tokens, clock },
      learn: (amount) => this.learn(amount),
      letOthers: () => {
        this.unknown--;
        this.tellChange("room");
        this.pump();
      },
      free: () => {
        this.inFlight--;
      },
      pump: () => this.pump(),
    };
  }

  /** The pause of now: how long yet, and why; undefined where there is none. */
  get pause(): { ms: number; cause: string } | undefined {
    const ms = this.paused.untilMs - this.clock();
    return ms > 0 ? { ms, cause: this.paused.cause } : undefined;
  }

  /**
   * How long to wait until a request fits into pauses and rates; 0 where it does, Infinity where another has to end first.
   * @param tokens that it is expected to take; undefined where nobody knows
   */
  waitMs(tokens: number | undefined): number {
    if (this.isUnknown(tokens) && this.unknown > 0) return Number.POSITIVE_INFINITY;
    const nowMs = this.clock();
    return Math.max(
      this.paused.untilMs - nowMs,
      this.requests?.waitMs(nowMs, 1) ?? 0,
      this.tokens?.waitMs(nowMs, this.amountOf(tokens) ?? 0) ?? 0,
      0,
    );
  }

  /** Counts a request that somebody else sends, without asking whether it may be. */
  charge(tokens: number | undefined): Ticket {
    return this.issue(tokens, false);
  }

  /** Resolves once a request may be sent. @throws the signal's reason */
  enter(tokens: number | undefined, signal: AbortSignal): Promise<Ticket> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = () => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        reject(signal.reason);
        this.pump(); // whoever comes next may need less
      };
      const stopWaiting = () => signal.removeEventListener("abort", abort);
      const waiting: Waiting = { tokens, admit: resolve, stopWaiting };
      signal.addEventListener("abort", abort, { once: true });
      this.queue.push(waiting);
      this.pump();
    });
  }

  /** Sends nothing for a time. A pause never ends sooner than one that was asked for before. */
  pauseFor(ms: number, cause: string): void {
    const untilMs = this.clock() + ms;
    if (untilMs <= this.paused.untilMs) return;
    this.paused = { untilMs, cause };
    this.tellChange("pace");
    this.pump();
  }

  /** The service said that it is too much. */
  overloaded(startedAtMs: number): void {
    if (this.concurrency.onOverload(startedAtMs, this.clock())) this.tellChange("pace");
  }

  succeeded(startedAtMs: number): void {
    if (this.tokens && this.most === undefined && ++this.untold === maxUntold) {
      this.learn(0);
      this.pump();
    }
    if (!this.concurrency.onSuccess(startedAtMs)) return;
    this.tellChange("pace");
    this.pump();
  }

  /** Lets nobody through any more. What still comes of earlier requests changes nothing. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private tellChange(what: "pace" | "room"): void {
    if (!this.isClosed) this.onChange(what);
  }

  private isUnknown(tokens: number | undefined): boolean {
    return this.tokens !== undefined && this.amountOf(tokens) === undefined;
  }

  private amountOf(tokens: number | undefined): number | undefined {
    return tokens ?? this.most;
  }

  private learn(tokens: number): void {
    const isFirst = this.most === undefined;
    this.most = Math.max(this.most ?? 0, tokens);
    if (isFirst && this.tokens) this.tellChange("room");
  }

  private pump(): void {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    while (this.queue.length > 0 && this.inFlight < this.concurrency.allowed) {
      const waitMs = this.waitMs(this.queue[0]!.tokens);
      if (waitMs === Number.POSITIVE_INFINITY) return;
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.pump(), Math.min(Math.ceil(waitMs), maxTimerMs));
        return;
      }
      const { tokens, admit, stopWaiting } = this.queue.shift()!;
      stopWaiting();
      admit(this.issue(tokens, true));
    }
  }

  private issue(tokens: number | undefined, takesPlace: boolean): Ticket {
    const startedAtMs = this.clock();
    const request = this.requests?.take(startedAtMs, 1);
    const spent = this.tokens?.take(startedAtMs, this.amountOf(tokens) ?? 0);
    const isUnknown = this.isUnknown(tokens);
    if (takesPlace) this.inFlight++;
    if (isUnknown) this.unknown++;
    return new IssuedTicket(this.issuer, startedAtMs, { request, tokens: spent, takesPlace, isUnknown });
  }
}

/** Where a window has no room for a single one, it is as long as one takes: 10 a minute are one every 6 s. */
function windowFor(perMinute: number | undefined, windowMs: number): RateWindow | undefined {
  if (perMinute === undefined) return undefined;
  const limit = Math.floor((perMinute * windowMs) / 60_000);
  return limit >= 1 ? new RateWindow(limit, windowMs) : new RateWindow(1, Math.ceil(60_000 / perMinute));
}
