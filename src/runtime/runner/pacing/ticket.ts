import type { Charge, RateWindow } from "./rateWindow.js";

/** A request that may be sent. */
export interface Ticket {
  /** By the gate's clock. */
  readonly startedAtMs: number;
  /** The service has answered, so it was there by now. */
  arrived(): void;
  /** A call took so many tokens: counted instead of what was expected, and each further call's besides. */
  took(tokens: number): void;
  /** It has ended: another may be sent. */
  leave(): void;
  /** It was not sent after all. */
  giveBack(): void;
}

/** What a gate is to the tickets that it issues. */
export interface TicketIssuer {
  readonly requests: RateWindow | undefined;
  readonly tokens: RateWindow | undefined;
  clock(): number;
  /** A request took so many tokens. */
  learn(tokens: number): void;
  /** One of which nobody knew what it takes has told, or has ended. */
  letOthers(): void;
  /** One that takes a place has ended. */
  free(): void;
  /** There may be room for another. */
  pump(): void;
}

/** What a request counts for. */
export interface TicketCharges {
  request: Charge | undefined;
  tokens: Charge | undefined;
  /** Whether it takes one of the places for as many as are sent at a time. */
  takesPlace: boolean;
  /** Whether others wait to hear what it takes. */
  isUnknown: boolean;
}

/** A class, since every attempt has one: closures for each would be most of its cost. */
export class IssuedTicket implements Ticket {
  private isExpectation = true;
  private hasLeft = false;

  constructor(
    private readonly issuer: TicketIssuer,
    readonly startedAtMs: number,
    private readonly charges: TicketCharges,
  ) {}

  arrived(): void {
    const { issuer, charges } = this;
    if (charges.request) issuer.requests?.arrived(charges.request, issuer.clock());
    if (charges.tokens) issuer.tokens?.arrived(charges.tokens, issuer.clock());
    if (!charges.takesPlace) this.letOthers();
  }

  took(tokens: number): void {
    const { issuer, charges } = this;
    issuer.learn(tokens);
    this.letOthers();
    if (charges.tokens) charges.tokens.amount = (this.isExpectation ? 0 : charges.tokens.amount) + tokens;
    this.isExpectation = false;
    issuer.pump(); // it may have been less than was expected
  }

  leave(): void {
    if (!this.charges.takesPlace || this.hasLeft) return;
    this.hasLeft = true;
    this.issuer.free();
    this.letOthers();
    this.issuer.pump();
  }

  giveBack(): void {
    const { issuer, charges } = this;
    if (charges.request) issuer.requests?.giveBack(charges.request);
    if (charges.tokens) issuer.tokens?.giveBack(charges.tokens);
    this.letOthers();
    this.leave();
  }

  /** Whoever waits to hear what it takes waits no longer: it has told, or has ended. */
  private letOthers(): void {
    if (!this.charges.isUnknown) return;
    this.charges.isUnknown = false;
    this.issuer.letOthers();
  }
}
