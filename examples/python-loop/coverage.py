"""How much of Python's own standard library is documented: a plain loop that can be killed and goes on.

It keeps its checkpoint itself, in the format of the library agent-resume: a line after each item with all that is
finished so far, of which the last one counts. Nothing in here knows of Agent Jobs; started by it as a `command`, the
loop is shown, stopped and resumed like any other job. Needs Python 3.9 and nothing else.
"""

import ast
import json
import os
import signal
import sys
import sysconfig
import time
from pathlib import Path

LIBRARY = Path(sysconfig.get_path("stdlib"))
CHECKPOINT = Path(sys.argv[1] if len(sys.argv) > 1 else "checkpoints/coverage.ckpt")


class Checkpoint:
    """Lines of `turn`, `state`, `completed_items` and `timestamp`; what is in the last whole one is done."""

    def __init__(self, path):
        self.turn, self.state, self.completed_items = 0, {"results": {}}, []
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(path, "a+b")
        self.file.seek(0)
        line = b"\n"
        for line in self.file:
            try:
                record = json.loads(line)
                turn, state, items = record["turn"], record["state"], record["completed_items"]
            except (ValueError, KeyError, TypeError):
                continue  # torn by a kill in the middle of a write
            self.turn, self.state, self.completed_items = turn, state, items
        if not line.endswith(b"\n"):
            self.file.write(b"\n")  # else the next line would be lost with the torn one

    def mark_done(self, item, result):
        self.turn += 1
        self.state["results"][item] = result
        self.completed_items.append(item)
        record = {
            "turn": self.turn,
            "state": self.state,
            "completed_items": self.completed_items,
            "timestamp": time.time(),
        }
        self.file.write(json.dumps(record).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())


def documented(path):
    """How many public classes and functions a module has, and how many of them have a docstring."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse(path.read_bytes())
    public = [node for node in ast.walk(tree) if isinstance(node, kinds) and not node.name.startswith("_")]
    return {"public": len(public), "documented": sum(ast.get_docstring(node) is not None for node in public)}


def main():
    stopping = False

    def stop(*_):
        nonlocal stopping
        stopping = True

    # A stop lets the item in hand finish.
    signal.signal(signal.SIGTERM, stop)
    modules = sorted(path.relative_to(LIBRARY).as_posix() for path in LIBRARY.glob("*.py"))
    checkpoint = Checkpoint(CHECKPOINT)
    done = set(checkpoint.completed_items)
    print(f"{len(modules)} modules, {len(done)} of them done before", flush=True)
    for name in modules:
        if stopping:
            return
        if name not in done:
            checkpoint.mark_done(name, documented(LIBRARY / name))
    results = checkpoint.state["results"].values()
    public = sum(result["public"] for result in results)
    print(f"{sum(result['documented'] for result in results)} of {public} public names are documented")


if __name__ == "__main__":
    main()
