# SPDX-License-Identifier: Apache-2.0
"""Results of a long suite: one JSON line each in a file, so that a run can be resumed and a table made anew."""

import json
import os


class Results:
    """The file. Of lines with the same KEY the newest counts."""

    KEY = ()  # names of a line's values

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
        """Those that count, in the order of the file."""
        found = {}
        if os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as lines:
                for text in lines:
                    line = json.loads(text)
                    key = tuple(line[name] for name in self.KEY)
                    found.pop(key, None)
                    found[key] = line
        return list(found.values())
