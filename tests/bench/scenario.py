# SPDX-License-Identifier: Apache-2.0
"""What a scenario is: variants that are measured in turn, and how its table and plots are made."""

SCENARIOS = {}


class Variant:
    """One thing to measure: `run(bench)` gives its raw values. `quick`: also in the quick form."""

    def __init__(self, name, run, quick=False):
        self.name, self.run, self.quick = name, run, quick


class Scenario:
    def __init__(self, make, columns, compare, plots, warm):
        self.name = make.__name__.replace("_", "-")
        self.what = " ".join(make.__doc__.split())
        self.variants = make()
        self.columns = columns
        self.compare = compare
        self.plots = plots
        self.warm = warm

    def chosen(self, quick):
        """The variants of this form."""
        return [variant for variant in self.variants if variant.quick or not quick]


def scenario(columns, compare=(), plots=(), warm=True):
    """Registers a scenario: a function that makes its variants, whose docstring says what is measured.

    `columns`: of its table (document.Column). `compare`: pairs (variant, reference) whose ratio of the
    first column is told. `plots`: functions that take the lines by variant and give plots. `warm`:
    a smaller round that is not counted goes first.
    """

    def register(make):
        one = Scenario(make, columns, compare, plots, warm)
        SCENARIOS[one.name] = one
        return make

    return register
