"""Reads what invoices say into a table, with a pool of threads."""
import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from model import ask

FIELDS = ["invoice", "vendor", "total"]


def extract(path):
    text = path.read_text(encoding="utf-8")
    vendor, total = ask(f"Vendor and total of invoice {path.stem}:\n\n{text}").split()
    return {"invoice": path.stem, "vendor": vendor, "total": total}


def main():
    paths = sorted(Path("invoices").glob("*.txt"))
    print(f"{len(paths)} invoices")
    with ThreadPoolExecutor(max_workers=4) as pool:
        rows = list(pool.map(extract, paths))

    with open("invoices.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} rows written to invoices.csv")


if __name__ == "__main__":
    main()
