# SPDX-License-Identifier: Apache-2.0
"""Results: one JSON line a case in a file, and the one table that is made of them."""

from support import results

# heading, key, width; numbers are summed in the last line.
COLUMNS = (
    ("case", "case", 44), ("form", "form", 5), ("seed", "seed", 5), ("faults", "faults", 6), ("sent", "sent", 8),
    ("arrived", "arrived", 8), ("lost", "lost", 4), ("dup", "duplicates", 6), ("bound", "bound", 7),
    ("order", "order_violations", 5), ("absent", "marked_but_absent", 6),
    ("innoc", "innocent_retries", 5), ("healed s", "seconds_to_backlog_0", 8),
    ("+MB", "memory_mb", 5), ("+fd", "descriptors", 3),
    ("took s", "took", 6), ("verdict", "verdict", 12),
)
SUMMED = ("faults", "sent", "arrived", "lost", "duplicates", "bound", "order_violations",
          "marked_but_absent", "innocent_retries", "took")

# The columns of docs/guarantees.md.
DOCUMENTED = {
    "case": "case", "faults": "faults", "sent": "sent", "lost": "lost", "duplicates": "duplicates",
    "bound": "bound", "order_violations": "out of order", "marked_but_absent": "absent",
    "innocent_retries": "innocent attempts", "seconds_to_backlog_0": "s to backlog 0",
    "memory_mb": "+MB", "descriptors": "+fd",
}


class Results(results.Results):
    KEY = ("case", "seed", "form")

    def last_seed(self):
        """That of the newest line; None when there is none."""
        lines = self.lines()
        return lines[-1]["seed"] if lines else None


def verdict(row, limits):
    """What did not hold, as texts; a case passes when there is none."""
    bad = list(row.get("broken", ()))
    if "sent" not in row:
        return bad
    for name in ("lost", "marked_but_absent", "phantoms", "misplaced", "innocent_retries",
                 "unmarked", "rows_unknown_to_ledger"):
        if row[name]:
            bad.append(f"{name.replace('_', ' ')}: {row[name]}")
    if row["ordered"] and row["order_violations"]:
        bad.append(f"order violations: {row['order_violations']}")
    if row["duplicates"] > row["bound"]:
        bad.append(f"duplicates: {row['duplicates']}, at most {row['bound']} allowed")
    if row["memory_kb"] > limits["memory_kb"]:
        bad.append(f"memory grew by {row['memory_kb']} kB")
    if row["descriptors"] > limits["descriptors"]:
        bad.append(f"descriptors grew by {row['descriptors']}")
    return bad


def _cell(row, key):
    if key == "memory_mb":
        return round(row["memory_kb"] / 1024, 1) if "memory_kb" in row else "-"
    if key == "order_violations" and row.get("ordered") is False:
        return f"({row.get(key, '-')})"
    value = row.get(key, "-")
    return round(value, 1) if isinstance(value, float) else value


def _line(cells):
    texts = [str(cell).ljust(width) if number == 0 else str(cell).rjust(width)
             for number, (cell, (_, _, width)) in enumerate(zip(cells, COLUMNS))]
    return "  ".join(texts).rstrip()


def _totals(rows):
    """The last line, without its verdict; what is not judged is not counted."""
    ran = [row for row in rows if "sent" in row]
    total = {key: sum(row.get(key) or 0 for row in (rows if key == "took" else ran)) for key in SUMMED}
    total["order_violations"] = sum(row["order_violations"] for row in ran if row["ordered"])
    return total | {"case": f"{len(rows)} cases"}


def markdown(rows):
    """The table as docs/guarantees.md has it."""
    def line(row):
        cells = [_cell(row, key) if key in row or key == "memory_mb" and "memory_kb" in row else ""
                 for key in DOCUMENTED]
        return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"

    print("| " + " | ".join(DOCUMENTED.values()) + " |")
    print("|---" * len(DOCUMENTED) + "|")
    for row in rows:
        print(line(row))
    print(line(_totals(rows)))


def show(rows):
    """The table, its totals, and why what failed has failed."""
    print(_line([heading for heading, _, _ in COLUMNS]))
    for row in rows:
        print(_line([_cell(row, key) for _, key, _ in COLUMNS]))
    counts = {word: sum(row["verdict"] == word for row in rows)
              for word in ("passed", "FAILED", "not here")}
    total = _totals(rows) | {"verdict": f"{counts['FAILED']} failed"}
    print(_line([_cell(total, key) if key in total else "" for _, key, _ in COLUMNS]))
    for row in rows:
        for note in row.get("notes", ()):
            print(f"{row['case']}: {note}")
        if row["verdict"] == "not here":
            print(f"{row['case']}: not possible here: {row['why']}")
        if row["verdict"] == "FAILED":
            for text in row["bad"]:
                print(f"{row['case']} FAILED: {text}")
            print(f"{row['case']}: logs are in {row['logs']}")
    print("Order in brackets: not promised in this case, so not judged.")
    print(f"{counts['passed']} passed, {counts['FAILED']} failed, {counts['not here']} not possible here; "
          f"{total['sent']} messages under {total['faults']} faults in {total['took']:.0f} s")
    return counts["FAILED"] == 0
