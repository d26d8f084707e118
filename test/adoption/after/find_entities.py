"""Finds the people and places that articles name: JSON Lines in, JSON Lines out."""
import argparse
import json

from agent_jobs import resume
from model import ask

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("articles")
parser.add_argument("out")
args = parser.parse_args()

with open(args.articles, encoding="utf-8") as src, open(args.out, "w", encoding="utf-8") as out:
    for article in resume(map(json.loads, src), into=out):
        reply = ask(f"People and places in {article['id']}, one a line:\n\n{article['body']}")
        found = {"id": article["id"], "title": article["title"], "entities": reply.split()}
        article.done(found)

print(f"entities are in {args.out}")
