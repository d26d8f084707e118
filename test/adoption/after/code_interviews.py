"""Codes interviews in two passes: notes of each, then each against the themes of all."""
import json
from pathlib import Path

from agent_jobs import map
from model import ask


def take_notes(interview):
    return {"id": interview["id"], "notes": ask(f"Notes of interview {interview['id']}:\n\n{interview['text']}")}


def code(noted, themes):
    reply = ask(f"Which of {', '.join(themes)} is {noted['id']}? {noted['notes']}")
    return {"id": noted["id"], "theme": reply.split()[0]}


def main():
    interviews = json.loads(Path("interviews.json").read_text(encoding="utf-8"))
    notes = map(take_notes, interviews, job="take_notes")
    themes = sorted({each["notes"].split()[0] for each in notes})
    print(f"{len(themes)} themes: {', '.join(themes)}")
    coded = map(lambda noted: code(noted, themes), notes, job="code")
    Path("coded.json").write_text(json.dumps(coded, indent=1), encoding="utf-8")
    print(f"{len(coded)} interviews coded")


if __name__ == "__main__":
    main()
