# SPDX-License-Identifier: Apache-2.0
"""Results: a line a measurement, with raw values."""

import statistics

from support import results


class Results(results.Results):
    KEY = ("scenario", "variant", "round", "commit")

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
