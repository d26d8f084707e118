"""Reads licence texts: which licence it is, whose copyright, how long, and a fingerprint of its wording.

A worker of Agent Jobs: one JSON a line, requests on stdin, replies on stdout, logs on stderr. Needs Python 3.9 and
nothing else. The working directory is the folder of the job file, and the items' paths are relative to it.
"""

import hashlib
import json
import re
import sys
import traceback
from collections import Counter
from pathlib import Path

# A licence and words that only its text has. A later entry that holds the words of an earlier one replaces it.
LICENCES = [
    ("MIT-0", r"permission is hereby granted free of charge to any person obtaining a copy"),
    ("MIT", r"permission is hereby granted free of charge to any person obtaining a copy"
            r".{0,600}?permission notice shall be included"),
    ("0BSD", r"permission to use copy modify and or distribute this software for any purpose"),
    ("ISC", r"permission to use copy modify (and or|and) distribute this software for any purpose.{0,60}?provided that"),
    ("BSD-2-Clause", r"redistribution and use (of this software )?in source and binary forms"),
    ("BSD-3-Clause", r"redistribution and use (of this software )?in source and binary forms"
                     r".{0,1500}?(neither the name|may not be used to endorse)"),
    ("Apache-2.0", r"apache license version 2 0"),
    ("BlueOak-1.0.0", r"blue oak model license"),
    ("Artistic-2.0", r"the artistic license 2 0"),
    ("Python-2.0", r"psf license agreement|python software foundation license version 2"),
    ("MPL-2.0", r"mozilla public license version 2 0"),
    ("LGPL", r"gnu lesser general public license"),
    ("GPL", r"gnu general public license version"),
    ("CC0-1.0", r"cc0 1 0 universal"),
    ("CC-BY-3.0", r"creative commons attribution 3 0"),
    ("CC-BY-4.0", r"attribution 4 0 international"),
    ("WTFPL", r"do what the fuck you want to public license"),
    ("Unlicense", r"this is free and unencumbered software"),
    ("Zlib", r"in no event will the authors be held liable for any damages arising from the use of this software"
             r".{0,400}?altered source versions"),
    ("Microsoft terms", r"microsoft software license terms|microsoft vsce sign"),
]
REPLACES = {"MIT": "MIT-0", "ISC": "0BSD", "BSD-3-Clause": "BSD-2-Clause"}
# Files that only name their licence.
MENTIONS = [
    ("Apache-2.0", r"\bapache (license )?2\b"),
    ("MIT", r"\bmit licen[cs]ed?\b|\blicen[cs]ed? under (the )?(terms of the )?mit\b"),
    ("ISC", r"\bisc licen[cs]ed?\b"),
    ("BSD", r"\bbsd\b"),
]

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
COPYRIGHT = re.compile(r"^[\s*#/>-]*(?:copyright\b|\(c\)|©).*", re.IGNORECASE)


def identify(wording):
    """All licences in the wording, in the order in which they stand there."""
    found = {}
    for name, pattern in LICENCES:
        match = re.search(pattern, wording)
        if match:
            found[name] = match.start()
            if name in REPLACES:
                found.pop(REPLACES[name], None)
    if not found:
        found = {name: match.start() for name, pattern in MENTIONS if (match := re.search(pattern, wording))}
    return sorted(found, key=found.get)


def read_licence(path):
    lines = Path(path).read_bytes().decode("utf-8-sig", errors="replace").splitlines()
    notices = [line.strip(" \t*#/>-") for line in lines if COPYRIGHT.match(line) and re.search(r"\d{4}|\(c\)|©", line)]
    words = [word.lower() for word in WORD.findall("\n".join(lines))]
    # The same text under another holder's name has the same fingerprint.
    wording = [word.lower() for line in lines if not COPYRIGHT.match(line) for word in WORD.findall(line)]
    licences = identify(" ".join(words))
    return {
        "licence": licences[0] if licences else "unknown",
        "others": licences[1:],
        "copyright": notices[:5],
        "lines": len(lines),
        "words": len(words),
        "distinctWords": len(set(words)),
        "longWords": [word for word, _ in Counter(word for word in words if len(word) > 6).most_common(5)],
        "fingerprint": hashlib.sha256(" ".join(wording).encode()).hexdigest()[:16],
    }


def log(*parts):
    print(*parts, file=sys.stderr, flush=True)


def reply(message):
    # ASCII alone, so that no system's encoding matters; flushed, so that a finished item is known at once.
    print(json.dumps(message), flush=True)


def answer(request):
    try:
        return {"id": request["id"], "result": read_licence(request["item"]["path"])}
    except Exception as error:
        log(f"item {request.get('id')!r}, attempt {request.get('attempt')}:")
        log(traceback.format_exc())
        told = {"message": f"{type(error).__name__}: {error}", "cause": "bug", "stack": traceback.format_exc()}
        return {"id": request.get("id"), "error": told}


def main():
    # readline, since iterating reads ahead and a request would wait for the next.
    for line in iter(sys.stdin.buffer.readline, b""):
        if not line.strip():
            continue
        try:
            message = json.loads(line)
        except ValueError as error:
            log(f"not a request ({error}): {line[:200]!r}")
            continue
        if message.get("type") == "hello":
            if message.get("protocol") != 1:
                sys.exit(f"worker.py speaks protocol 1, not {message.get('protocol')!r}")
            log(f"reads licences for {message.get('job')!r}, Python {sys.version.split()[0]}")
        else:
            reply(answer(message))


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, KeyboardInterrupt):
        # Whoever asked is gone. Nothing is left to flush to.
        sys.stderr.close()
        sys.exit(1)
