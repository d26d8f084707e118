"""The model that the scripts here call. It stands in for a service's client, and notes each call in a ledger.

AGENT_JOBS_LEDGER  a file that gets one line where a call begins and one where it ends; none without it
MODEL_MS           how long a call takes, in milliseconds; 5 where it is not set
MODEL_RATE_LIMITS  "1": every third prompt is refused the first time that a process asks
"""
import asyncio
import hashlib
import json
import os
import threading
import time

WORDS = "late refund login quality price praise delivery invoice".split()


class RateLimitError(Exception):
    """The service asks to come back later."""


_seconds = float(os.environ.get("MODEL_MS", "5")) / 1000
_ledger_path = os.environ.get("AGENT_JOBS_LEDGER")
_ledger = os.open(_ledger_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644) if _ledger_path else None
_refuses = os.environ.get("MODEL_RATE_LIMITS") == "1"
_asked = set()
_lock = threading.Lock()


def ask(prompt):
    """Answers a prompt, always alike. Raises RateLimitError where it is asked to."""
    _begin(prompt)
    time.sleep(_seconds)
    return _end(prompt)


async def ask_async(prompt):
    """As `ask`, for asyncio."""
    _begin(prompt)
    await asyncio.sleep(_seconds)
    return _end(prompt)


def _begin(prompt):
    _note("begin", prompt)
    with _lock:
        is_first = prompt not in _asked
        _asked.add(prompt)
    if _refuses and is_first and _digest(prompt)[0] % 3 == 0:
        _note("error", prompt)
        raise RateLimitError("429: too many requests")


def _end(prompt):
    digest = _digest(prompt)
    _note("end", prompt)
    return f"{WORDS[digest[1] % len(WORDS)]} {digest.hex()[:8]}"


def _digest(prompt):
    return hashlib.sha256(prompt.encode("utf-8")).digest()


def _note(event, prompt):
    if _ledger is None:
        return
    line = json.dumps({"pid": os.getpid(), "event": event, "prompt": prompt}) + "\n"
    os.write(_ledger, line.encode("utf-8"))  # in one piece: several threads and processes write here
