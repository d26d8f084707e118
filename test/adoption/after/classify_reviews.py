"""Classifies product reviews, a few calls at a time."""
import argparse
import asyncio
import csv
import json
from collections import Counter

from agent_jobs import amap
from model import ask_async


async def classify(review, limit):
    async with limit:
        label = await ask_async(f"Is this review late, refund, login, …?\n\n{review['id']}: {review['text']}")
    return {"id": review["id"], "label": label.split()[0]}


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reviews")
    parser.add_argument("--out", default="labels.json")
    parser.add_argument("--parallel", type=int, default=4)
    args = parser.parse_args()

    with open(args.reviews, newline="", encoding="utf-8") as file:
        reviews = list(csv.DictReader(file))
    limit = asyncio.Semaphore(args.parallel)
    labels = await amap(lambda review: classify(review, limit), reviews, concurrency=args.parallel)

    with open(args.out, "w", encoding="utf-8") as file:
        json.dump(labels, file, indent=1)
    for label, count in Counter(each["label"] for each in labels).most_common():
        print(f"{count:4} {label}")


asyncio.run(main())
