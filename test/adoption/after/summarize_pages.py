"""Writes a summary of each page of a site's export, which comes in parts that are read one after another."""
import json
from pathlib import Path

from agent_jobs import resume
from model import ask

OUT = Path("summaries")


def pages():
    for part in sorted(Path("export").glob("part-*.json")):
        for page in json.loads(part.read_text(encoding="utf-8"))["pages"]:
            yield page


def main():
    OUT.mkdir(exist_ok=True)
    for page in resume(pages(), key="url"):
        summary = ask(f"Summarize {page['url']}:\n\n{page['text']}")
        name = page["url"].rsplit("/", 1)[-1]
        (OUT / f"{name}.md").write_text(f"# {page['url']}\n\n{summary}\n", encoding="utf-8")
        page.done()
    print(f"{len(list(OUT.glob('*.md')))} summaries")


main()
