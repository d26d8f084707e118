"""Summarizes a month of support tickets."""
import json
from pathlib import Path

from agent_jobs import resume
from model import ask
from tqdm import tqdm

PROMPT = "Summarize this support ticket in one sentence."

tickets = json.loads(Path("tickets.json").read_text(encoding="utf-8"))
summaries = []

for ticket in tqdm(resume(tickets, into=summaries), desc="tickets"):
    reply = ask(f"{PROMPT}\n\n{ticket['id']}: {ticket['text']}")
    ticket.done({"id": ticket["id"], "summary": reply})

Path("summaries.json").write_text(json.dumps(summaries, indent=1), encoding="utf-8")
print(f"{len(summaries)} of {len(tickets)} tickets summarized")
