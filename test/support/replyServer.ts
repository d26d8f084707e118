import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What a request for a path is answered with: JSON, or the events of a stream. */
export type Reply = { json: object } | { events: (object | string)[]; named?: boolean };

export interface ModelServer {
  url: string;
  close(): Promise<void>;
}

/** A server on this machine that answers as a model's service does. */
export async function startModelServer(replies: Record<string, Reply>): Promise<ModelServer> {
  const server: Server = createServer((request, response) => {
    request.resume();
    request.once("end", () => {
      const reply = replies[request.url!];
      if (!reply) {
        response.writeHead(404).end();
      } else if ("json" in reply) {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply.json));
      } else {
        response.writeHead(200, { "content-type": "text/event-stream" });
        for (const event of reply.events) response.write(eventText(event, reply.named ?? false));
        response.end();
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Anthropic's events and those of OpenAI's Responses have names, those of Chat Completions have none. */
function eventText(event: object | string, named: boolean): string {
  const data = typeof event === "string" ? event : JSON.stringify(event);
  return named ? `event: ${(event as { type: string }).type}\ndata: ${data}\n\n` : `data: ${data}\n\n`;
}
