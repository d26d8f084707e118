import { readUsage } from "../usage.js";
import { serviceError, type Told } from "./failures.js";
import type { LineKind } from "./kind.js";
import { isMembers, keyIn, type Members, measures, msOfSeconds, type Row, type SourceRow } from "./row.js";

/**
 * Output and error files of OpenAI's Batch API, and of the services that speak as it does (Azure OpenAI, Mistral, Groq,
 * Together). Source: "The request output object", https://platform.openai.com/docs/api-reference/batch/request-output:
 * `{ id, custom_id, response: { status_code, request_id, body } | null, error: { code, message } | null }`; that failed
 * requests have their error in `response.body.error` is https://github.com/openai/openai-openapi/issues/302.
 *
 * A row is done where its status is 2xx and nothing tells of an error or a refusal. A reply that reached its token
 * limit is done, as the service itself has it.
 */
export const openAiBatch: LineKind = {
  kind: "openai-batch",
  begins: ({ custom_id: id, response, error }) =>
    typeof id === "string" &&
    ((isMembers(response) && ("status_code" in response || "body" in response)) ||
      (response === null && isMembers(error))),
  rowOf,
};

function rowOf(row: SourceRow): Row | undefined {
  const { response, error } = row.value;
  const item = keyIn(row, ["custom_id"]);
  if (item === undefined || !("response" in row.value || "error" in row.value)) return undefined;
  const answer: Members = isMembers(response) ? response : {};
  const { body } = answer;
  const reply: Members = isMembers(body) ? body : {};
  const usage = readUsage(reply);
  const took = measures({ ms: undefined, usage, atMs: msOfSeconds(reply.created ?? reply.created_at) });
  const told = errorOf(answer.status_code, error, body);
  return told ? { item, state: "failed", ...told, ...took } : { item, state: "done", result: body, ...took };
}

function errorOf(status: unknown, error: unknown, body: unknown): Told | undefined {
  const code = typeof status === "number" ? status : undefined;
  if (error) return serviceError(error, code);
  if (code === undefined)
    return { cause: "bad-reply", message: "The row has neither a status nor an error." };
  const isBody = isMembers(body);
  if (code < 200 || code > 299) return serviceError(isBody && "error" in body ? body.error : body, code);
  if (isBody && body.error) return serviceError(body.error);
  if (body === undefined || body === null || body === "")
    return { cause: "bad-reply", message: `The reply with status ${code} is empty.` };
  if (!isBody) return undefined;
  if (body.status === "failed" || body.status === "cancelled")
    return { cause: "other", message: `The response ended as ${body.status}.` };
  return refusalIn(body);
}

/** Both APIs answer so with status 200: `message.refusal`, a part of type `refusal`, or the filter as the reason to stop. */
function refusalIn(body: Members): Told | undefined {
  const choices = listOf(body.choices).filter(isMembers);
  for (const { message, finish_reason: reason } of choices) {
    const refusal = isMembers(message) ? message.refusal : undefined;
    if (typeof refusal === "string" && refusal !== "") return refused(refusal);
    if (reason === "content_filter") return refused("The content filter stopped the reply.");
  }
  const { incomplete_details: details } = body;
  if (isMembers(details) && details.reason === "content_filter")
    return refused("The content filter stopped the reply.");
  const parts = listOf(body.output).flatMap((item) => (isMembers(item) ? listOf(item.content) : []));
  const part = parts.filter(isMembers).find(({ type }) => type === "refusal");
  return part && refused(typeof part.refusal === "string" ? part.refusal : "The model refused.");
}

const refused = (message: string): Told => ({ ...serviceError(message), cause: "refused" });
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/**
 * Requests that were handed in: they give the total, and are done nowhere. Source: "The request input object",
 * https://platform.openai.com/docs/api-reference/batch/request-input: `{ custom_id, method, url, body }`; Mistral's and
 * Together's have `custom_id` and `body` alone.
 */
export const openAiBatchInput: LineKind = {
  kind: "openai-batch-input",
  begins: ({ custom_id: id, body, ...others }) =>
    typeof id === "string" &&
    !["response", "result", "error"].some((name) => name in others) &&
    (isMembers(body) || (others.method === "POST" && typeof others.url === "string")),
  rowOf(row) {
    const item = keyIn(row, ["custom_id"]);
    return item === undefined || "response" in row.value ? undefined : { item, state: "asked" };
  },
};
