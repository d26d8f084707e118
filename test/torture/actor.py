"""The Python writer in a process of its own, which does what actor.main.ts and writer.main.ts do.

    actor.py append FILE COUNT BYTES     one record after another, going on after failures, then closes
    actor.py flood FILE CALLERS BYTES    so many threads at the same time, until a write fails
    actor.py serve FILE                  obeys orders from its standard input, a JSON line each, and answers each

With --wait it first says which thread writes, and waits until its standard input says something.
"""

import errno
import json
import os
import sys
import threading
import traceback

import agent_jobs

OPTIONS = {"params": None, "changed": "refuse", "on_damage": "refuse", "take_over": False}
say_mutex = threading.Lock()
agent_jobs._note = lambda text: None  # what a person reads is of no use here


def say(said):
    # In one call, at once: what a pipe holds is known even if this process is killed right after.
    with say_mutex:
        os.write(1, (json.dumps(said) + "\n").encode())


def open_session(path, job="torture", **options):
    path = agent_jobs._prepared(os.path.abspath(path))
    return agent_jobs._Session(path, job, 1, {**OPTIONS, **options})


def append(session, item_id, bytes_):
    key = json.dumps(item_id)
    result = {"of": item_id, "filler": "x" * bytes_}
    try:
        session.file.append(
            agent_jobs._encode("done", 1795233600, key, {"result": result, "run": 1}), sync=True
        )
        say({"acknowledged": key})
        return True
    except agent_jobs.AgentJobsError as error:
        say(
            {
                "rejected": key,
                "code": error.code,
                "systemCode": errno.errorcode.get(getattr(error, "errno", None), ""),
            }
        )
        return False


def write(mode, path, count, bytes_):
    session = open_session(path)
    if mode == "append":
        for i in range(count):
            append(session, f"{os.getpid()}-{i}", bytes_)
    else:

        def flood(caller):
            i = 0
            while append(session, f"{os.getpid()}-{caller}-{i}", bytes_):
                i += 1

        threads = [threading.Thread(target=flood, args=(caller,)) for caller in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    session.close()


class Server:
    """Takes locks, appends and reads as it is told."""

    def __init__(self, path):
        self.path = path
        self.lock = None
        self.session = None

    def obey(self, order):
        path = order.get("path", self.path)
        what = order["do"]
        if what == "lock":
            self.lock = agent_jobs._Lock(f"{path}.lock", order.get("takeOver", False))
            return {"token": self.lock.token}
        if what == "unlock":
            self.lock.release()
        elif what == "open":
            job = order.get("job", "job")
            self.session = open_session(path, job, take_over=order.get("takeOver", False))
            return {"token": self.session.lock.token}
        elif what == "append":
            session = self.session
            entries = [
                session.file.push(
                    agent_jobs._encode("done", 1795233600, agent_jobs._key_of(item_id), {"run": session.run}),
                    True,
                )
                for item_id in order["ids"]
            ]
            for entry in entries:
                session.file.flush(entry)
        elif what == "close":
            self.session.close()
        elif what == "load":
            state = agent_jobs._load(path)
            faults = [[line, offset, length, residue] for line, offset, length, residue, _ in state.faults]
            told = {
                "done": list(state.done),
                "faults": faults,
                "damaged": state.damaged,
                "format": state.format,
            }
            return {**told, "tornTail": state.torn_tail, "total": state.total, "counts": state.counts()}
        return {}


def serve(path):
    server = Server(path)
    say("ready")
    for line in sys.stdin:
        try:
            say(server.obey(json.loads(line)))
        except agent_jobs.AgentJobsError as error:
            say({"code": error.code, "message": str(error)})
    os._exit(0)


def main():
    mode, path, *rest = [word for word in sys.argv[1:] if word != "--wait"]
    if "--wait" in sys.argv:
        say({"main": os.getpid(), "pool": os.getpid()})
        sys.stdin.readline()
    if mode == "serve":
        serve(path)
    write(mode, path, int(rest[0]), int(rest[1]))
    say({"ended": True, "maxRssMiB": 0})


try:
    main()
except Exception as error:
    say({"threw": f"{getattr(error, 'code', '')} {traceback.format_exc()}"})
    sys.exit(1)
