/** What the errors in other tools' files mean, in our terms. */
import { redact } from "../redact.js";
import { serviceCause } from "../serviceErrors.js";
import { isMembers, type Members } from "./row.js";

/** A message takes no more of a record: the whole row is in the file. */
const maxMessageChars = 2_000;

export interface Told {
  cause: string;
  message: string;
}

/** Codes that batch services give requests which they never began, or not in time. */
const ofBatches: Record<string, string> = {
  batch_expired: "timeout",
  batch_cancelled: "canceled",
  request_timeout: "timeout",
};

/**
 * The cause and message of an error that a service put into a file.
 * @param error the body: `{ code, type, message }`, the same within `error`, a text, or anything else
 * @param status the HTTP status that came with it; undefined where none did
 */
export function serviceError(error: unknown, status?: number): Told {
  const inner = isMembers(error) && isMembers(error.error) ? error.error : error;
  const code = isMembers(inner) ? (inner.code ?? inner.type) : undefined;
  const own = typeof code === "string" ? ofBatches[code.toLowerCase()] : undefined;
  const message = messageIn(inner) ?? (status === undefined ? "" : `HTTP status ${status}`);
  const cause =
    own ??
    serviceCause({
      ...(status !== undefined && { status }),
      error: isMembers(inner) ? inner : { message },
    }) ??
    textCause(message);
  return { cause, message: shortened(message) };
}

function messageIn(error: unknown): string | undefined {
  if (typeof error === "string") return error === "" ? undefined : error;
  if (isMembers(error)) {
    const { message, errorMessage, detail, code, type } = error;
    const text = [message, errorMessage, detail].find((part) => typeof part === "string" && part !== "");
    if (text !== undefined) return text as string;
    const name = [code, type].find((part) => typeof part === "string" && part !== "");
    if (name !== undefined && Object.keys(error).length <= 2) return name as string;
  }
  return error === undefined || error === null ? undefined : JSON.stringify(error);
}

const quotedStatus = /(?:\b(?:API|HTTP)\b[^\n\d]{0,20}|\b(?:status|error|code)\b[^\n\d]{0,12})([45]\d\d)\b/i;
const byName: [RegExp, string][] = [
  [/\bRateLimit(?:Error)?\b|too many requests/i, "rate-limit"],
  [/\bTimeout(?:Error|Exception)?\b|timed? ?out/i, "timeout"],
  [/\b(?:AuthenticationError|PermissionDenied(?:Error)?)\b/, "auth"],
  [
    /\b(?:ECONN\w+|ENOTFOUND|EAI_AGAIN|APIConnectionError|ConnectionError)\b|socket hang up|fetch failed/,
    "network",
  ],
];

/** The cause of an error of which a tool kept only the text. */
export function textError(text: string): Told {
  return { cause: textCause(text), message: shortened(withoutStack(text)) };
}

/** Where an error was thrown says nothing of an item; the row has it. */
function withoutStack(text: string): string {
  const stack = text.search(/\n\s+at \S|\nTraceback \(/);
  return stack > 0 ? text.slice(0, stack) : text;
}

function textCause(text: string): string {
  const head = text.slice(0, maxMessageChars);
  const status = quotedStatus.exec(head)?.[1];
  const body = bodyIn(head);
  const told = serviceCause({ ...(status && { status: Number(status) }), ...(body && { error: body }) });
  return told ?? byName.find(([pattern]) => pattern.test(head))?.[1] ?? "other";
}

/** The JSON that many tools quote behind the status. */
function bodyIn(text: string): Members | undefined {
  const start = text.indexOf("{");
  if (start === -1) return undefined;
  try {
    const value: unknown = JSON.parse(text.slice(start, text.lastIndexOf("}") + 1));
    return isMembers(value) ? (isMembers(value.error) ? value.error : value) : undefined;
  } catch {
    return undefined;
  }
}

/** An error's message, without keys and passwords, cut where it is long. */
export function shortened(message: string): string {
  const text = redact(message.slice(0, 2 * maxMessageChars));
  return text.length <= maxMessageChars ? text : `${text.slice(0, maxMessageChars)}…`;
}
