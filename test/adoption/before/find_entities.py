"""Finds the people and places that articles name: JSON Lines in, JSON Lines out."""
import argparse
import json

from model import ask

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("articles")
parser.add_argument("out")
args = parser.parse_args()

with open(args.articles, encoding="utf-8") as src, open(args.out, "w", encoding="utf-8") as out:
    for line in src:
        article = json.loads(line)
        reply = ask(f"People and places in {article['id']}, one a line:\n\n{article['body']}")
        found = {"id": article["id"], "title": article["title"], "entities": reply.split()}
        out.write(json.dumps(found, ensure_ascii=False) + "\n")

print(f"entities are in {args.out}")
