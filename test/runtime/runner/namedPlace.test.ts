import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import { namedPlace } from "../../../src/runtime/runner/namedPlace.js";

describe("a path that the content of a file names", () => {
  it("is one of the folder's, or an absolute one of a drive", () => {
    for (const [named, place] of [
      ["state\\a.jsonl", "C:\\work\\state\\a.jsonl"],
      ["../a.jsonl", "C:\\a.jsonl"],
      ["/a.jsonl", "C:\\a.jsonl"],
      ["D:\\a.jsonl", "D:\\a.jsonl"],
      [".\\\\host\\share", "C:\\work\\host\\share"],
    ] as const)
      assert.equal(namedPlace("C:\\work", named, win32), place, named);
    assert.equal(namedPlace("/work", "../a.jsonl", posix), "/a.jsonl");
  });

  it("is not looked at on a share of another machine, nor as a device", () => {
    const elsewhere = [
      "\\\\host\\share\\a.jsonl",
      "//host/share/a.jsonl",
      "\\/host/share/a.jsonl",
      "\\\\host@SSL\\DavWWWRoot\\a.jsonl",
      "\\\\?\\UNC\\host\\share\\a.jsonl",
      "\\\\.\\UNC\\host\\share\\a.jsonl",
      "\\\\.\\pipe\\a",
      "\\\\host\\..\\nas\\work\\a.jsonl",
    ];
    for (const folder of ["C:\\work", "\\\\nas\\work\\jobs", "\\\\?\\UNC\\nas\\work\\jobs"])
      for (const named of elsewhere) assert.equal(namedPlace(folder, named, win32), undefined, named);
    for (const named of elsewhere.slice(0, 2)) assert.equal(namedPlace("/work", named, posix), undefined);
  });

  it("may be on the share that the folder itself lies on", () => {
    const folder = "\\\\nas\\work\\jobs";
    for (const [named, place] of [
      ["state/a.jsonl", "\\\\nas\\work\\jobs\\state\\a.jsonl"],
      ["..\\..\\..\\a.jsonl", "\\\\nas\\work\\a.jsonl"],
      ["\\a.jsonl", "\\\\nas\\work\\a.jsonl"],
      ["//NAS/Work/a.jsonl", "\\\\NAS\\Work\\a.jsonl"],
    ] as const)
      assert.equal(namedPlace(folder, named, win32), place, named);
    assert.equal(namedPlace(folder, "\\\\nas\\private\\a.jsonl", win32), undefined);
  });
});
