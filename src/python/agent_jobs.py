"""Agent Jobs for Python loops: one file, nothing but the standard library, Python 3.9 or later.

    from agent_jobs import resume

    for doc in resume(docs, key="id"):         # the items that are not done yet
        doc.done(summarize(doc["text"]))       # on the disk when it returns

Kill it, run it again: it goes on after the last item that was done. The checkpoint is `checkpoints/SCRIPT.jsonl` beside
the script; the Agent Jobs extension and its command line show it, with progress, failures and the time left.

    with doc: …                                an exception becomes a failed item, and the loop goes on
    results = map(fn, docs, concurrency=8)     a list, with the results of earlier runs in it; threads
    results = await amap(fn, docs)             the same for coroutines, 32 at a time
    step("outline", inputs, fn)                within an item: not done again when the item is resumed; `await astep(…)`
    usage(reply)                               within an item: the tokens of an Anthropic or OpenAI reply
    done(result)                               marks the item in hand where the loop unpacks it: `for i, row in …`
    results("job")                             what is finished so far, by id

    python -m agent_jobs status PATH…          python -m agent_jobs repair PATH…

The format is that of `src/runtime/format/record.ts` in https://github.com/agent-jobs; MIT licence.
"""

from __future__ import annotations

import atexit
import builtins
import collections
import collections.abc
import contextvars
import dataclasses
import datetime
import decimal
import enum
import errno
import hashlib
import inspect
import json
import math
import os
import pathlib
import re
import signal
import socket
import stat
import sys
import threading
import time
import traceback
import uuid
import zlib

__version__ = "0.1.0"
__all__ = [
    "resume",
    "map",
    "amap",
    "step",
    "astep",
    "usage",
    "done",
    "failed",
    "results",
    "AgentJobsError",
    "CheckpointDamaged",
    "CheckpointWriteError",
    "DuplicateIds",
    "ItemsFailed",
    "JobChanged",
    "JobHeld",
    "Stopped",
]

FORMAT_VERSION = 1
MAX_RECORD_BYTES = 64 * 1024 * 1024
MAX_ERROR_CHARS = 8_000
_MAX_TEXT = 100_000  # of an error's text, so much is looked at
LOCK_RENEW_SECONDS = 5.0
LOCK_WRITE_GRACE_SECONDS = 5.0
LOCK_EXPIRY_SECONDS = 90.0
LEFT_SECONDS = 2.0  # a program that ends by an exception has ended by then


# Errors ---------------------------------------------------------------------------------------------------------------


class AgentJobsError(Exception):
    """Whatever a loop cannot go on over; `code` is stable, the words are not."""

    code = "AJ"


class JobHeld(AgentJobsError):
    """Another run that lives holds the job, here or elsewhere."""

    code = "AJ_HELD"


class LockLost(AgentJobsError):
    """Another run took the job over while this one ran."""

    code = "AJ_LOCK_LOST"


class LockUnreadable(AgentJobsError):
    """Nobody can say whether a run is live."""

    code = "AJ_READ"


class CheckpointWriteError(AgentJobsError):
    """The system refused to write; what was acknowledged before is kept."""

    code = "AJ_WRITE"


class CheckpointDamaged(AgentJobsError):
    """Lines of the checkpoint are damaged, which is not gone on over unasked."""

    code = "AJ_DAMAGED"


class UnfitCheckpoint(AgentJobsError):
    """The file is of another format, of a newer version, of another job, or no regular file."""

    code = "AJ_UNFIT"


class JobChanged(AgentJobsError):
    """`params` differ from those of the run before, so that its results are of another job."""

    code = "AJ_CHANGED"


class WrongFunction(AgentJobsError, TypeError):
    """`map` was given a coroutine function, or `amap` none."""

    code = "AJ_FUNCTION"


class DuplicateIds(AgentJobsError):
    """Two items of the input have one id."""

    code = "AJ_DUPLICATE_IDS"


class ItemsFailed(AgentJobsError):
    """Some items of `map` or `amap` failed; the others are done.

    `failures`: the exceptions by id. `results`: the results in the order of the input, None for those that failed.
    """

    code = "AJ_ITEMS_FAILED"

    def __init__(self, message, failures, results):
        super().__init__(message)
        self.failures = failures
        self.results = results


class Stopped(SystemExit):
    """Ends the program in order because somebody asked the run to stop: code 75, 130 (Ctrl-C) or 143 (SIGTERM)."""


def _note(text):
    try:
        sys.stderr.write(f"agent-jobs: {text}\n")
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        pass  # closed, or none at all: no reason to end a loop


def _plural(count, noun):
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


# Ids and JSON ---------------------------------------------------------------------------------------------------------
# An id is its JSON text: 1 and "1" differ, integers keep all their digits, nothing is normalised.

_SURROGATE = re.compile("[\ud800-\udfff]")


class _Json:
    """JSON as its text: encoded once, where its caller can still be told that it is none."""

    def __init__(self, value):
        self.text = _dumps(value)


def _escape_surrogates(text):
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _dumps(value):
    """JSON as one line. Raises TypeError for what is no JSON."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_as_json)
    except (ValueError, RecursionError) as error:  # NaN, infinities, circles
        raise TypeError(f"Expected a value that JSON can hold: {error}.") from error
    return _escape_surrogates(text)


def _as_json(value):
    """What the common libraries give, as JSON has it."""
    if isinstance(value, _Marks):
        return value.item
    dump = getattr(value, "model_dump", None)  # pydantic, and so the replies of both SDKs
    if callable(dump) and not isinstance(value, type):
        return dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, pathlib.PurePath):
        return value.as_posix()
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if hasattr(value, "tolist"):  # numpy's scalars and arrays, pandas' series
        return value.tolist()
    raise TypeError(
        f"Expected a value that JSON can hold, got {type(value).__name__}. Give done() plain data: dicts, lists, strings, numbers."
    )


def _key_of(value):
    """The key of an id. Raises TypeError where it is none."""
    if isinstance(value, _Marks):
        value = value.item
    if isinstance(value, str):
        return _escape_surrogates(json.dumps(value, ensure_ascii=False))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float) and math.isfinite(value):
        return float.__repr__(value)
    if isinstance(value, pathlib.PurePath):
        return _key_of(value.as_posix())
    if isinstance(value, (uuid.UUID, datetime.date, decimal.Decimal)):
        return _key_of(str(value))
    if type(value).__module__.split(".")[0] == "numpy" and hasattr(value, "item"):
        return _key_of(value.item())
    raise TypeError(
        f'Expected an item\'s id to be a string or a number, got {type(value).__name__}. Name it with key=, such as key="id" or key=lambda item: …'
    )


def _id_of(key):
    return json.loads(key)


def _id_text(key):
    """An id as a person reads it, with nothing in it that moves a cursor or hides."""
    value = _id_of(key)
    return _shown(value if isinstance(value, str) else key)


def _shown(text, most=200):
    text = "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in text)
    return text if len(text) <= most else f"{text[:most]}…"


def _canonical(value):
    """RFC 8785: the same text for the same JSON, whoever wrote it."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return _escape_surrogates(json.dumps(value, ensure_ascii=False))
    if isinstance(value, int):
        return str(int(value)) if abs(value) <= 2**53 else _canonical(float(value))
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, dict):
        members = sorted(
            ((str(name), part) for name, part in value.items()),
            key=lambda m: m[0].encode("utf-16-be", "surrogatepass"),
        )
        return "{" + ",".join(f"{_canonical(name)}:{_canonical(part)}" for name, part in members) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_canonical(part) for part in value) + "]"
    return _canonical(_as_json(value))


def _number_text(value):
    """A double as ECMAScript writes it (RFC 8785, 3.2.2.3)."""
    if not math.isfinite(value):
        raise TypeError(f"Expected a value that JSON can hold, got {value}.")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    digits, _, power = repr(abs(value)).partition("e")
    whole, _, rest = digits.partition(".")
    point = len(whole) + int(power or 0)
    digits = whole + ("" if rest == "0" else rest)
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.lstrip("0").rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    exponent = point - 1
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{sign}{mantissa}e{'+' if exponent > 0 else '-'}{abs(exponent)}"


def _sha256(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _content_hash(item):
    """SHA-256 of an item's RFC 8785 JSON; None for what is no JSON, such as an object of a class."""
    try:
        return _sha256(_canonical(item))
    except (TypeError, ValueError, RecursionError):
        return None


# Records --------------------------------------------------------------------------------------------------------------
# A line is a JSON object whose last member `c` is the CRC-32 of the bytes before `,"c":`. Only finished items have a
# top-level `id`; all other kinds have a `type`.

_TAIL = re.compile(rb',"c":"([0-9a-f]{8})"\}')
_TAIL_BYTES = 16
_SURVIVES_TEAR = {"job", "run-started", "write-error"}


def _encode(kind, at, key, members):
    """One record as the line that holds it. `at`: seconds since 1970; `key`: the item's, or None."""
    head = "" if kind == "done" else f'"type":"{kind}"'
    item = "" if key is None else f'"id":{key}' if kind == "done" else f',"item":{key}'
    text = lambda value: value.text if isinstance(value, _Json) else _dumps(value)
    rest = "".join(f',"{name}":{text(value)}' for name, value in members.items() if value is not None)
    body = f'{{{head}{item},"ts":{round(at, 3)}{rest}'.encode()
    line = b'%b,"c":"%08x"}\n' % (body, zlib.crc32(body))
    if len(line) > MAX_RECORD_BYTES:
        raise TypeError(
            f"Expected a record of at most 64 MiB, got {len(line):,} bytes: write the result to a file, and give done() its path."
        )
    return line


def _checksum(line):
    """What the end of a line says: True where it verifies, False where it does not, None where there is none."""
    tail = _TAIL.fullmatch(line, max(0, len(line) - _TAIL_BYTES))
    if not tail or len(line) <= _TAIL_BYTES:
        return None
    return zlib.crc32(line[:-_TAIL_BYTES]) == int(tail[1], 16)


def _is_scalar(value):
    return value is None or isinstance(value, (str, int, float))


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_strict = json.JSONDecoder(parse_constant=lambda _: None)  # NaN and infinities are no JSON
_MAX_DIGITS = 4000  # Python converts no more of them at once


def _decoded(text):
    try:
        return _strict.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        as_text = lambda digits: int(digits) if len(digits) < _MAX_DIGITS else _NumberText(digits)
        return json.loads(text, parse_int=as_text, parse_constant=lambda _: None)


class _NumberText(str):
    """A number as the text of its source."""


def _exact_key(line, name):
    """The key of a member that is no string: numbers keep the text that they were written with."""
    value = json.loads(
        line.decode(), parse_int=_NumberText, parse_float=_NumberText, parse_constant=lambda _: {}
    ).get(name)
    if isinstance(value, _NumberText):
        return str(value)
    return _key_of(value) if isinstance(value, (str, bool)) else "null" if value is None else None


def _member_key(line, record, name):
    value = record.get(name)
    if isinstance(value, str) and not isinstance(value, _NumberText):
        return _key_of(value)
    return _exact_key(line, name) if name in record and _is_scalar(value) else None


def _is_count(value):
    return _is_number(value) and math.isfinite(value) and value == int(value) and 0 <= value < 2**53


def _is_amount(value):
    return _is_number(value) and math.isfinite(value) and value >= 0


def _is_text(value):
    return isinstance(value, str)


def _is_tree(value):
    return isinstance(value, (dict, list))


def _are_run_sums(value):
    return isinstance(value, list) and all(
        isinstance(one, dict)
        and _is_count(one.get("run"))
        and _is_count(one.get("failed"))
        and _is_number(one.get("ts"))
        for one in value
    )


def _are_step_counts(value):
    return isinstance(value, list) and all(
        isinstance(one, list) and len(one) >= 2 and _is_text(one[0]) and _is_count(one[1]) for one in value
    )


_ATTEMPT = {"run": _is_count, "attempt": _is_count}
#: What each kind must have, besides `ts`, to be one.
_REQUIRED = {
    "job": {"v": _is_count, "job": _is_text},
    "run-started": {"run": _is_count, "pid": _is_count, "host": _is_text, "token": _is_text},
    "input": {"run": _is_count, "total": _is_count},
    "gone": {"run": _is_count},
    "back": {"run": _is_count},
    "started": _ATTEMPT,
    "step": {**_ATTEMPT, "step": _is_text, "op": _is_text},
    "spent": {**_ATTEMPT, "n": _is_count, "usage": _is_tree},
    "progress": {**_ATTEMPT, "fraction": _is_amount},
    "waiting": {**_ATTEMPT, "pass": _is_count},
    "pace": {"run": _is_count, "n": _is_count, "concurrency": _is_count},
    "failed": {**_ATTEMPT, "cause": _is_text, "message": _is_text},
    "measured": _ATTEMPT,
    "write-error": {"run": _is_count, "code": _is_text},
    "run-ended": {"run": _is_count, "reason": _is_text},
    "run-lost": {"run": _is_count, "cause": _is_text},
    "compacted": {"key": _is_text, "runs": _are_run_sums, "steps": _are_step_counts},
}
_OF_ITEMS = {"gone", "back", "started", "step", "spent", "progress", "waiting", "failed", "measured"}


def _parse(line):
    """(kind, key, record) of a line without its newline, or why it is none: "torn" or "bad"."""
    if b"\0" in line:
        head = line.rstrip(b"\0")
        return "torn" if b"\0" not in head and (not head or _is_open_object(head)) else "bad"
    verified = _checksum(line)
    if verified is False:
        return "torn" if _is_open_object(line) else "bad"
    try:
        record = _decoded(line.decode())
    except (ValueError, RecursionError):
        return "torn" if _is_open_object(line) else "bad"
    if not isinstance(record, dict):
        return "bad"
    if not verified:
        return _parse_foreign(line, record)
    if not _is_number(record.get("ts")):
        return "bad"
    if "id" in record:
        key = _member_key(line, record, "id")
        return "bad" if key is None else ("done", key, record)
    kind = record.get("type")
    if not isinstance(kind, str):
        return "bad"
    if not all(is_valid(record.get(name)) for name, is_valid in _REQUIRED.get(kind, {}).items()):
        return "bad"
    key = _member_key(line, record, "item") if kind in _OF_ITEMS else None
    return "bad" if key is None and kind in _OF_ITEMS else (kind, key, record)


def _parse_foreign(line, record):
    """Lines without a checksum: the articles' `{"id", "ts", "result"?}`, and agent-resume's, which we only tell apart."""
    if "turn" in record or "completed_items" in record:
        return ("snapshot", None, record)
    if set(record) - {"id", "ts", "result"} or not _is_number(record.get("ts")):
        return "bad"
    key = _member_key(line, record, "id")
    return "bad" if key is None else ("article", key, record)


_STRING = rb'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*'
_JSON_TOKEN = re.compile(
    rb"[ \t\r]*(?:(?P<string>"
    + _STRING
    + rb'")|(?P<word>true|false|null|-?NaN|-?Infinity)(?![^ \t\r,:"\[\]{}])|'
    rb"(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![^ \t\r,:\"\[\]{}])|(?P<sign>[\[\]{},:]))"
)
_JSON_BEGUN = re.compile(
    rb"[ \t\r]*(?:" + _STRING + rb"(?:\\(?:u[0-9a-fA-F]{0,3})?)?|-?[0-9][0-9.eE+-]*|-|-?[a-zA-Z]{1,8}|)\Z"
)


def _is_open_object(line):
    """Whether bytes are the beginning of a JSON object that has not ended: what a crash in the middle of a write leaves."""
    for cut in range(4):  # a character may be cut in two
        try:
            (line[:-cut] if cut else line).decode()
            line = line[:-cut] if cut else line
            break
        except UnicodeDecodeError:
            if cut == 3 or cut >= len(line) or not (line[-cut - 1] & 0x80):
                return False
    if not line.lstrip(b" \t\r").startswith(b"{"):
        return False
    open_, expects, at = [], "value", 0  # expects: value, value-or-end, name, name-or-end, colon, comma
    while True:
        token = _JSON_TOKEN.match(line, at)
        if not token:
            break
        # A number at the very end may go on; anything else that ends there is what it is.
        sign = token["sign"]
        if sign in (b"{", b"["):
            if not expects.startswith("value"):
                return False
            open_.append(sign)
            expects = "name-or-end" if sign == b"{" else "value-or-end"
        elif sign in (b"}", b"]"):
            pair = b"{" if sign == b"}" else b"["
            if (
                not open_
                or open_[-1] != pair
                or expects not in ("comma", "name-or-end" if pair == b"{" else "value-or-end")
            ):
                return False
            open_.pop()
            if not open_:
                return False  # it has ended
            expects = "comma"
        elif sign == b",":
            if expects != "comma":
                return False
            expects = "name" if open_[-1] == b"{" else "value"
        elif sign == b":":
            if expects != "colon":
                return False
            expects = "value"
        elif expects.startswith("name") and token["string"] is not None:
            expects = "colon"
        elif expects.startswith("value"):
            expects = "comma"
        else:
            return False
        at = token.end()
    rest = line[at:].lstrip(b" \t\r")
    if not rest:
        return True
    if rest.startswith(b'"'):
        return expects.startswith(("name", "value")) and _JSON_BEGUN.match(rest) is not None
    words = (b"true", b"false", b"null", b"NaN", b"-NaN", b"Infinity", b"-Infinity")
    return expects.startswith("value") and (
        any(word.startswith(rest) for word in words)
        or re.fullmatch(rb"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:(?<=[0-9])[eE][+-]?[0-9]*)?)?", rest)
        is not None
    )


def _may_be_nested(line, start):
    """Whether an object stands where a value of another can: then it is none of its own."""
    before = line[:start].rstrip(b" \t\r")
    return before.endswith((b":", b",", b"["))


def _salvage(line):
    """[(kind, key, record, start, end)] of whole records inside a bad line, found by their checksums alone."""
    found = []
    begun, searched = 0, 0
    for mark in _TAIL.finditer(line):
        end = mark.end()
        start = line.find(b'{"', begun)
        while start != -1 and start < mark.start():
            searched += end - begun
            if searched > MAX_RECORD_BYTES:
                return found
            candidate = line[start:end]
            follows = line[end : end + 1]
            if not _may_be_nested(line, start) and _checksum(candidate) and follows not in (b",", b"}", b"]"):
                parsed = _parse(candidate)
                if not isinstance(parsed, str):
                    found.append((*parsed, start, end))
                    begun = end
                    break
            start = line.find(b'{"', start + 1)
    return found


def _hides_foreign(line):
    """Whether a bad line ends or begins with a whole record of a format without checksums: a person must decide on it."""
    parts = [line[: line.find(b"}{") + 1]] if b"}{" in line else []
    for begin in (b'{"id"', b'{"turn"', b'{"completed_items"'):
        at = line.rfind(begin)
        if at > 0 and not _may_be_nested(line, at):
            parts.append(line[at:])
    return any(not isinstance(_parse(part), str) for part in parts)


# Reading --------------------------------------------------------------------------------------------------------------


class _State:
    """What a checkpoint says. Results stay in the file: only where they are is kept."""

    def __init__(self):
        self.format = "empty"  # agent-jobs, article, agent-resume, unknown
        self.job = None
        self.label = None
        self.version = 0
        self.total = None
        self.total_run = 0
        self.done = {}  # key: (offset, length) of its line
        self.hashes = {}  # key: hash of the input that it was done with
        self.open = {}  # key: _Open
        self.gone = {}  # key: (run, ts, is gone)
        self.runs = {}  # number: {token, ended, params}
        self.steps = {}  # key: {op: (offset, length)}
        self.faults = []  # (line number, offset, length, residue, salvaged ranges)
        self.damaged = 0
        self.lines = 0
        self.size = 0
        self.open_tail = False
        self.torn_tail = False

    @property
    def latest_run(self):
        return max(self.runs, default=0)

    def is_gone(self, key):
        return self.gone.get(key, (0, 0, False))[2]

    def counts(self):
        """(done, failed, in doubt) of the items that are in the input; with no run alive."""
        done = sum(not self.is_gone(key) for key in self.done)
        open_ = [item for key, item in self.open.items() if not self.is_gone(key) and item.attempt > 0]
        failed = sum(item.phase == "failed" for item in open_)
        return done, failed, sum(item.phase == "started" for item in open_)


class _Open:
    """An item that was touched and is not done."""

    __slots__ = ("attempt", "run", "phase", "cause", "message")

    def __init__(self):
        self.attempt, self.run, self.phase, self.cause, self.message = 0, 0, "started", None, None


class _Reader:
    """Turns a file's bytes into a state, line by line, in memory for one line and the ids."""

    def __init__(self):
        self.state = _State()
        self.undecided = []  # tears of which the next line says whether they are damage
        self.only_fragments = True

    def read(self, fd):
        """Reads from the file's beginning to its end."""
        state, offset, held = self.state, 0, []
        os.lseek(fd, 0, os.SEEK_SET)
        while True:
            chunk = os.read(fd, 1024 * 1024)
            if not chunk:
                break
            state.size += len(chunk)
            start = 0
            while True:
                end = chunk.find(b"\n", start)
                if end == -1:
                    held.append(chunk[start:])
                    break
                line = b"".join((*held, chunk[start:end])) if held else chunk[start:end]
                held = []
                self.take(line, offset)
                offset += len(line) + 1
                start = end + 1
        tail = b"".join(held)
        if tail:
            self.take_tail(tail, offset)
        for at in self.undecided:  # ended by the newline guard and nothing after it
            state.faults[at][3] = True
        if state.format == "unknown" and self.only_fragments:
            state.format = "empty"
        return state

    def take(self, line, offset):
        state = self.state
        state.lines += 1
        bytes_ = self.trimmed(line, offset)
        if not bytes_:
            return self.settle(True)
        parsed = _parse(bytes_) if len(bytes_) <= MAX_RECORD_BYTES else "bad"
        parsed = self.accepted(parsed)
        if not isinstance(parsed, str):
            kind, key, record = parsed
            self.only_fragments = False
            self.settle(kind in _SURVIVES_TEAR)
            return self.apply(kind, key, record, offset + line.find(bytes_), len(bytes_))
        found = [] if state.format == "agent-resume" else _salvage(bytes_)
        merged = bool(found) or _hides_foreign(bytes_)
        tear = parsed == "torn" and not merged
        if not tear:
            self.settle(False)
        if not tear or not _begins_record(bytes_):
            self.only_fragments = False
        if state.format == "empty":
            state.format = "unknown"
        shift = line.find(bytes_)
        ranges = [(shift + start, shift + end) for *_, start, end in found]
        state.faults.append([state.lines, offset, len(line), False, ranges])
        if tear:
            self.undecided.append(len(state.faults) - 1)
        else:
            state.damaged += 1
        for kind, key, record, start, end in found:
            state.format = "agent-jobs"
            self.apply(kind, key, record, offset + shift + start, end - start)

    def take_tail(self, tail, offset):
        """A last line without its newline: whole, and counts; or torn, which is no damage."""
        state = self.state
        state.open_tail = True
        bytes_ = self.trimmed(tail, offset)
        parsed = self.accepted(_parse(bytes_)) if bytes_ else "bad"
        if not isinstance(parsed, str):
            return self.apply(*parsed, offset + tail.find(bytes_), len(bytes_))
        state.torn_tail = bool(bytes_)
        if state.format == "empty" and bytes_ and not _begins_record(bytes_):
            state.format = "unknown"

    def accepted(self, parsed):
        """The first line of a known format decides between agent-resume's and the two that may share a file."""
        if isinstance(parsed, str):
            return parsed
        state, is_snapshot = self.state, parsed[0] == "snapshot"
        known = state.format not in ("empty", "unknown")
        if known and is_snapshot != (state.format == "agent-resume"):
            return "bad"
        kind = "agent-resume" if is_snapshot else "article" if parsed[0] == "article" else "agent-jobs"
        if not known or kind == "agent-jobs":
            state.format = kind
        return parsed

    @staticmethod
    def trimmed(line, offset):
        if offset == 0 and line.startswith(b"\xef\xbb\xbf"):
            line = line[3:]
        return line.strip(b" \t\r")

    def settle(self, residue):
        for at in self.undecided:
            self.state.faults[at][3] = residue
            self.state.damaged += not residue
        self.undecided = []

    def apply(self, kind, key, record, offset, length):
        """The fold, for what a writer needs to know."""
        state = self.state
        if kind in ("done", "article"):
            if key in state.done:
                return
            state.done[key] = (offset, length)
            state.open.pop(key, None)
            state.steps.pop(key, None)
            if isinstance(record.get("hash"), str):
                state.hashes[key] = record["hash"]
        elif kind == "job":
            state.job, state.label = record["job"], record.get("label")
            state.version = max(state.version, record["v"])
        elif kind == "run-started":
            number = record["run"]
            started = {"token": record["token"], "ended": False, "params": record.get("params")}
            state.runs[number] = started
            if number > state.total_run:
                state.total, state.total_run = None, number
        elif kind in ("run-ended", "run-lost"):
            run = state.runs.get(record["run"])
            if run:
                run["ended"] = True
        elif kind == "input":
            if record["run"] >= state.total_run:
                state.total, state.total_run = record["total"], record["run"]
        elif kind in ("gone", "back"):
            known = state.gone.get(key)
            if not known or (record["run"], record["ts"]) >= known[:2]:
                state.gone[key] = (record["run"], record["ts"], kind == "gone")
        elif key is not None and key not in state.done:
            self.apply_attempt(kind, key, record, offset, length)

    def apply_attempt(self, kind, key, record, offset, length):
        state, attempt = self.state, record["attempt"]
        if kind == "measured":
            return
        item = state.open.setdefault(key, _Open())
        goes_on = kind == "started" and attempt == item.attempt and item.phase == "waiting"
        if attempt > item.attempt or goes_on:
            item.attempt, item.run, item.phase = attempt, record["run"], "started"
        if attempt < item.attempt:
            return
        if kind == "failed":
            item.phase, item.run = "failed", record["run"]
            item.cause, item.message = record.get("cause"), record.get("message")
        elif kind == "waiting" and item.phase == "started":
            item.phase = "waiting"
        elif kind == "step":
            state.steps.setdefault(key, {}).setdefault(record["op"], (offset, length))


def _begins_record(bytes_):
    beginnings = (b'{"type":"job",', b'{"id":', b'{"turn":', b'{"completed_items":')
    head = bytes_[:16]
    return any(head.startswith(begin) or begin.startswith(head.rstrip()) for begin in beginnings)


def _is_idle(thread):
    """Whether a thread can have no item in hand: our own, those of progress bars and of debuggers."""
    return thread.name.startswith(("agent-jobs", "pydevd.")) or type(thread).__name__ == "TMonitor"


def _is_alone():
    """Whether nothing but this thread can have an item of its loop in hand: no other thread, no coroutine."""
    others = [thread for thread in threading.enumerate() if not _is_idle(thread)]
    running = getattr(sys.modules.get("asyncio"), "_get_running_loop", lambda: None)()
    return len(others) == 1 and others[0] is threading.current_thread() and running is None


def _open_plain(path, flags):
    """Opens a regular file, never through a link, never waiting for the other end of a FIFO."""
    extra = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        fd = os.open(path, flags | extra | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0), 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise UnfitCheckpoint(
                f"Cannot use {path}: it is no regular file. Name a file, or a path where none is yet."
            ) from error
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise UnfitCheckpoint(
            f"Cannot use {path}: it is no regular file. Name a file, or a path where none is yet."
        )
    return fd


def _load(path):
    """The state of a checkpoint, without taking it. Raises FileNotFoundError, UnfitCheckpoint, OSError."""
    fd = _open_plain(path, os.O_RDONLY)
    try:
        return _Reader().read(fd)
    finally:
        os.close(fd)


# The lock -------------------------------------------------------------------------------------------------------------
# A file beside the checkpoint, made in one step, never rewritten, renewed by its modification time.


def _first_line(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def _run(*command):
    import subprocess

    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip() or None
    except (OSError, subprocess.SubprocessError):
        return None


def _look_at(pid):
    """(runs, start time or None, is suspended) of a process of this machine."""
    if sys.platform == "win32":
        return _runs_on_windows(pid), None, False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False, None, False
    except OSError:
        pass  # another user's
    if sys.platform == "linux":
        try:
            with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
                fields = file.read().rpartition(")")[2].split()
            return fields[0] not in "ZXx", fields[19], fields[0] in "Tt"
        except FileNotFoundError:
            return False, None, False
        except (OSError, IndexError):
            return True, None, False
    told = re.fullmatch(
        r"\s*(\S+)\s+(.*?)\s*", _run("ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)) or "", re.S
    )
    return (
        (True, None, False)
        if not told
        else (not told[1].startswith("Z"), told[2] or None, told[1].startswith("T"))
    )


def _runs_on_windows(pid):
    import ctypes  # os.kill would end it there

    kernel = ctypes.windll.kernel32
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return kernel.GetLastError() == 5  # access denied: it exists
    try:
        code = ctypes.c_ulong()
        return not kernel.GetExitCodeProcess(handle, ctypes.byref(code)) or code.value == 259  # STILL_ACTIVE
    finally:
        kernel.CloseHandle(handle)


def _uptime():
    """Seconds since this machine was started, where nothing else tells its starts apart."""
    if sys.platform != "win32":
        return None
    import ctypes

    ctypes.windll.kernel32.GetTickCount64.restype = ctypes.c_ulonglong
    return ctypes.windll.kernel32.GetTickCount64() / 1000


def _identity():
    """What tells this process from all others. None where the system does not say."""
    machine = _first_line("/etc/machine-id")
    is_id = machine is not None and re.fullmatch(r"[0-9a-f]{32}", machine)
    boot = _first_line("/proc/sys/kernel/random/boot_id")
    if boot is None and sys.platform == "darwin":
        boot = _run("/usr/sbin/sysctl", "-n", "kern.bootsessionuuid")
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except (OSError, AttributeError):
        namespace = None
    return {
        "pid": os.getpid(),
        "startTime": _look_at(os.getpid())[1],
        "bootId": boot,
        "machine": _sha256(f"agent-jobs {machine}")[:16] if is_id else None,
        "host": socket.gethostname(),
        "pidNamespace": namespace,
    }


def _oom_kills():
    """How often the system's memory killer struck in this control group, for telling later whether it ended this run."""
    for line in (_first_line("/proc/self/cgroup") or "").splitlines():
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        root = "/sys/fs/cgroup"
        files = (
            [f"{root}/memory{path}/memory.oom_control", f"{root}/memory/memory.oom_control"]
            if "memory" in controllers.split(",")
            else [f"{root}{at}/memory.events{kind}" for at in (path, "") for kind in (".local", "")]
            if controllers == ""
            else []
        )
        for file in files:
            count = re.search(r"^oom_kill (\d+)$", _first_line(file) or "", re.M)
            if count:
                return {"file": file, "kills": int(count[1])}
    return None


class _Lock:
    """Holds a job for this process, or works under the lock of the run that launched it."""

    def __init__(self, path, take_over=False):
        self.path = path
        self.identity = _identity()
        self.pid = os.getpid()
        self.token = str(uuid.uuid4())
        self.lost = None  # (token, cause) of the run whose lock was in the way
        self.is_borrowed = False
        self._looked = time.monotonic()
        self._ended = threading.Event()
        self._take(take_over)
        if not self.is_borrowed:
            threading.Thread(target=self._renew, name="agent-jobs lock", daemon=True).start()

    def check(self):
        """Raises LockLost where the lock is no longer this one's."""
        if _lock_content(self.path)[0].get("token") != self.token:
            raise LockLost(
                f"Lost the lock {self.path}: another run took the job over, or somebody removed it. This run stops, so that two never write at a time; its finished items are kept."
            )

    def is_owned(self):
        """Whether the run that launched this program, and holds the lock, still lives. Looks once a second."""
        if not self.is_borrowed or time.monotonic() - self._looked < 1:
            return True
        self._looked = time.monotonic()
        content, age = _lock_content(self.path)
        return age is not None and self._judge(content, age) != "stale"

    def release(self):
        self._ended.set()
        if not self.is_borrowed and self.pid == os.getpid():
            self._move_away(self.path, self.token)

    def _renew(self):
        while not self._ended.wait(LOCK_RENEW_SECONDS):
            try:
                if _lock_content(self.path)[0].get("token") == self.token:
                    os.utime(self.path)
            except OSError:
                pass  # one that is gone is noticed before the next batch

    def _take(self, take_over):
        content = {
            "token": self.token,
            "sinceMs": int(time.time() * 1000),
            **self.identity,
            "oom": _oom_kills(),
        }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
        breakable = None
        while not self._create(self.path, text):
            found, age = _lock_content(self.path)
            if age is None:
                continue  # it went in between
            state = self._judge(found, age)
            if state != "stale":
                if found.get("token") and found["token"] == os.environ.get("AGENT_JOBS_LOCK_TOKEN"):
                    self.token, self.is_borrowed = found["token"], True
                    return
                breakable = breakable or found.get("token")
                if not take_over or found.get("token") != breakable:
                    raise self._held(found, state)
            if found.get("token"):
                self.lost = (found["token"], self._cause(found) if state == "stale" else "taken-over")
            self._break(found.get("token"), text)

    def _judge(self, content, age):
        """live, stale, or elsewhere: of another machine or namespace, where a process cannot be seen."""
        if not content.get("token"):
            return "stale" if abs(age) > LOCK_WRITE_GRACE_SECONDS else "live"
        own = self.identity
        if content.get("host") != own["host"]:
            return "elsewhere"
        if content.get("bootId") != own["bootId"]:
            theirs = content.get("machine")
            return "elsewhere" if theirs and own["machine"] and theirs != own["machine"] else "stale"
        if content.get("pidNamespace") != own["pidNamespace"]:
            return "elsewhere"
        runs, start, _ = _look_at(content["pid"])
        if content.get("startTime") is not None and start is not None:
            return "live" if runs and content["startTime"] == start else "stale"
        # The number may be another's by now: it is for certain where nobody renewed the lock since a restart.
        up = _uptime() if own["bootId"] is None and age > LOCK_EXPIRY_SECONDS else None
        return "stale" if not runs or (up is not None and age > up) else "live"

    def _cause(self, content):
        if content.get("bootId") != self.identity["bootId"]:
            return "reboot"
        before = content.get("oom")
        now = (
            re.search(r"^oom_kill (\d+)$", _first_line(before["file"]) or "", re.M)
            if isinstance(before, dict) and "file" in before
            else None
        )
        return "out-of-memory" if now and int(now[1]) > before.get("kills", 0) else "killed"

    def _held(self, content, state):
        checkpoint = self.path[: -len(".lock")]
        if not content.get("token"):
            return JobHeld(
                f"Cannot open {checkpoint}: another run is just starting. Try again in some seconds."
            )
        since = datetime.datetime.fromtimestamp(content.get("sinceMs", 0) / 1000, datetime.timezone.utc)
        who = f"pid {content['pid']} on {_shown(str(content.get('host')))} since {since:%Y-%m-%dT%H:%M:%SZ}"
        where = (
            "That process lives. Stop that run, or wait for it to end; if it hangs, take it over"
            if state == "live"
            else "It is of another machine or container, so that its process cannot be seen from here. Stop it there; if it is dead, take it over"
        )
        return JobHeld(f"Cannot open {checkpoint}: held by {who}. {where} with take_over=True.")

    def _create(self, path, text):
        """Makes a lock with its content in one step. False where there is one."""
        draft = f"{path}.{self.token}"
        try:
            try:
                with open(draft, "x", encoding="utf-8", opener=_open_private) as file:
                    file.write(text)
                os.link(draft, path)
                return True
            finally:
                _remove(draft)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                raise CheckpointWriteError(
                    f"Cannot create the lock {path}: {error}. Make the folder writable, or choose another checkpoint."
                ) from error
        try:  # a file system without hard links: readers take an empty lock for one that is being written
            with open(path, "x", encoding="utf-8", opener=_open_private) as file:
                file.write(text)
            return True
        except FileExistsError:
            return False
        except OSError as error:
            raise CheckpointWriteError(
                f"Cannot create the lock {path}: {error}. Make the folder writable, or choose another checkpoint."
            ) from error

    def _break(self, token, text):
        """Removes a lock that may be broken, if it is still the one that was looked at; breakers go one at a time."""
        breaker = f"{self.path}.break"
        if self._create(breaker, text):
            try:
                if _lock_content(self.path)[0].get("token") == token:
                    self._move_away(self.path, token)
            finally:
                _remove(breaker)
            return
        found, age = _lock_content(breaker)
        if age is not None and self._judge(found, age) == "stale":
            self._move_away(breaker, found.get("token"))
        else:
            time.sleep(0.005)

    def _move_away(self, path, token):
        """Removes a lock in one step. Another may have taken its place in between: then that one is put back."""
        away = f"{path}.away-{self.identity['pid']}-{uuid.uuid4()}"
        try:
            os.rename(path, away)
        except FileNotFoundError:
            return
        if _lock_content(away)[0].get("token") != token:
            try:
                os.link(away, path)
            except OSError:
                pass
        _remove(away)


def _open_private(path, flags):
    return os.open(path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)


def _remove(path):
    try:
        os.unlink(path)
    except OSError:
        pass


def _lock_content(path):
    """(content, age in seconds) of a lock; ({}, None) where there is none, {} where it is not readable as one."""
    try:
        fd = _open_plain(path, os.O_RDONLY)
        try:
            age = time.time() - os.fstat(fd).st_mtime
            text = os.read(fd, 16 * 1024)
        finally:
            os.close(fd)
    except FileNotFoundError:
        return {}, None
    except OSError as error:
        raise LockUnreadable(
            f"Cannot read the lock {path}: {error}. Whether a run is live cannot be seen without it. See to the disk, or ask its owner for the right to read it."
        ) from error
    try:
        content = json.loads(text)
    except ValueError:
        return {}, age
    whole = (
        isinstance(content, dict)
        and isinstance(content.get("token"), str)
        and isinstance(content.get("pid"), int)
    )
    return (content if whole and content["pid"] > 0 else {}), age


# Appending ------------------------------------------------------------------------------------------------------------


def _sync_data(fd):
    """Puts a file's bytes on the disk, not only into the drive's cache."""
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
        except OSError:
            pass  # some file systems have none
    getattr(os, "fdatasync", os.fsync)(fd)


def _sync_folder(path):
    if sys.platform == "win32":
        return  # it has no such call and needs none
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EPERM):
            raise
    finally:
        os.close(fd)


class _Entry:
    __slots__ = ("line", "sync", "finished", "error", "offset")

    def __init__(self, line, sync):
        self.line, self.sync, self.finished, self.error, self.offset = line, sync, False, None, 0


class _AppendFile:
    """Appends whole lines: one write a batch, its count checked, one sync for all threads that wait at the time.

    After a failed or short write nothing of the batch is acknowledged, and the next one begins with a newline, so that
    a torn line never swallows the next record. Nothing is ever truncated.
    """

    def __init__(self, path, before_batch, after_failure):
        self.path = path
        self.fd = None
        self.identity = None
        self.guard = False
        self.failure = None
        self.before_batch = before_batch
        self.after_failure = after_failure
        self.pending = []
        self.mutex = threading.Lock()  # over `pending`
        self.io = threading.Lock()  # whoever has it writes all that is pending
        self._open(os.O_CREAT)

    def _open(self, create):
        try:
            self.fd = _open_plain(self.path, os.O_RDWR | os.O_APPEND | create)
        except OSError as error:
            raise CheckpointWriteError(
                f"Cannot open {self.path} for writing: {error}. Make it and its folder writable, or choose another checkpoint."
            ) from error
        found = os.fstat(self.fd)
        if found.st_size == 0:
            _sync_folder(os.path.dirname(self.path))
        else:
            os.lseek(self.fd, -1, os.SEEK_END)
            self.guard = self.guard or os.read(self.fd, 1) != b"\n"
        self.identity = self.identity or (found.st_dev, found.st_ino)

    def push(self, lines, sync):
        entry = _Entry(lines, sync)
        with self.mutex:
            self.pending.append(entry)
        return entry

    def append(self, line, sync):
        """Appends and waits. Returns the offset of the line. Raises CheckpointWriteError, LockLost."""
        return self.flush(self.push(line, sync))

    def flush(self, entry):
        with self.io:
            if not entry.finished:
                batch = []
                try:
                    with self.mutex:
                        batch, self.pending = self.pending, []
                    self._write(batch)
                    for other in batch:
                        other.finished = True
                except Exception as error:
                    for other in batch:
                        other.error, other.finished = error, True
                except (
                    BaseException
                ):  # of a signal, in the middle: the others' items are in doubt, and not interrupted
                    for other in batch:
                        other.error, other.finished = self._interrupted(), True
                    raise
        if entry.error:
            raise entry.error
        if not entry.finished:  # whoever had it in a batch did not bring it to its end
            raise self._interrupted()
        return entry.offset

    def _interrupted(self):
        return CheckpointWriteError(
            f"Cannot say whether a record was written to {self.path}: the write was interrupted. Nothing that was acknowledged is lost. Run again to go on."
        )

    def _write(self, batch):
        self.before_batch()
        self._assert_in_place()
        if self.fd is None:
            self._open(0)
        prefix = b"\n" + self.after_failure(self.failure) if self.guard else b""
        data = prefix + b"".join(entry.line for entry in batch)
        # Until the write is known to be whole, the file may end anywhere, be it that a signal raised something here.
        self.guard, self.failure = True, self.failure or "EINTR"
        try:
            written = os.write(self.fd, data)
        except OSError as error:
            raise self._failed(error) from error
        if written != len(data):
            raise self._failed(OSError(errno.ENOSPC, f"only {written} of {len(data)} bytes were written"))
        self.guard, self.failure = False, None
        at = os.fstat(self.fd).st_size - len(data) + len(prefix)
        for entry in batch:
            entry.offset = at
            at += len(entry.line)
        if any(entry.sync for entry in batch):
            self._sync()

    def _sync(self):
        try:
            _sync_data(self.fd)
        except OSError as error:
            # Final for the handle: the system may have dropped the bytes and forgotten the error.
            fd, self.fd, self.guard = self.fd, None, True
            os.close(fd)
            raise self._failed(error) from error

    def _assert_in_place(self):
        try:
            found = os.lstat(self.path)
        except FileNotFoundError:
            found = None
        if not found or (found.st_dev, found.st_ino) != self.identity:
            raise CheckpointWriteError(
                f"Cannot append to {self.path}: it was moved, deleted or replaced while this run was writing to it. The run stops before it writes anything that would be lost. Bring the file back if you can, then run again."
            )

    def _failed(self, error):
        self.failure = errno.errorcode.get(error.errno, "EIO")
        hint = (
            "Free some space"
            if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None))
            else "See to the disk"
        )
        failed = CheckpointWriteError(
            f"Cannot append to {self.path}: {error}. Nothing that was acknowledged is lost. {hint}, then run again."
        )
        failed.errno = error.errno
        return failed

    def close(self):
        with self.io:
            if self.fd is not None:
                os.close(self.fd)
                self.fd = None


# Why an item failed ---------------------------------------------------------------------------------------------------
# The causes are those of `src/runtime/runner/causes.ts`, by which failures are grouped.

_BY_STATUS = {
    **{
        401: "auth",
        402: "auth",
        403: "auth",
        407: "auth",
        408: "timeout",
        409: "overloaded",
        413: "context-too-long",
    },
    **{
        425: "overloaded",
        429: "rate-limit",
        499: "timeout",
        501: "bad-request",
        504: "timeout",
        505: "bad-request",
    },
    **{522: "timeout", 524: "timeout"},
}
_BY_CODE = {
    "rate-limit": "rate_limit_error rate_limit_exceeded ThrottlingException TooManyRequestsException",
    "overloaded": "overloaded_error engine_overloaded server_is_overloaded slow_down",
    "timeout": "timeout_error",
    "auth": "authentication_error permission_error billing_error invalid_api_key insufficient_quota billing_hard_limit_reached "
    "billing_not_active account_deactivated unsupported_country_region_territory AccessDeniedException",
    "context-too-long": "context_length_exceeded request_too_large string_above_max_length exceed_context_size_error",
    "refused": "content_filter content_policy_violation invalid_prompt moderation_blocked ResponsibleAIPolicyViolation",
}
_CAUSE_OF_CODE = {code: cause for cause, codes in _BY_CODE.items() for code in codes.split()}
_WITHOUT_STATUS = {
    **{code: "bad-request" for code in ("invalid_request_error", "not_found_error", "model_not_found")},
    **{code: "overloaded" for code in ("api_error", "server_error", "internal_server_error")},
}
_BY_MESSAGE = [
    (
        r"prompt is too long|context (?:limit|length|window|size)|input (?:is|length|token count)\b.*\b(?:too long|exceed)",
        "context-too-long",
    ),
    (r"credit balance is too low|reached your specified .*usage limits", "auth"),
    (r"content (?:filtering|management) policy|flagged as potentially violating", "refused"),
]
#: Classes by name: the libraries are recognised without being there.
_BY_CLASS = [
    (r".*Timeout(?:Error|Exception)?|ReadTimeout|ConnectTimeout|TimeoutException", "timeout"),
    (
        r"APIConnectionError|ConnectionError|ConnectError|ReadError|WriteError|RemoteProtocolError|ServerDisconnectedError",
        "network",
    ),
    (
        r"ClientConnectorError|ClientOSError|ProtocolError|ChunkedEncodingError|IncompleteRead|SSLError|gaierror|URLError",
        "network",
    ),
    (
        r"ConnectionResetError|ConnectionAbortedError|ConnectionRefusedError|BrokenPipeError|EndpointConnectionError",
        "network",
    ),
    (r"RateLimitError", "rate-limit"),
    (r"OverloadedError|InternalServerError|ServiceUnavailableError", "overloaded"),
    (r"AuthenticationError|PermissionDeniedError|PaymentRequiredError", "auth"),
    (r"ContentTooLargeError", "context-too-long"),
    (r"BadRequestError|UnprocessableEntityError", "bad-request"),
    (r"ContentFilterFinishReasonError", "refused"),
    (r"LengthFinishReasonError|JSONDecodeError|ValidationError|OutputParserException", "bad-reply"),
    (
        r"TypeError|NameError|UnboundLocalError|AttributeError|KeyError|IndexError|LookupError|AssertionError",
        "bug",
    ),
    (
        r"ZeroDivisionError|NotImplementedError|RecursionError|ImportError|ModuleNotFoundError|UnicodeError",
        "bug",
    ),
]


def _told(part, *names):
    """What an error or a reply has under one of these names; None where it has none, or does not give it."""
    for name in names:
        try:
            value = part.get(name) if isinstance(part, dict) else getattr(part, name, None)
        except Exception:  # a property may raise anything
            continue
        if value is not None:
            return value
    return None


def _text_of(error):
    """What an exception says, and what those of a group say; its class where it says nothing, or cannot."""
    try:
        text = str(error) or type(error).__name__
    except Exception:  # a class of somebody's own
        return type(error).__name__
    gathered = getattr(error, "exceptions", None)
    if isinstance(gathered, tuple) and gathered and isinstance(gathered[0], BaseException):
        told = [f"{type(part).__name__}: {_text_of(part)}" for part in gathered[:3]]
        return f"{text}: {'; '.join(told)}"
    return text


def _errors_in(error):
    """An error and what caused it, outermost first."""
    found = []
    queue = [error]
    while queue and len(found) < 16:
        part = queue.pop(0)
        if part is None or any(part is other for other in found):
            continue
        found.append(part)
        gathered = getattr(part, "exceptions", None)
        queue += [
            part.__cause__,
            part.__context__,
            *(gathered if isinstance(gathered, (list, tuple)) else ()),
        ]
    return found


def _cause_of(error):
    """Why an exception was raised, in the terms by which failures are grouped; "other" where nothing tells."""
    parts = [part for part in _errors_in(error) if isinstance(part, BaseException)]
    for part in parts:
        own = _told(part, "failure_cause")
        cause = own if isinstance(own, str) and own else _service_cause(part)
        if cause:
            return cause
    for part in reversed(parts):  # the innermost knows best
        for kind in type(part).__mro__:
            for pattern, cause in _BY_CLASS:
                if re.fullmatch(pattern, kind.__name__):
                    return cause
    return "other"


def _service_cause(part):
    """The cause by what a service answered; None where this part of an error tells of no answer."""
    response = _told(part, "response")
    aws = response.get("Error") if isinstance(response, dict) else None  # of botocore
    candidates = [
        _told(_told(response, "ResponseMetadata"), "HTTPStatusCode"),
        _told(response, "status_code"),
    ]
    candidates += [
        _told(response, "status"),
        *(_told(part, name) for name in ("status_code", "status", "code")),
    ]
    status = next((one for one in candidates if isinstance(one, int) and 400 <= one <= 599), None)
    body = _told(part, "body")
    bodies = [_told(body, "error"), body, part]
    codes = [_told(aws, "Code"), *(_told(one, name) for one in bodies for name in ("code", "type"))]
    codes = [code for code in codes if isinstance(code, str)]
    text = _text_of(part)[:1000]
    if status == 429 and re.match(r"(?:Error code: 429 - .{0,80}|429 )?request too large", text, re.I):
        return "context-too-long"
    for code in codes:
        if code in _CAUSE_OF_CODE:
            return _CAUSE_OF_CODE[code]
    general = next((_WITHOUT_STATUS[code] for code in codes if code in _WITHOUT_STATUS), None)
    if general if status is None else status < 500 and status != 429:
        for pattern, cause in _BY_MESSAGE:
            if re.search(pattern, text, re.I):
                return cause
    if status is not None:
        return _BY_STATUS.get(status, "overloaded" if status >= 500 else "bad-request")
    return general


_PREFIXED = re.compile(
    r"(?<![\w\-])(?:(sk-ant-)[\w\-]{6,}|(sk-(?:proj|svcacct|admin|or-v1|lf)-)[\w\-]{10,}|(AIza)[\w\-]{20,}|(A(?:KIA|SIA|BIA|CCA))[A-Z\d]{12,}"
    r"|(gh[pousr]_)[A-Za-z\d]{16,}|(github_pat_)\w{16,}|(gl(?:pat|rt|dt)-)[\w\-]{16,}|(xox[abeoprs]-)[\w\-]{8,}|([rsp]k_(?:live|test)_)[A-Za-z\d]{8,}"
    r"|(hf_)[A-Za-z\d]{16,}|((?:gsk|fw|sbp|ntn)_)(?=\w{0,40}\d)\w{20,}|((?:xai|pplx|pypi)-)(?=[\w\-]{0,40}\d)[\w\-]{20,}|(sk-)(?=[\w\-]{0,40}\d)[\w\-]{20,})"
)
_BEARER = re.compile(
    r"(authorization[\"'`]?\s{0,4}[:=]\s{0,4}[\"'`]?(?:\w+ )?|(?<![A-Za-z])bearer\s{1,4})([^\s\"'`,;<>)}\]]{8,})",
    re.I,
)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?")
_USER_INFO = re.compile(r"([a-z][a-z\d+.-]{1,24}://[^\s:/?#@\"'<>]{0,200}:)([^\s/?#\"'<>]{1,400})(?=@)", re.I)
_NAMED = re.compile(
    r"((?:password|passwd|passphrase|pwd|secret(?:[-_]?(?:access[-_]?)?key)?|api[-_ ]?key|access[-_]?key|private[-_]?key|account[-_]?key|(?:access|auth|refresh)[-_]?token|token)"
    r"(?:[-_]?(?:id|value))?[\"'`]?\s{0,4}(?:=>|[:=])\s{0,4}[\"'`]?)([^\s\"'`\\&,;<>(){}\[\]]{6,})",
    re.I,
)
_PEM = re.compile(
    r"(-----BEGIN [A-Z\d ]{0,40}PRIVATE KEY(?: BLOCK)?-----)[\s\S]*?(-----END [A-Z\d ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)"
)


def _redact(text):
    """Text without the keys and passwords in it, known by their shape or by the name before them."""
    text = _PEM.sub(r"\1[redacted]\2", text)
    text = _USER_INFO.sub(r"\1[redacted]", text)
    text = _BEARER.sub(lambda m: m[0] if m[2].startswith("[redacted") else f"{m[1]}[redacted]", text)
    text = _PREFIXED.sub(lambda m: f"{next(part for part in m.groups() if part)}[redacted]", text)
    text = _JWT.sub("[redacted]", text)
    is_secret = (
        lambda value: not value.startswith("[redacted")
        and re.search(r"[a-z]", value, re.I)
        and (re.search(r"\d", value) or len(value) >= 16)
    )
    return _NAMED.sub(lambda m: f"{m[1]}[redacted]" if is_secret(m[2]) else m[0], text)


def _failure_of(error, cause):
    """The members of a record that say why an item failed."""
    if cause is not None and not isinstance(cause, str):
        raise TypeError(f"Expected cause to be a string, got {type(cause).__name__}.")
    if not isinstance(error, BaseException):
        return {"cause": cause or "other", "message": _redact(_text_of(error)[:_MAX_TEXT])[:MAX_ERROR_CHARS]}
    own = os.path.abspath(__file__)
    frames = [
        one
        for one in traceback.extract_tb(error.__traceback__, limit=-50)
        if os.path.abspath(one.filename) != own
    ]
    message = _text_of(error)[:_MAX_TEXT]
    # The text of these is a name alone, such as the key that is missing.
    named = f"{type(error).__name__}: {message}" if isinstance(error, (KeyError, StopIteration)) else message
    detail = "".join(traceback.format_list(frames)) + f"{type(error).__name__}: {message}\n"
    # Redacted before it is cut: a key that is cut is not known by its shape any more.
    return {
        "cause": cause or _cause_of(error),
        "message": _redact(named)[:MAX_ERROR_CHARS],
        "detail": _redact(detail)[:MAX_ERROR_CHARS],
    }


# Tokens ---------------------------------------------------------------------------------------------------------------


def _usage_of(reply):
    """What a reply says of its tokens: Anthropic's, OpenAI's, or a dict of our own names. Raises TypeError for others."""
    told = lambda part, name: part.get(name) if isinstance(part, dict) else getattr(part, name, None)

    def amount(part, *names):
        for name in names:
            value = told(part, name) if part is not None else None
            if _is_number(value) and math.isfinite(value) and value >= 0:
                return value
        return None

    figures = told(reply, "usage") or reply
    metadata = told(reply, "usage_metadata")  # LangChain's messages
    if metadata is not None and told(reply, "usage") is None:
        figures = metadata
    details = next(
        (
            told(figures, name)
            for name in ("prompt_tokens_details", "input_tokens_details", "input_token_details")
            if told(figures, name)
        ),
        None,
    )
    cached = amount(figures, "cachedTokens", "cache_read_input_tokens")
    cached = amount(details, "cached_tokens", "cache_read") if cached is None else cached
    written = amount(figures, "cacheWriteTokens", "cache_creation_input_tokens")
    tokens_in = amount(figures, "inputTokens", "prompt_tokens")
    if tokens_in is None:
        tokens_in = amount(figures, "input_tokens")
        # Anthropic's count is without what was read from a cache or written to one; all others' is with it.
        beside = amount(figures, "cache_read_input_tokens", "cache_creation_input_tokens") is not None
        if tokens_in is not None and beside:
            tokens_in += (cached or 0) + (written or 0)
    usage = {
        "inputTokens": tokens_in,
        "outputTokens": amount(figures, "outputTokens", "completion_tokens", "output_tokens"),
        "cachedTokens": cached if tokens_in is not None else None,
        "cacheWriteTokens": written if tokens_in is not None else None,
        "usd": amount(figures, "usd"),
    }
    usage = {name: value for name, value in usage.items() if value is not None}
    if not usage:
        raise TypeError(
            f'Expected a reply of an SDK, or a dict such as {{"inputTokens": 1200, "outputTokens": 80}}, got {type(reply).__name__} without any of these.'
        )
    model = told(reply, "model")
    return {**usage, "model": model} if isinstance(model, str) else usage


# A run of a job -------------------------------------------------------------------------------------------------------

#: Runs that are open in this process, by the real path of their checkpoint: a notebook's cell that is run again takes over.
_sessions = {}
_sessions_mutex = threading.RLock()
#: What of this process worked on which checkpoint.
_used = {}
_current = contextvars.ContextVar("agent_jobs_item", default=None)


def _is_interactive():
    return hasattr(sys, "ps1") or "ipykernel" in sys.modules or hasattr(builtins, "get_ipython")


class _Session:
    """One run: its lock, its file, the state as it grows."""

    def __init__(self, path, job, concurrency, options):
        self.job = job
        self.path = path
        self.pid = os.getpid()
        self.reason = None  # why the run ends, where it is not by the items' outcome
        self.signal = None
        self.closed = False
        self.closing = False
        self.is_begun = False  # its loop has been gone into
        self.is_left = False  # and left in the middle
        self.is_given_up = False  # and gives no more items, though there are some
        self.is_background = False  # it may go on when a notebook's cell has ended
        self.exhausted = False  # its loop has given all that there is
        self.in_hand = None  # the item that a plain loop is at
        self.in_flight = {}  # key: attempt
        self.left = {}  # the same of items that the loop passed over without a mark
        self.mutex = threading.RLock()
        self.executor = None
        self.restore = None
        self.interrupts = 0
        self.lock = _Lock(f"{path}.lock", options["take_over"])
        try:
            self.state = _load(path) if os.path.lexists(path) else _State()
            self._refuse_unfit(options)
            self.file = _AppendFile(path, self.lock.check, self._write_error)
            self.run = self.state.latest_run + 1
            self._begin(concurrency, options["params"])
        except BaseException:
            self.lock.release()
            raise

    def _refuse_unfit(self, options):
        state, path = self.state, self.path
        if state.format in ("article", "agent-resume"):
            raise UnfitCheckpoint(
                f"Cannot continue {path}: another tool wrote it. Take it over with `agent-jobs migrate {path} NEW.jsonl`, or choose another checkpoint."
            )
        if state.format == "unknown":
            raise UnfitCheckpoint(
                f"Cannot continue {path}: it is no checkpoint, and nothing was changed. Choose another checkpoint."
            )
        if state.version > FORMAT_VERSION:
            raise UnfitCheckpoint(
                f"Cannot write to {path}: it has format version {state.version}, and this file writes {FORMAT_VERSION}. Update agent_jobs.py."
            )
        if state.job not in (None, self.job):
            raise UnfitCheckpoint(
                f'Cannot use {path} for job "{self.job}": it belongs to "{_shown(state.job)}". Choose another checkpoint, or another job=.'
            )
        if state.damaged and options["on_damage"] != "continue":
            first = next(fault for fault in state.faults if not fault[3])
            raise CheckpointDamaged(
                f"Will not run over {path}: {_plural(state.damaged, 'damaged line')}, the first on line {first[0]}. Repair it (python -m agent_jobs repair {path}), or pass on_damage=\"continue\" to do again what its damaged lines may have held."
            )
        before = state.runs.get(state.latest_run, {}).get("params")
        params = options["params"]
        if (
            params is not None
            and before is not None
            and options["changed"] != "keep"
            and _canonical(before) != _canonical(params)
        ):
            names = (
                [name for name in {*before, *params} if before.get(name) != params.get(name)]
                if isinstance(before, dict) and isinstance(params, dict)
                else []
            )
            what = f" ({', '.join(sorted(names))})" if names else ""
            raise JobChanged(
                f"params{what} differ from those of the run before, so the {_plural(len(state.done), 'finished item')} would be of another job than the rest. Use another job= for them, clear {path}, or pass changed=\"keep\" to go on."
            )

    def _begin(self, concurrency, params):
        now = time.time()
        header = (
            b""
            if self.state.job is not None
            else _encode("job", now, None, {"v": FORMAT_VERSION, "job": self.job})
        )
        start = {
            "run": self.run,
            "pid": self.pid,
            "host": socket.gethostname(),
            "token": self.lock.token,
            "concurrency": concurrency,
            "params": params,
        }
        lines = header + _encode("run-started", now, None, start)
        lost = self.lock.lost
        last = self.state.runs.get(self.state.latest_run)
        if lost and last and last["token"] == lost[0] and not last["ended"]:
            lines += _encode("run-lost", now, None, {"run": self.state.latest_run, "cause": lost[1]})
        self.file.append(lines, sync=True)

    def _write_error(self, code):
        return (
            b""
            if code is None
            else _encode("write-error", time.time(), None, {"run": self.run, "code": code})
        )

    # What is written

    def assert_open(self):
        if self.pid != os.getpid():
            raise AgentJobsError(
                "Cannot mark an item in another process than the one that resumed the job: give the result back to the loop, and mark it there. `map(fn, items, concurrency=8)` works with threads."
            )
        if self.closed:
            raise AgentJobsError(
                f"Cannot mark an item of {self.job}: its run has ended. Call resume() again."
            )

    def record(self, kind, key, members, sync=False):
        """Appends a record; where it is: offset and length."""
        self.assert_open()
        line = _encode(kind, time.time(), key, members)
        return self.file.append(line, sync), len(line) - 1

    def start(self, key):
        attempt = self.attempts_of(key) + 1
        self.record("started", key, {"run": self.run, "attempt": attempt})
        with self.mutex:
            self.in_flight[key] = attempt
        return attempt

    def attempts_of(self, key):
        before = self.state.open.get(key)
        return max(before.attempt if before else 0, self.in_flight.get(key, 0), self.left.get(key, 0))

    def set_total(self, total):
        if total != self.state.total or self.state.total_run != self.run:
            self.record("input", None, {"run": self.run, "total": total})
            self.state.total, self.state.total_run = total, self.run

    def note_presence(self, present):
        """Says which known items left the input, or are in it again."""
        now, lines = time.time(), []
        for key in [*self.state.done, *self.state.open]:
            if (key in present) == self.state.is_gone(key):
                kind = "back" if key in present else "gone"
                lines.append(_encode(kind, now, key, {"run": self.run}))
                self.state.gone[key] = (self.run, now, kind == "gone")
        if lines:
            self.assert_open()
            self.file.append(b"".join(lines), sync=False)

    def finish_line(self, item, result):
        self.assert_open()
        members = {
            "result": result,
            "ms": item.elapsed_ms(),
            "hash": item.hash,
            "attempt": item.attempt,
            "run": self.run,
        }
        return _encode("done", time.time(), item.key, members)

    def fail_line(self, item, error, cause):
        self.assert_open()
        members = {
            "run": self.run,
            "attempt": item.attempt,
            **_failure_of(error, cause),
            "ms": item.elapsed_ms(),
        }
        return _encode("failed", time.time(), item.key, members)

    def ended(self, item, place, failure=None):
        """An item's end is on the disk. `place`: offset and length of its record; `failure`: the cause."""
        with self.mutex:
            self.in_flight.pop(item.key, None)
            self.left.pop(item.key, None)
            if failure is None:
                self.state.done[item.key] = place
                self.state.open.pop(item.key, None)
                self.state.steps.pop(item.key, None)
            else:
                open_ = self.state.open.setdefault(item.key, _Open())
                open_.attempt, open_.run, open_.phase, open_.cause = item.attempt, self.run, "failed", failure
            is_over = not self.in_flight and (self.is_given_up or (self.exhausted and not self.left))
        if is_over:
            self.close()

    def pass_over(self, item):
        """The loop went on without a mark: the item is to be done, as nothing works on it any more."""
        self.record("waiting", item.key, {"run": self.run, "attempt": item.attempt, "pass": 0})
        with self.mutex:
            self.in_flight.pop(item.key, None)
            self.left[item.key] = item.attempt

    def result_at(self, place):
        """The result in a finished item's line, as JSON gives it; None where there is none."""
        offset, length = place
        fd = _open_plain(self.path, os.O_RDONLY)
        try:
            os.lseek(fd, offset, os.SEEK_SET)
            line = b""
            while len(line) < length:
                part = os.read(fd, length - len(line))
                if not part:
                    break
                line += part
        finally:
            os.close(fd)
        return _decoded(line.decode()).get("result")

    # How it ends

    def stop_asked(self):
        if self.reason:
            return True
        if not self.lock.is_owned():
            self.reason = "terminated"  # the run that launched this program is gone: nobody sees it work on
            return True
        try:
            fd = _open_plain(f"{self.path}.stop", os.O_RDONLY)
        except (OSError, AgentJobsError):
            return False
        try:
            if os.read(fd, 1024).decode("utf-8", "replace").strip() == self.lock.token:
                self.reason = "stopped"
        finally:
            os.close(fd)
        return self.reason is not None

    def stopped(self):
        """What ends the program once the items in hand are done."""
        return Stopped({"interrupted": 130, "terminated": 143}.get(self.reason, 75))

    def watch_signals(self):
        """The first Ctrl-C or SIGTERM lets the item in hand finish, the second ends it. Only in a program of its own."""
        if (
            _is_interactive()
            or self.restore is not None
            or threading.current_thread() is not threading.main_thread()
        ):
            return
        before = {}
        for number, reason in ((signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")):
            handler = signal.getsignal(number)
            is_own = handler in (signal.default_int_handler, signal.SIG_DFL) or (
                number == signal.SIGINT and _is_asyncios(handler)
            )
            if is_own:  # what the program handles itself stays its own
                before[number] = handler
                signal.signal(number, lambda got, _, reason=reason: self._asked_by_signal(got, reason))
        self.restore = before

    def _asked_by_signal(self, number, reason):
        self.interrupts += 1
        if self.interrupts == 1 and not self.closed:
            self.reason, self.signal = self.reason or reason, signal.Signals(number).name
            if number == signal.SIGINT:
                os.write(2, b"\nagent-jobs: stopping after the item in hand; Ctrl-C again stops at once.\n")
            return
        self.leave_signals()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        os.kill(os.getpid(), number)

    def leave_signals(self):
        if not self.restore or threading.current_thread() is not threading.main_thread():
            return
        restore, self.restore = self.restore, None
        for number, handler in restore.items():
            signal.signal(number, handler)

    def outcome(self):
        """finished where nothing of the input is left, stopped where something is."""
        done, failed, _ = self.state.counts()
        if self.state.total is None or done + failed < self.state.total:
            return "stopped"
        return "finished-with-failures" if failed else "finished"

    def leave(self):
        """Its loop was left in the middle: by `break`, or by an exception, which nobody can tell here. Where that ends the
        program, it is known at its exit; a program that goes on has left the run."""
        if self.closing:
            return
        self.is_left = True
        timer = threading.Timer(
            LEFT_SECONDS, lambda: set(self.in_flight) <= self.left_keys() and self.close()
        )
        timer.daemon, timer.name = True, "agent-jobs left"
        try:
            timer.start()
        except RuntimeError:
            pass  # the interpreter ends, and closes the run at its exit

    def give_up(self, reason):
        """Its loop gives no more items; those that threads still have in hand may be marked, the last of them ends it."""
        self.reason = self.reason or reason
        with self.mutex:
            self.is_left = self.is_given_up = True
            is_over = not self.in_flight
        if is_over:
            self.close()

    def left_keys(self):
        return {self.in_hand.key} if self.in_hand else set()

    def close(self, reason=None, error=None):
        """Ends the run and gives the job back. What is in hand and not marked stays in doubt."""
        if self.pid != os.getpid():
            return  # a forked process, in which a thread that is not there may hold the mutex
        with self.mutex:
            if self.closing:
                return
            self.closing = True
            ended_by = self.in_hand.key if error is not None and self.in_hand is not None else None
            members = {
                "run": self.run,
                "reason": self.reason or reason or self.outcome(),
                "signal": self.signal,
            }
            try:
                if ended_by is not None:
                    self.in_hand.failed(error)
                self.file.append(_encode("run-ended", time.time(), None, members), sync=True)
            except AgentJobsError as failure:
                _note(str(failure))  # it shows as a run without an end; the items matter more
            self.closed = True
        if self.path in _used:
            is_left = (
                self.in_flight
                or self.left
                or any(item.phase == "failed" for item in self.state.open.values())
            )
            _used[self.path].finished = self.exhausted and not is_left
        self.file.close()
        if not self.lock.is_borrowed:
            _remove(f"{self.path}.stop")
        self.lock.release()
        self.leave_signals()
        if self.executor:
            self.executor.shutdown(wait=False)
        with _sessions_mutex:
            if _sessions.get(self.path) is self:
                del _sessions[self.path]
        self._sum_up(members["reason"])
        if ended_by is not None:
            _note(
                f"{self.job}: {_id_text(ended_by)} failed, and its exception ended the loop. Run it again to go on from there; with `with item:` around what is done for an item, one that fails leaves the others going."
            )

    def _sum_up(self, reason):
        done, failed, _ = self.state.counts()
        left = [*self.left, *(self.in_flight if self.exhausted else ())]
        if left:
            first = ", ".join(_id_text(key) for key in left[:3]) + ("…" if len(left) > 3 else "")
            _note(
                f"{self.job}: {_plural(len(left), 'item')} left without done() or failed(), to be given again: {first}"
            )
        if failed:
            causes = collections.Counter(
                item.cause or "other" for item in self.state.open.values() if item.phase == "failed"
            )
            told = ", ".join(f"{count} {cause}" for cause, count in causes.most_common(4))
            _note(f"{self.job}: {done:,} done, {failed:,} failed ({told}); see {_short(self.path)}")
        if reason in ("stopped", "interrupted", "terminated"):
            _note(f"{self.job}: stopped with {done:,} done; run it again to go on.")


def _is_asyncios(handler):
    """Whether it is the handler that `asyncio.run` puts in place of Python's own, from 3.11 on."""
    return getattr(getattr(handler, "func", None), "__name__", "") == "_on_sigint"


def _short(path):
    """A path as a person would type it here."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if relative.startswith("..") else relative


def _close_at_exit():
    """What the program leaves open: the item in hand failed by what ended the program, or is in doubt."""
    error = getattr(sys, "last_value", None)
    for session in list(_sessions.values()):
        if isinstance(error, Exception):
            session.close("error", error)
        elif isinstance(error, KeyboardInterrupt):
            session.close("interrupted")
        else:
            session.close()


def _close_after_cell(result=None):
    """A notebook's cell has ended, and with it the loops in it."""
    error = getattr(result, "error_in_exec", None)
    for session in list(_sessions.values()):
        if session.is_background:
            continue
        if isinstance(error, KeyboardInterrupt):
            session.close("interrupted")
        elif isinstance(error, Exception):
            session.close("error", error)
        else:
            session.close()


_is_hooked = False


def _hook_ends():
    global _is_hooked
    if _is_hooked:
        return
    _is_hooked = True
    atexit.register(_close_at_exit)
    shell = getattr(builtins, "get_ipython", lambda: None)()
    if shell is not None and hasattr(shell, "events"):
        shell.events.register("post_run_cell", _close_after_cell)


# Where a job's checkpoint is ------------------------------------------------------------------------------------------


def _script():
    """(folder, name) of the program that runs; (None, None) in a notebook or at a prompt."""
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if file is None or "ipykernel" in sys.modules:
        return None, None
    spec = getattr(main, "__spec__", None)
    name = os.path.splitext(os.path.basename(file))[0]
    if name == "__main__" and spec is not None and spec.name.endswith(".__main__"):
        name = spec.name.split(".")[-2]  # python -m package
    return os.path.dirname(os.path.abspath(file)), name


def _place(job, checkpoint):
    """(name, path) of a job's checkpoint. Makes no folder."""
    for name, value in (("job", job), ("checkpoint", checkpoint)):
        if value is not None and not isinstance(value, (str, os.PathLike)):
            raise TypeError(f"Expected {name} to be a string, got {type(value).__name__}.")
    given_job, given = os.environ.get("AGENT_JOBS_JOB"), os.environ.get("AGENT_JOBS_CHECKPOINT")
    if os.environ.get("AGENT_JOBS_RUN_PID") != str(os.getppid()):
        given_job = given = None  # that of a program that launched this one
    if checkpoint is not None:
        path = os.path.abspath(os.fspath(checkpoint))
        return job or os.path.splitext(os.path.basename(path))[0], path
    if given and job in (None, given_job):  # launched as a job's command
        return given_job or os.path.splitext(os.path.basename(given))[0], os.path.abspath(given)
    folder, script = _script()
    name = job or script
    if not name:
        raise TypeError(
            'Expected a name for the job, as there is no script to name it after: pass job="nightly".'
        )
    if name != os.path.basename(name) or "\\" in name or name in (".", ".."):
        raise TypeError(
            f"Expected job to be a name without a folder, got {name!r}. Say where its checkpoint is with checkpoint=."
        )
    return name, os.path.join(folder or os.getcwd(), "checkpoints", f"{name}.jsonl")


def _prepared(path):
    """Makes the checkpoint's folder, kept out of version control where it is new; the path with links resolved."""
    folder = os.path.dirname(path)
    try:
        if not os.path.isdir(folder):
            first = folder
            while not os.path.isdir(os.path.dirname(first)):
                first = os.path.dirname(first)
            os.makedirs(folder, exist_ok=True)
            at = folder
            while len(at) >= len(first):  # their names are durable from the first that was made down
                _sync_folder(os.path.dirname(at))
                at = os.path.dirname(at)
            if os.path.basename(folder) == "checkpoints" and not os.listdir(folder):
                with open(os.path.join(folder, ".gitignore"), "x", encoding="utf-8") as file:
                    file.write("*\n")
    except FileExistsError:
        pass  # another run makes it at the same time
    except OSError as error:
        raise CheckpointWriteError(
            f"Cannot create the folder {folder}: {error}. Make its parent writable, or choose another checkpoint."
        ) from error
    return os.path.join(os.path.realpath(folder), os.path.basename(path))


# Items ----------------------------------------------------------------------------------------------------------------


class _Item:
    """An item that is begun: what its marks do."""

    def __init__(self, loop, item, key):
        self.loop = loop
        self.session = loop.session
        self.item = item
        self.key = key
        self.hash = _content_hash(item)  # before the loop changes anything in it
        self.attempt = self.session.start(key)
        self.begun = time.monotonic()
        self.is_ended = False
        self.spent = 0

    def elapsed_ms(self):
        return max(0, round((time.monotonic() - self.begun) * 1000))

    def done(self, result=None):
        """Records the item as finished; on the disk when it returns. A second mark does nothing."""
        result = _unwrapped(result)
        if self.is_ended:
            return
        line, text = self._finish_line(result)
        offset = self.session.file.append(line, sync=True)
        self._finished(offset, line, text)

    async def adone(self, result=None):
        """The same, while other coroutines go on."""
        result = _unwrapped(result)
        if self.is_ended:
            return
        import asyncio

        line, text = self._finish_line(result)
        entry = self.session.file.push(line, sync=True)
        offset = await asyncio.get_running_loop().run_in_executor(
            self.session.executor, self.session.file.flush, entry
        )
        self._finished(offset, line, text)

    def _finish_line(self, result):
        text = None if result is None else _Json(result)
        return self.session.finish_line(self, text), text

    def _finished(self, offset, line, text):
        self.is_ended = True
        # Given on as the checkpoint will give it back, so that a resumed run sees the same as one that was not killed.
        self.loop.take(self.key, None if text is None else json.loads(text.text))
        self.session.ended(self, (offset, len(line) - 1))

    def failed(self, error, cause=None):
        """Records that the item failed; a later run tries it again."""
        if self.is_ended:
            return
        line = self.session.fail_line(self, error, cause)
        self.session.file.append(line, sync=True)
        self.is_ended = True
        self.session.ended(self, None, json.loads(line)["cause"])


def _unwrapped(value):
    return value._agent_jobs.item if isinstance(value, _Marks) else value


def _plain(item):
    return item


class _Marks:
    """What an item of a loop has besides its own: `done`, `failed`, and `with item:`."""

    __slots__ = ()

    def done(self, result=None):
        """Records the item as finished, with a result that JSON can hold; on the disk when it returns."""
        self._agent_jobs.done(result)

    def failed(self, error, cause=None):
        """Records that the item failed, by an exception or a message; a later run tries it again."""
        self._agent_jobs.failed(error, cause)

    def __enter__(self):
        self._agent_jobs.token = _current.set(self._agent_jobs)
        return self

    def __exit__(self, kind, error, _):
        marks = self._agent_jobs
        try:
            _current.reset(marks.token)
        except ValueError:
            pass  # left in another task than it was entered in
        if error is None or not isinstance(error, Exception):
            return False
        if isinstance(error, AgentJobsError) and not isinstance(error, ItemsFailed):
            return False  # no other item would escape it either
        marks.failed(error)
        _note(f"{marks.session.job}: {_id_text(marks.key)} failed: {_shown(_redact(_text_of(error)))}")
        return True

    def __reduce__(self):
        return _plain, (self._agent_jobs.item,)  # in another process it is the item alone


class _DictItem(_Marks, dict):
    """A dict of the input: what the loop changes in it is changed in the input's as well."""

    def _through(name):
        of_dict = getattr(dict, name)

        def method(self, *args, **kwargs):
            of_dict(self._agent_jobs.item, *args, **kwargs)
            return of_dict(self, *args, **kwargs)

        method.__name__ = name
        return method

    for _name in ("__setitem__", "__delitem__", "update", "pop", "popitem", "setdefault", "clear", "__ior__"):
        if hasattr(dict, _name):
            vars()[_name] = _through(_name)
    del _name, _through


class _ObjectItem(_Marks):
    """Stands for any other object: all that is asked of it, the object itself answers."""

    __slots__ = ("_agent_jobs",)

    def __init__(self, marks):
        object.__setattr__(self, "_agent_jobs", marks)

    @property
    def __class__(self):
        return type(self._agent_jobs.item)

    def __getattr__(self, name):
        return getattr(self._agent_jobs.item, name)

    def __setattr__(self, name, value):
        setattr(self._agent_jobs.item, name, value)

    def __delattr__(self, name):
        delattr(self._agent_jobs.item, name)

    def __dir__(self):
        return [*dir(self._agent_jobs.item), "done", "failed"]

    def _asked(name):
        def method(self, *args, **kwargs):
            args = [_unwrapped(arg) for arg in args]
            return getattr(self._agent_jobs.item, name)(*args, **kwargs)

        method.__name__ = name
        return method

    for _name in (
        *(
            "repr",
            "str",
            "bytes",
            "format",
            "hash",
            "bool",
            "len",
            "iter",
            "next",
            "reversed",
            "contains",
            "call",
            "fspath",
        ),
        *(
            "getitem",
            "setitem",
            "delitem",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "int",
            "float",
            "index",
            "complex",
        ),
        *(
            "add",
            "radd",
            "sub",
            "rsub",
            "mul",
            "rmul",
            "truediv",
            "rtruediv",
            "and",
            "or",
            "xor",
            "neg",
            "abs",
            "array",
        ),
    ):
        vars()[f"__{_name}__"] = _asked(f"__{_name}__")
    del _name, _asked


def _bool(self):
    return bool(self._agent_jobs.item)


_ObjectItem.__bool__ = _bool
for _name, _ask in (
    ("__len__", len),
    ("__iter__", iter),
    ("__hash__", hash),
    ("__repr__", repr),
    ("__str__", str),
    ("__next__", next),
):
    setattr(_ObjectItem, _name, (lambda ask: lambda self: ask(self._agent_jobs.item))(_ask))
del _name, _ask, _bool

_marked_types = {}


def _marked(marks):
    """The item with its marks. One that has a `done` or `failed` of its own is given as it is: mark it with done()."""
    item = marks.item
    kind = type(item)
    if kind is dict:
        given = _DictItem(item)
    elif kind in (str, int, float, bytes) or isinstance(item, tuple):
        if hasattr(item, "done") or hasattr(item, "failed"):
            return item
        marked = _marked_types.get(kind)
        if marked is None:
            marked = _marked_types[kind] = type(
                kind.__name__, (_Marks, kind), {"__module__": kind.__module__}
            )
        given = tuple.__new__(marked, item) if isinstance(item, tuple) else kind.__new__(marked, item)
    elif hasattr(item, "done") or hasattr(item, "failed"):
        return item
    else:
        return _ObjectItem(marks)
    given._agent_jobs = marks
    return given


def _keys_by(key):
    """How an item's id is found."""
    if callable(key):
        return key
    if isinstance(key, str):
        return lambda item: _member(item, key)
    if key is not None:
        raise TypeError(f"Expected key to be the name of a member or a function, got {type(key).__name__}.")
    return _natural_id


def _member(item, name):
    if isinstance(item, collections.abc.Mapping):
        if name in item:
            return item[name]
    elif hasattr(item, name):
        return getattr(item, name)
    elif hasattr(item, "__getitem__") and not isinstance(item, (str, bytes)):
        try:
            return item[name]  # a row of pandas
        except (KeyError, TypeError, IndexError):
            pass
    raise TypeError(
        f"Expected each item to have {name!r}, which is its id, but one of type {type(item).__name__} has none. Name another with key=."
    )


def _natural_id(item):
    if isinstance(item, (str, int, pathlib.PurePath, uuid.UUID)) and not isinstance(item, bool):
        return item
    if isinstance(item, collections.abc.Mapping) and item.get("id") is not None:
        return item["id"]
    own = getattr(item, "id", None)
    if own is not None and not callable(own) and not isinstance(item, collections.abc.Mapping):
        return own
    raise TypeError(
        f'Expected an item of type {type(item).__name__} to have an `id`. Name what tells items apart: key="path", or key=lambda item: …'
    )


def _is_listed(items):
    """Whether the whole input can be looked at before the loop begins: it gives the same each time it is gone through."""
    if isinstance(items, (collections.abc.Sequence, collections.abc.Set, collections.abc.Mapping)):
        return True
    return (
        type(items).__module__.split(".")[0] in ("numpy", "pandas")
        and hasattr(items, "__len__")
        and not hasattr(items, "__next__")
    )


def _check_input(items):
    if isinstance(items, (str, bytes)):
        raise TypeError(f"Expected a list or another iterable of items, got one {type(items).__name__}.")
    if type(items).__name__ == "DataFrame":
        raise TypeError(
            'Expected rows, got a DataFrame, which gives its columns: pass df.itertuples() or df.to_dict("records").'
        )


# Loops ----------------------------------------------------------------------------------------------------------------


class Loop:
    """A loop over the items that are not done yet. `len()`: how many those are, where the input is a list."""

    def __init__(self, items, key, options, concurrency, site, fn=None):
        _check_input(items)
        self._key_of = _keys_by(key)
        self._into = _taker(options["into"])
        name, path = _place(options["job"], options["checkpoint"])
        self._listed = None
        if _is_listed(items):
            listed = [(item, self._keyed(item)) for item in items]
            _assert_distinct([key for _, key in listed])
            self._listed = listed
        self._items = items
        self._total = options["total"]
        if self._total is None and self._listed is None and hasattr(items, "__len__"):
            try:
                self._total = len(items)  # of tqdm, or of a data set
            except TypeError:
                pass
        path = _prepared(path)
        ids = None if self._listed is None else frozenset(key for _, key in self._listed)
        _claim(path, options, site, ids, fn)
        self.session = _open(path, name, concurrency, options)
        try:
            self._begin()
        except BaseException:
            self.session.close("error")
            raise
        self._iterated = False

    def _keyed(self, item):
        return _key_of(self._key_of(item))

    def _begin(self):
        session, state = self.session, self.session.state
        if self._listed is not None:
            present = {key for _, key in self._listed}
            session.set_total(len(present))
            session.note_presence(present)
        elif self._total is not None:
            session.set_total(self._total)
        if session.run == 1 and not state.done:
            return
        done, failed, in_doubt = state.counts()
        of = f" of {state.total:,}" if state.total is not None else ""
        again = [f"{in_doubt:,} in doubt"] * bool(in_doubt) + [f"{failed:,} failed"] * bool(failed)
        tried = f"; {' and '.join(again)} before, tried again" if again else ""
        _note(f"{session.job}: {done:,}{of} done before{tried}.")
        if self._listed is not None:
            changed = [
                key
                for item, key in self._listed
                if key in state.hashes and state.hashes[key] != (_content_hash(item) or state.hashes[key])
            ]
            if changed:
                first = ", ".join(_id_text(key) for key in changed[:3])
                _note(
                    f"{session.job}: {_plural(len(changed), 'finished item')} had another input when done ({first}{'…' if len(changed) > 3 else ''}); the results are kept. Clear {_short(session.path)} to do all anew."
                )

    def __len__(self):
        if self._listed is None:
            raise TypeError("how many items remain is not known before they were gone through")
        return sum(key not in self.session.state.done for _, key in self._listed)

    def __bool__(self):
        return True

    def __iter__(self):
        return self._given()

    def _given(self):
        outer = _current.get()  # of the loop around this one
        try:
            for item in self._begun():
                _current.set(item)
                self.session.in_hand = item
                try:
                    yield _marked(item)
                except GeneratorExit:
                    self.session.leave()
                    raise
                finally:
                    if _current.get() is item:
                        _current.set(outer)
                self.session.in_hand = None
                if not item.is_ended and _is_alone():
                    self.session.pass_over(item)
        except GeneratorExit:
            raise
        except BaseException as error:  # of the input, of the disk, or a stop: no more items are given
            interrupted = isinstance(error, KeyboardInterrupt)
            self.session.give_up(
                None if isinstance(error, Stopped) else "interrupted" if interrupted else "error"
            )
            raise

    def _begun(self):
        """The items that are to be done, each begun when it is asked for."""
        if self._iterated:
            raise AgentJobsError("This loop was gone through already. Call resume() again.")
        self._iterated = True
        session = self.session
        session.is_begun = True
        session.watch_signals()
        seen = set()
        for item, key in self._all():
            if session.stop_asked():
                raise session.stopped()
            if self._listed is None:
                if key in seen:
                    _assert_distinct([key, key])
                seen.add(key)
            if key in session.state.done:
                self._restore(key)
            else:
                session.assert_open()
                yield _Item(self, item, key)
        if session.stop_asked():
            raise session.stopped()
        if self._listed is None:
            session.set_total(len(seen))
            session.note_presence(seen)
        with session.mutex:
            session.exhausted = True
            is_over = not session.in_flight and not session.left
        if is_over:
            session.close()

    def _all(self):
        if self._listed is not None:
            yield from self._listed
            return
        for item in self._items:
            yield item, self._keyed(item)

    def _restore(self, key):
        if self._into is not None:
            self._into(key, self.session.result_at(self.session.state.done[key]))

    def take(self, key, result):
        if self._into is not None:
            with self.session.mutex:
                self._into(key, result)


def _assert_distinct(keys):
    counts = collections.Counter(keys)
    twice = [key for key, count in counts.items() if count > 1]
    if twice:
        shown = ", ".join(f'"{_id_text(key)}"' for key in twice[:5])
        raise DuplicateIds(
            f"The input has {'an id' if len(twice) == 1 else _plural(len(twice), 'id')} more than once: {shown}{'…' if len(twice) > 5 else ''}. Give each item its own id with key=."
        )


def _taker(into):
    """Where results are put as they come: a list, a dict by id, or a text file, a line each."""
    if into is None:
        return None
    if isinstance(into, collections.abc.MutableSequence):
        return lambda key, result: into.append(result)
    if isinstance(into, collections.abc.MutableMapping):
        return lambda key, result: into.__setitem__(_id_of(key), result)
    if callable(getattr(into, "write", None)):
        return lambda key, result: into.write(json.dumps(result, ensure_ascii=False) + "\n")
    raise TypeError(
        f"Expected into to be a list, a dict or a file opened for writing, got {type(into).__name__}."
    )


class _Use:
    """What of this program works on a checkpoint."""

    def __init__(self, site, ids, fn):
        self.site, self.ids, self.fn = site, ids, fn
        self.finished = False


def _claim(path, options, site, ids, fn):
    """Two loops of one program must not share a checkpoint by accident: each would take the other's items for done.

    A loop over models or prompts around one over documents is the common case, and looks like a retry. Told apart: the
    same function again, or the same loop over the same items of which some are left, is a retry.
    """
    before = _used.get(path)
    if before is None:
        _used[path] = _Use(site, ids, fn)
        return
    if _is_interactive() or options["again"]:
        return
    is_same = before.site == site and ids is not None and before.ids == ids
    is_named = bool(options["job"] or options["checkpoint"])
    may_be_retry = before.fn is fn if fn else not before.fn and not before.finished and (is_same or is_named)
    if not may_be_retry:
        file, line = before.site
        at = f", the first at {os.path.basename(file)}:{line}" if file else ""
        raise AgentJobsError(
            f'Two loops of this program would share the checkpoint {_short(path)}{at}, and take each other\'s items for done. Give each a name, such as job="extract" or job=f"{{model}}"; or pass again=True where it is one job that is gone through more than once.'
        )


def _open(path, job, concurrency, options):
    with _sessions_mutex:
        before = _sessions.get(path)
        if before is not None:
            is_over = before.exhausted or before.is_left or not before.is_begun
            if not (_is_interactive() or is_over or options["take_over"]):
                raise JobHeld(
                    f"Cannot open {path}: another loop of this program has it open. Let it end first."
                )
            before.close()
        _hook_ends()
        session = _sessions[path] = _Session(path, job, concurrency, options)
        return session


def _caller():
    frame = sys._getframe(2)
    return frame.f_code.co_filename, frame.f_lineno


def _site_of(fn):
    code = getattr(fn, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)


def _options(given):
    known = {
        "job": None,
        "checkpoint": None,
        "into": None,
        "total": None,
        "params": None,
        "changed": "refuse",
        "on_damage": "refuse",
        "take_over": False,
        "again": False,
    }
    unknown = set(given) - set(known)
    if unknown:
        raise TypeError(f"Unknown option {sorted(unknown)[0]!r}. There are: {', '.join(known)}.")
    options = {**known, **given}
    for name, values in (("changed", ("refuse", "keep")), ("on_damage", ("refuse", "continue"))):
        if options[name] not in values:
            raise TypeError(
                f"Expected {name} to be {' or '.join(repr(value) for value in values)}, got {options[name]!r}."
            )
    total = options["total"]
    if total is not None:
        if isinstance(total, bool) or not hasattr(total, "__index__") or int(total) < 0:
            raise TypeError(f"Expected total to be a count of items, got {total!r}.")
        options["total"] = int(total)
    if options["params"] is not None:
        _canonical(options["params"])
    return options


def resume(items, key=None, **options):
    """Gives the items that are not done yet, each with `done(result)` and `failed(error)`.

    items     a list, or any iterable; of a generator each item is looked at when it is asked for
    key       what tells items apart: a member's name or a function; left out: `id`, or the item itself (str, int, Path)
    job       names the job, and its checkpoint; left out: the script. Two loops in one script need two names
    checkpoint  the file, where it is not `checkpoints/JOB.jsonl` beside the script
    into      a list, dict or file (opened with "w", in UTF-8) that gets all results, those of earlier runs in their place
    total     how many items a generator gives, where that is known
    params    what results depend on (model, prompt, …): a change raises JobChanged, unless changed="keep"
    on_damage "continue" goes on over damaged lines, doing again what they may have held
    take_over True breaks the lock of a run that seems to live and does not
    again     True where one program goes through one job more than once, as a poll does

    Raises JobHeld, CheckpointDamaged, UnfitCheckpoint, CheckpointWriteError, DuplicateIds, JobChanged; and, out of the
    loop, Stopped where somebody asked the run to stop.
    """
    return Loop(items, key, _options(options), 1, _caller())


def map(fn, items, key=None, concurrency=1, return_exceptions=False, **options):  # noqa: A001
    """Calls `fn` for the items that are not done yet, `concurrency` at a time in threads.

    Returns a list in the order of the input, with the results of earlier runs in it, as JSON gives them. What `fn`
    raises is recorded, and the other items go on; at the end ItemsFailed is raised, or, with return_exceptions, the
    exception is in the result's place. Options are those of `resume`.
    """
    _check_concurrency(concurrency)
    return _Mapping(fn, items, key, concurrency, return_exceptions, options, _caller()).run()


async def amap(fn, items, key=None, concurrency=32, return_exceptions=False, **options):
    """The same for a coroutine function, `concurrency` at a time in one thread."""
    _check_concurrency(concurrency)
    return await _Mapping(
        fn,
        items,
        key,
        concurrency,
        return_exceptions,
        options,
        _site_of(fn),
    ).arun()


def _check_concurrency(concurrency):
    if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
        raise TypeError(f"Expected concurrency to be an integer of at least 1, got {concurrency!r}.")


class _Mapping:
    """One call of `map` or `amap`."""

    def __init__(self, fn, items, key, concurrency, return_exceptions, options, site):
        if not callable(fn):
            raise TypeError(f"Expected a function, got {type(fn).__name__}.")
        self.fn = fn
        self.concurrency = concurrency
        self.return_exceptions = return_exceptions
        options = _options(options)
        self.taken = _taker(options["into"])
        self.order = []
        self.outcomes = {}
        self.failures = {}
        self.loop = Loop(items, key, {**options, "into": self.outcomes_by_key()}, concurrency, site, fn)
        self.session = self.loop.session
        self.session.is_background = True
        self.mutex = threading.Lock()
        self.begun = self._ordered()

    def outcomes_by_key(self):
        mapping = self

        class ByKey(dict):
            def __setitem__(self, id_, result):
                mapping.outcomes[_key_of(id_)] = result

        return ByKey()

    def _ordered(self):
        """The items to do; on the way the order of all of them."""
        all_ = self.loop._all

        def noted():
            for item, key in all_():
                self.order.append(key)
                yield item, key

        self.loop._all = noted
        return self.loop._begun()

    def run(self):
        if self.concurrency == 1:
            return self._ended(self._work())
        threads, errors = [], []

        def work():
            error = self._work()
            if error is not None:
                errors.append(error)

        for n in range(self.concurrency):
            thread = threading.Thread(
                target=contextvars.copy_context().run,
                args=(work,),
                name=f"agent-jobs map {n + 1}",
                daemon=True,
            )
            threads.append(thread)
        self.session.watch_signals()  # only the main thread can
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)  # a signal is seen in between
        return self._ended(_foremost(errors))

    def _next(self):
        with self.mutex:
            return next(self.begun, None)

    def _work(self):
        """Does items until there are none. Returns what ends the whole call."""
        try:
            while True:
                item = self._next()
                if item is None:
                    return None
                token = _current.set(item)
                try:
                    self._one(item)
                finally:
                    _current.reset(token)
        except BaseException as error:
            if self.session.reason is None and not isinstance(error, Stopped):
                self.session.reason = "interrupted" if isinstance(error, KeyboardInterrupt) else "error"
            return error

    def _one(self, item):
        try:
            result = self.fn(item.item)
            if inspect.isawaitable(result):
                getattr(result, "close", lambda: None)()
                raise WrongFunction(
                    "Expected a function, got one that gives a coroutine: use `await amap(fn, items)`."
                )
            item.done(result)
        except Exception as error:
            self._failed(item, error)

    def _failed(self, item, error):
        if isinstance(error, AgentJobsError) and not isinstance(error, ItemsFailed):
            raise error  # no other item would escape it either
        item.failed(error)
        self.failures[item.key] = error

    async def arun(self):
        import asyncio
        import concurrent.futures

        self.session.executor = concurrent.futures.ThreadPoolExecutor(
            1, thread_name_prefix="agent-jobs append"
        )
        self.session.watch_signals()

        async def work():
            """Does items until there are none. Returns what ends the whole call: raised in a task, an exit ends the loop at once."""
            while True:
                try:
                    item = self._next()
                    if item is None:
                        return None
                    _current.set(item)
                    try:
                        result = self.fn(item.item)
                        if not inspect.isawaitable(result):
                            raise WrongFunction(
                                "Expected a coroutine function, got another: use `map(fn, items)`."
                            )
                        await item.adone(await result)
                    except Exception as error:
                        self._failed(item, error)
                except (Exception, Stopped) as error:
                    if not isinstance(error, Stopped):
                        self.session.reason = self.session.reason or "error"
                    return error

        tasks = [asyncio.ensure_future(work()) for _ in range(self.concurrency)]
        try:
            outcomes = await asyncio.gather(*tasks)
        except BaseException:  # cancelled: what is in hand stays in doubt
            for task in tasks:
                task.cancel()
            self.session.reason = self.session.reason or "interrupted"
            self.session.close()
            raise
        return self._ended(_foremost(outcomes))

    def _ended(self, error):
        """Closes the run, and gives the results, or raises."""
        self.session.exhausted = error is None
        self.session.close()
        if error is not None:
            raise error
        if self.taken:
            for key in self.order:
                if key in self.outcomes:
                    self.taken(key, self.outcomes[key])
        if self.failures and not self.return_exceptions:
            listed = [self.outcomes.get(key) for key in self.order]
            first = next(iter(self.failures.items()))
            raise ItemsFailed(
                f"{_plural(len(self.failures), 'item')} of {len(self.order):,} failed, the others are done; the first, {_id_text(first[0])}: {_shown(_redact(_text_of(first[1])))}. Run it again to try them again.",
                {_id_of(key): failure for key, failure in self.failures.items()},
                listed,
            ) from first[1]
        return [self.failures[key] if key in self.failures else self.outcomes.get(key) for key in self.order]


def _foremost(errors):
    """What ended a call: an error rather than the stop that it means for the other workers."""
    errors = sorted(
        (error for error in errors if error is not None), key=lambda error: isinstance(error, Stopped)
    )
    return errors[0] if errors else None


def _item_in_hand(what):
    item = _current.get()
    if item is None:
        raise AgentJobsError(
            f"{what} is called within an item: in the body of a loop over resume(), in the function of map or amap, or in `with doc:`."
        )
    return item


def done(result=None):
    """Marks the item in hand as finished, where the loop unpacks its items: `for i, row in resume(df.iterrows(), …)`."""
    _item_in_hand("done()").done(result)


def failed(error, cause=None):
    """Records that the item in hand failed."""
    _item_in_hand("failed()").failed(error, cause)


def usage(reply):
    """Records what a call took: an Anthropic or OpenAI reply, or `{"inputTokens": …, "outputTokens": …, "usd": …}`."""
    item = _item_in_hand("usage()")
    if item.is_ended:
        raise AgentJobsError("usage() comes before done(): what an item took is recorded until it is done.")
    told = _usage_of(reply)
    item.spent += 1
    members = {"run": item.session.run, "attempt": item.attempt, "n": item.spent, "usage": told}
    item.session.record("spent", item.key, members)


def step(name, inputs, fn):
    """Gives the recorded result of this step of the item in hand, or calls `fn` and records what it returns.

    inputs: all that the result depends on, as JSON: a change of any of it is another step.
    """
    item, op, known = _known_step("step()", name, inputs)
    if known is not None:
        return item.session.result_at(known)
    begun = time.monotonic()
    value = fn()
    if inspect.isawaitable(value):
        getattr(value, "close", lambda: None)()
        raise TypeError(
            "Expected a function, got one that gives a coroutine: use `await astep(name, inputs, fn)`."
        )
    return _record_step(item, name, op, value, begun)


async def astep(name, inputs, fn):
    """The same for a coroutine function."""
    item, op, known = _known_step("astep()", name, inputs)
    if known is not None:
        return item.session.result_at(known)
    begun = time.monotonic()
    return _record_step(item, name, op, await fn(), begun)


def _known_step(what, name, inputs):
    if not isinstance(name, str):
        raise TypeError(f"Expected a step's name to be a string, got {type(name).__name__}.")
    item = _item_in_hand(what)
    op = _sha256(_canonical([name, inputs]))
    return item, op, item.session.state.steps.get(item.key, {}).get(op)


def _record_step(item, name, op, value, begun):
    text = None if value is None else _Json(value)
    ms = max(0, round((time.monotonic() - begun) * 1000))
    members = {
        "run": item.session.run,
        "attempt": item.attempt,
        "step": name,
        "op": op,
        "result": text,
        "ms": ms,
    }
    place = item.session.record("step", item.key, members, sync=True)
    with item.session.mutex:
        item.session.state.steps.setdefault(item.key, {})[op] = place
    return None if text is None else json.loads(text.text)


def results(job=None, checkpoint=None):
    """The results of all finished items so far, by id; also while the job runs. Raises FileNotFoundError."""
    _, path = _place(job, checkpoint)
    path = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    state = _load(path)
    found = {}
    with open(path, "rb") as file:
        for key, (offset, length) in state.done.items():
            file.seek(offset)
            found[_id_of(key)] = _decoded(file.read(length).decode()).get("result")
    return found


# The command line -----------------------------------------------------------------------------------------------------

_USAGE = """usage: python -m agent_jobs status PATH… [--json]
       python -m agent_jobs repair PATH [--dry-run | --yes]

  status   what is done, failed and in doubt in checkpoints, or in the folders of them
  repair   says what is damaged and what a repair keeps and drops, then asks; the original is kept

All commands on all formats: the agent-jobs command line and the VS Code extension Agent Jobs.
Exit codes: 0 in order, 2 wrong usage or unreadable, 3 damaged, 4 held by a run, 74 cannot write."""


def main(arguments=None):
    """`python -m agent_jobs`; returns the exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    flags = [word for word in arguments if word.startswith("-")]
    words = [word for word in arguments if not word.startswith("-")]
    allowed = {"status": {"--json"}, "repair": {"--dry-run", "--yes"}}
    if not arguments or {"-h", "--help"} & set(flags):
        print(_USAGE)
        return 0 if arguments else 2
    command, paths = (words[0] if words else ""), words[1:]
    if (
        command not in allowed
        or not paths
        or set(flags) - allowed[command]
        or (command == "repair" and len(paths) > 1)
    ):
        wrong = sorted(set(flags) - allowed.get(command, set()))
        what = (
            f"Unknown command {command!r}."
            if command not in allowed
            else f"Unknown flag {wrong[0]}."
            if wrong
            else f"Name {'one checkpoint' if command == 'repair' else 'a checkpoint or a folder'}."
        )
        print(f"{what}\n{_USAGE}", file=sys.stderr)
        return 2
    try:
        return _status(paths, "--json" in flags) if command == "status" else _repair(paths[0], flags)
    except JobHeld as error:
        print(error, file=sys.stderr)
        return 4
    except CheckpointWriteError as error:
        print(error, file=sys.stderr)
        return 74
    except AgentJobsError as error:
        print(error, file=sys.stderr)
        return 2


def _checkpoints_in(path):
    if not os.path.isdir(path):
        return [path]
    folder = os.path.join(path, "checkpoints")
    folder = folder if os.path.isdir(folder) else path
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".jsonl"))


def _status(paths, as_json):
    jobs, code = [], 0
    for path in (found for named in paths for found in _checkpoints_in(named)):
        try:
            state = _load(path)
        except (OSError, AgentJobsError) as error:
            print(f"Cannot read {path}: {error}", file=sys.stderr)
            code = 2
            continue
        holder, age = _lock_content(f"{path}.lock")
        runs = bool(holder) and (holder.get("host") != socket.gethostname() or _look_at(holder["pid"])[0])
        done, failed, in_doubt = state.counts()
        in_flight = 0
        if runs:
            in_flight = sum(
                item.phase == "started" and item.run == state.latest_run for item in state.open.values()
            )
            in_doubt -= in_flight
        remaining = None if state.total is None else max(0, state.total - done - failed - in_doubt)
        damaged = state.damaged > 0
        if state.format == "unknown":
            progress = "unreadable"
        elif runs:
            progress = "running"
        elif state.format == "empty" and not state.runs:
            progress = "empty"
        elif remaining != 0 or in_doubt:
            progress = "stopped"
        else:
            progress = "finished-with-failures" if failed else "finished"
        name = state.job or os.path.splitext(os.path.basename(path))[0]
        if damaged and code != 2:
            code = 3
        faults = [
            {"line": line, "offsetBytes": offset, "lengthBytes": length, "residue": residue}
            for line, offset, length, residue, _ in state.faults
        ]
        jobs.append(
            {
                **{
                    "job": name,
                    "checkpoint": path,
                    "format": state.format,
                    "state": progress,
                    "damaged": damaged,
                    "total": state.total,
                    "done": done,
                },
                **{
                    "failed": failed,
                    "inDoubt": in_doubt,
                    "remaining": remaining,
                    "inFlight": in_flight,
                    "tornTail": state.torn_tail,
                    "faults": faults,
                },
            }
        )
        if not as_json:
            of = f" of {state.total:,}" if state.total is not None else ""
            damage = f"; {_plural(state.damaged, 'damaged line')}" if damaged else ""
            parts = [
                f"{done:,}{of} done",
                *([f"{failed:,} failed"] if failed else []),
                *([f"{in_doubt:,} in doubt"] if in_doubt else []),
            ]
            parts += [f"{in_flight:,} in flight"] if in_flight else []
            print(f"{_shown(name)}: {', '.join(parts)}; {progress}{damage}")
    if as_json:
        print(json.dumps({"jobs": jobs}, indent=2))
    return code


def _repair(path, flags):
    try:
        found = os.lstat(path)
        state = _load(path)
    except OSError as error:
        print(f"Cannot read {path}: {error}. Name a checkpoint.", file=sys.stderr)
        return 2
    if state.format not in ("agent-jobs", "empty") or state.version > FORMAT_VERSION:
        raise UnfitCheckpoint(
            f"Will not repair {path}: this file repairs checkpoints of format version {FORMAT_VERSION} of Agent Jobs alone. Use `agent-jobs repair`."
        )
    if not state.damaged and not state.open_tail:
        print(f"{path} is in order; there is nothing to repair.")
        return 0
    dropped = [fault for fault in state.faults] if state.damaged else []
    for line, _, length, residue, ranges in dropped:
        kept = f"; {_plural(len(ranges), 'whole record')} in it kept" if ranges else ""
        print(
            f"line {line}: {length:,} bytes {'left by a crash that was survived, ' if residue else ''}dropped{kept}"
        )
    if state.open_tail:
        print("The last line gets its newline.")
    print(
        f"All {_plural(len(state.done), 'finished item')} stay done."
        if state.done
        else "No item counts as done before or after."
    )
    if "--dry-run" in flags:
        return 3 if state.damaged else 0
    if "--yes" not in flags:
        if not sys.stdin.isatty():
            print("Nothing was changed: pass --yes to repair.", file=sys.stderr)
            return 5
        if input("Repair it? [y/N] ").strip().lower() not in ("y", "yes"):
            print("Nothing was changed.")
            return 0
    path = os.path.join(os.path.realpath(os.path.dirname(os.path.abspath(path))), os.path.basename(path))
    lock = _Lock(f"{path}.lock")
    try:
        backup = _carry_out(path, found, state, dropped)
    except OSError as error:
        raise CheckpointWriteError(f"Cannot repair {path}: {error}. It is as it was.") from error
    finally:
        lock.release()
    print(f"Repaired. The original is {backup}." if backup else "Repaired.")
    return 0


def _carry_out(path, found, state, dropped):
    """Writes the repaired file beside the original, and puts it in its place in one step. Gives the backup's path."""
    now = os.lstat(path)
    if (now.st_ino, now.st_size, now.st_mtime_ns) != (found.st_ino, found.st_size, found.st_mtime_ns):
        raise UnfitCheckpoint(
            f"Will not repair {path}: something wrote to it meanwhile. It was left as it is; look again."
        )
    if not dropped:  # the smallest repair of all
        fd = _open_plain(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(fd, b"\n")
            _sync_data(fd)
        finally:
            os.close(fd)
        return None
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    number = 1
    while os.path.lexists(f"{path}.bak-{stamp}{'' if number == 1 else f'-{number}'}"):
        number += 1
    stamp += "" if number == 1 else f"-{number}"
    draft, sidecar = f"{path}.draft-{uuid.uuid4()}", f"{path}.dropped-{stamp}"
    try:
        with open(path, "rb") as source, open(draft, "xb") as target, open(sidecar, "xb") as aside:
            at = 0
            for _, offset, length, _, ranges in [*dropped, (0, state.size, 0, False, [])]:
                _copy(source, target, at, offset)
                begun = 0
                for start, end in ranges:
                    _copy(source, aside, offset + begun, offset + start, b"\n" if start > begun else b"")
                    _copy(source, target, offset + start, offset + end, b"\n")
                    begun = end
                if length > begun:
                    _copy(source, aside, offset + begun, offset + length, b"\n")
                at = min(offset + length + 1, state.size)
            if state.open_tail:
                target.write(b"\n")
            for file in (target, aside):
                file.flush()
                os.fsync(file.fileno())
        os.chmod(draft, stat.S_IMODE(found.st_mode))
        backup = f"{path}.bak-{stamp}"
        try:
            os.link(path, backup)
        except OSError:
            import shutil

            shutil.copy2(path, backup)
        os.replace(draft, path)
        _sync_folder(os.path.dirname(path))
        return backup
    except BaseException:
        _remove(draft)
        raise


def _copy(source, target, start, end, then=b""):
    source.seek(start)
    while start < end:
        part = source.read(min(1024 * 1024, end - start))
        if not part:
            break
        target.write(part)
        start += len(part)
    target.write(then)


if __name__ == "__main__":
    sys.exit(main())
