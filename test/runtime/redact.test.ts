import assert from "node:assert/strict";
import { LineRedactor, redact } from "../../src/runtime/redact.js";
import { assertLinear } from "../support/growth.js";
import { plantedKeys, textsThatStay } from "../support/hostile.js";

describe("redaction", () => {
  for (const { kind, key, text } of plantedKeys)
    it(`takes out a key: ${kind}`, () => {
      for (const around of [text, `  ${text}\nnext`, JSON.stringify({ error: text }), `key=${text}`]) {
        const redacted = redact(around);
        for (const line of key.split("\n")) assert.ok(!redacted.includes(line.slice(-12)), redacted);
        assert.match(redacted, /\[redacted\]/);
        assert.equal(redact(redacted), redacted, "twice changes nothing more");
      }
    });

  for (const text of textsThatStay)
    it(`leaves alone: ${text}`, () => {
      assert.equal(redact(text), text);
    });

  it("says whose key it was, and keeps what stands around it", () => {
    const anthropic = plantedKeys.find(({ kind }) => kind === "Anthropic")!.text;
    assert.equal(redact(anthropic), "401: the key sk-ant-[redacted] was refused");
    const database = plantedKeys.find(({ kind }) => kind.includes("connection string"))!.text;
    assert.equal(redact(database), "postgres://app:[redacted]@db.example.com:5432/jobs");
  });

  it("takes out a private key that comes line by line, and nothing that comes in between", () => {
    const lines = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xf", "item 7 is done"];
    const redactor = new LineRedactor();
    const given = [...lines, "aGVsbG8gd29ybGQhIQ==", "-----END RSA PRIVATE KEY-----", "aGVsbG8gd29ybGQhIQ=="];
    const redacted = given.map((line) => redactor.redact(line));
    assert.equal(redacted[1], "[redacted]");
    assert.equal(redacted[2], "item 7 is done");
    assert.equal(redacted[3], "[redacted]");
    assert.equal(redacted[5], "aGVsbG8gd29ybGQhIQ==");
  });

  for (const part of [
    ...[
      "sk-",
      "sk-ant-",
      "sk-proj-",
      "eyJ",
      "eyJ-",
      "eyJaaaaaaa.",
      "-eyJ",
      "AIza",
      "a://",
      "a:b@",
      "://a:",
      "ghp_",
    ],
    ...[
      "password",
      "password=",
      'password"',
      "token: ",
      "api key ",
      "api key *",
      "bearer ",
      "authorization: ",
    ],
    ...[
      "-----BEGIN PRIVATE KEY-----",
      "-----BEGIN ",
      "a",
      " ",
      "\n",
      "\\n",
      "-",
      "_",
      "*",
      "?key=",
      "Authorization: Bearer ",
    ],
    ...[
      "A1b2",
      "sk-a",
      "xoxb-",
      "SG.",
      "SG.aaaaaaaaaaaaaaaa",
      "https://a",
      "hooks.slack.com/services/",
      "secretsecretkey",
    ],
  ])
    it(`takes time in step with the text: ${JSON.stringify(part)}`, () =>
      assertLinear((length) => {
        const text = part.repeat(Math.ceil(length / part.length));
        redact(text);
        redact(`${text}@`);
      }, 15_000));
});
