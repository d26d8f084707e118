import assert from "node:assert/strict";
import * as vscode from "vscode";
import { documentUri } from "../../src/extension/documentUri.js";

describe("the address of a document", () => {
  it("has its parts as they were given, whatever stands in them", () => {
    const [scheme, path, query] = ["agent-jobs-item", "/folder/a #1? 100% ∕ é of b", '{"item":"a&b=c#?%20"}'];
    const uri = documentUri(scheme, path, query);
    assert.deepEqual([uri.scheme, uri.authority, uri.path, uri.query], [scheme, "", path, query]);
    assert.equal(uri.toString(), vscode.Uri.from({ scheme, path, query }).toString());
  });
});
