"""Reviews contracts: what is risky in each, and what to ask for."""
import json
from pathlib import Path

from model import ask


class ContractReviewer:
    def __init__(self, source, target):
        self.source = Path(source)
        self.target = Path(target)
        self.reviews = {}

    def contracts(self):
        return json.loads(self.source.read_text(encoding="utf-8"))

    def review(self, contract):
        risk = ask(f"The largest risk in contract {contract['id']}:\n\n{contract['text']}")
        advice = ask(f"What to ask for in contract {contract['id']}, given {risk}?")
        return {"risk": risk, "advice": advice}

    def run(self):
        for contract in self.contracts():
            self.reviews[contract["id"]] = self.review(contract)
        self.target.write_text(json.dumps(self.reviews, indent=1), encoding="utf-8")


if __name__ == "__main__":
    reviewer = ContractReviewer("contracts.json", "reviews.json")
    reviewer.run()
    print(f"{len(reviewer.reviews)} contracts reviewed")
