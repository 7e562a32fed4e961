# SPDX-License-Identifier: Apache-2.0
"""Results: one JSON line a measurement, with raw values, so that a document can be made anew."""

import json
import os
import statistics


class Results:
    """The file. The newest line of a scenario, variant, round and commit counts."""

    def __init__(self, path):
        self.path = path
        os.makedirs(os.path.dirname(path), exist_ok=True)

    def forget(self):
        """Begins anew."""
        if os.path.exists(self.path):
            os.remove(self.path)

    def add(self, line):
        with open(self.path, "a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")

    def lines(self):
        found = {}
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as lines:
                for text in lines:
                    line = json.loads(text)
                    key = tuple(line[name] for name in ("scenario", "variant", "round", "commit"))
                    found.pop(key, None)
                    found[key] = line
        return list(found.values())

    def has(self, scenario, variant, number, commit):
        """Whether this was measured (or found not possible)."""
        return any((line["scenario"], line["variant"], line["round"], line["commit"])
                   == (scenario, variant, number, commit) for line in self.lines())


def newest(lines, scenario):
    """variant -> its lines, of the commit that this scenario was measured at last."""
    own = [line for line in lines if line["scenario"] == scenario]
    variants = {}
    for line in own:
        if line["commit"] == own[-1]["commit"]:
            variants.setdefault(line["variant"], []).append(line)
    return variants


def values(lines, figure):
    """What `figure` makes of each line's values; what it cannot be made of is left out."""
    found = []
    for line in lines:
        try:
            number = figure(line["values"])
        except (KeyError, TypeError, ZeroDivisionError):
            continue
        if number is not None:
            found.append(number)
    return found


def median(lines, figure):
    """The median over the rounds, or None."""
    found = values(lines, figure)
    return statistics.median(found) if found else None
