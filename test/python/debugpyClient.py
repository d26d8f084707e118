"""A client of debugpy as an editor is one: has it listen, starts what connects to it, stops at a line, goes on.

    debugpyClient.py CONFIGURATION FILE LINE COMMAND…      `{address}` in the command is where debugpy listens

Prints what the expression `value` is at that line, once it has been held there for a second.
"""
import json
import subprocess
import sys
import time

configuration, file, line, *command = sys.argv[1:]
adapter = subprocess.Popen(
    [sys.executable, "-m", "debugpy.adapter"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
)
sent = 0


def send(command, **arguments):
    global sent
    sent += 1
    body = json.dumps({"seq": sent, "type": "request", "command": command, "arguments": arguments}).encode()
    adapter.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    adapter.stdin.flush()


def receive():
    length = 0
    while header := adapter.stdout.readline().strip():
        if header.lower().startswith(b"content-length"):
            length = int(header.split(b":")[1])
    return json.loads(adapter.stdout.read(length)) if length else sys.exit("debugpy ended")


started = thread = None
send("initialize", adapterID="debugpy", pathFormat="path", linesStartAt1=True)
while True:
    message = receive()
    name = message.get("event") or message["command"]
    body = message.get("body") or {}
    if message["type"] == "response" and not message["success"]:
        sys.exit(f"{name}: {message.get('message')}")
    if message["type"] == "response":
        if name == "initialize":
            send("attach", **json.loads(configuration))
        elif name == "stackTrace":
            send("evaluate", expression="value", frameId=body["stackFrames"][0]["id"], context="repl")
        elif name == "evaluate":
            print(body["result"], flush=True)
            time.sleep(1)
            send("continue", threadId=thread)
    elif name == "debugpyWaitingForServer":
        address = f"{body['host']}:{body['port']}"
        started = subprocess.Popen([part.replace("{address}", address) for part in command], stdout=sys.stderr)
    elif name == "initialized":
        send("setBreakpoints", source={"path": file}, breakpoints=[{"line": int(line)}])
        send("configurationDone")
    elif name == "stopped":
        thread = body["threadId"]
        send("stackTrace", threadId=thread, levels=1)
    elif name == "terminated":
        break
adapter.terminate()
sys.exit(started.wait())
