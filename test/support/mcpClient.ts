import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { cliPath } from "./cli.js";

export interface McpAnswer {
  text: string;
  isError: boolean;
  structured: {
    said: string;
    notice?: string;
    about?: Record<string, unknown>;
    rows?: Record<string, unknown>[];
    leftOut?: number;
    next?: string;
  };
}

type Action = "accept" | "decline" | "cancel";

/** The SDK's own client, and the built command line as its server. */
export class McpClient {
  /** What the person was asked. */
  readonly asked: string[] = [];
  readonly errors: Error[] = [];
  private constructor(
    readonly client: Client,
    private readonly transport: StdioClientTransport,
  ) {}

  /** @param answers how the person answers; left out: the client cannot ask */
  static async connect(folder: string, answers?: () => Action | Promise<Action>): Promise<McpClient> {
    const client = new Client(
      { name: "test", version: "1" },
      { capabilities: answers ? { elicitation: {} } : {} },
    );
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [cliPath, "mcp", folder],
      env: Object.fromEntries(
        Object.entries(process.env).flatMap(([n, v]) => (v === undefined ? [] : [[n, v]])),
      ),
      stderr: "pipe",
    });
    const made = new McpClient(client, transport);
    client.onerror = (error) => made.errors.push(error);
    if (answers)
      client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
        made.asked.push(params.message);
        const action = await answers();
        return { action, ...(action === "accept" && { content: {} }) };
      });
    await client.connect(transport);
    return made;
  }

  get pid(): number {
    return this.transport.pid!;
  }

  async call(name: string, args: Record<string, unknown> = {}): Promise<McpAnswer> {
    const { content, structuredContent, isError } = await this.client.callTool({ name, arguments: args });
    const [part] = content as { type: string; text: string }[];
    assert.equal(part?.type, "text");
    return {
      text: part.text,
      isError: isError === true,
      structured: structuredContent as McpAnswer["structured"],
    };
  }

  async fails(name: string, args: Record<string, unknown>, said: RegExp): Promise<McpAnswer> {
    const answer = await this.call(name, args);
    assert.ok(answer.isError, answer.text);
    assert.match(answer.structured.said, said);
    return answer;
  }

  /** Nothing but the protocol was on standard output. */
  async close(): Promise<void> {
    await this.client.close();
    assert.deepEqual(this.errors, []);
  }
}

/** The code that the first of two calls gives. */
export function codeIn({ text, isError }: McpAnswer): string {
  assert.ok(!isError, text);
  return /"confirmation": "([^"]+)"/.exec(text)?.[1] ?? assert.fail(text);
}
