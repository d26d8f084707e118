"""Translates the strings of an interface, with retries of its own where the service says to come back later."""
import json
import os
import sys
import time

from agent_jobs import done, resume
from model import RateLimitError, ask

MAX_TRIES = 5
FIRST_WAIT = float(os.environ.get("FIRST_WAIT", "1"))


def ask_with_retries(prompt):
    for tries in range(MAX_TRIES):
        try:
            return ask(prompt)
        except RateLimitError as error:
            wait = FIRST_WAIT * 2**tries
            print(f"{error}; waiting {wait:g} s", file=sys.stderr)
            time.sleep(wait)
    raise SystemExit(f"gave up after {MAX_TRIES} tries")


with open("strings.en.json", encoding="utf-8") as file:
    strings = json.load(file)
translated = {}

for name, text in resume(strings.items(), key=lambda entry: entry[0], into=translated):
    done(ask_with_retries(f"Into German, the string {name}: {text}"))

with open("strings.de.json", "w", encoding="utf-8") as file:
    json.dump(translated, file, indent=2, ensure_ascii=False)
print(f"{len(translated)} strings translated")
