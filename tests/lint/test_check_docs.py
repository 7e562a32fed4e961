# SPDX-License-Identifier: Apache-2.0
"""Each rule of scripts/check-docs, on a small tree that breaks it and on one that keeps it."""

import pytest

from checked_tree import findings_of


GOOD = {
    "README.md": "# A relay: the *first*, `one`\n\nSee [running](docs/running.md#the-log) and [here](#a-relay-the-first-one).\n\n"
                 "`[not a link](nowhere.md)` [elsewhere](https://example.org/x#y)\n\n```\n[nor this](nowhere.md)\n# no heading\n```\n",
    "docs/running.md": "# Running\n\n## The log\n\n| event | level |\n|---|---|\n| `started` | info | x |\n"
                       "| `tried` | warn (debug at first) | x |\n| `away` | warn | x |\n| `dead` | error | x |\n"
                       "| `failed` | warn | x |\n\n## The log\n\n[up](../README.md) [twice](#the-log-1)\n",
    "docs/cli.md": "| option | does |\n|---|---|\n| `-c FILE` | x |\n| `-h, --help` | x |\n\n## outrider run\n\n"
                   "## outrider dead list\n\n| option | does |\n|---|---|\n| `--topic T` | x |\n\n## Exit codes\n\n"
                   "| code | means |\n|---|---|\n| 0 | x |\n| 75 | x |\n",
    "docs/runbook.md": "`away` `dead` `failed` `tried`\n\n| code | do |\n|---|---|\n| 0 | x |\n| 75 | x |\n\n"
                       "`outrider dead list` outrider gone `-u outrider -f` `outrider.yaml`\n\n"
                       "```\noutrider -c a.yaml run --help & outrider dead list -c a --topic x; docker run outrider outrider run\n```\n",
    "NEWS.md": "`outrider gone` is to come\n",
    "src/relay/lane.h": "void lane_back_off(struct lane *lane, const char *event, const struct error *err);\n",
    "src/relay/lane.c": 'static void f(void)\n{\n    // LOG(LOG_INFO, "in_a_comment");\n'
                        '    LOG(LOG_INFO, "started", LOG_STR("text", "not_an_event"));\n'
                        '    LOG(dead(1, 2) ? LOG_ERROR : LOG_WARN,\n        dead(1, 2) ? "dead" : "failed");\n'
                        '    lane_back_off(lane, "away", &err);\n}\n'
                        'static void g(int x, int y, const char *event)\n{\n    LOG(LOG_WARN, event);\n}\n'
                        'static void h(void)\n{\n    g(1, "other"[0], "tried");\n}\n',
    "src/store/store.c": 'void f(void) { LOG(LOG_INFO, "of_another_layer"); }\n',
}

# rule, file, content: each makes exactly one finding, of that rule, in that file.
BAD = [
    ("link", "NEWS.md", "[a](nowhere.md)\n"),
    ("link", "docs/a.md", "[a](README.md)\n"),
    ("link", "docs/a.md", "[a](../../outside.md)\n"),
    ("link", "docs/a.md", "[a]\n\n[a]: nowhere.md\n"),
    ("anchor", "NEWS.md", "[a](docs/running.md#the-end)\n"),
    ("anchor", "NEWS.md", "# News\n\n[a](#olds)\n"),
    ("runbook", "docs/runbook.md", GOOD["docs/runbook.md"].replace("`dead` ", "")),
    ("runbook", "docs/runbook.md", GOOD["docs/runbook.md"].replace("| 75 | x |", "")),
    ("command", "docs/a.md", "`outrider gone`\n"),
    ("command", "docs/a.md", "`outrider dead gone`\n"),
    ("command", "docs/a.md", "`outrider run --topic x`\n"),
    ("command", "docs/a.md", "```sh\nsudo outrider -c x.yaml dead list --gone\n```\n"),
    ("command", "docs/runbook.md", GOOD["docs/runbook.md"].replace("dead list -c", "dead lists -c")),
    ("event", "src/cli/main.c", 'void f(void) { LOG(LOG_INFO, "unknown"); }\n'),
    ("event", "src/cli/main.c", 'void f(void) { LOG(LOG_INFO, bad ? "started" : "unknown"); }\n'),
    ("event", "src/relay/window.c", 'void f(void) { lane_back_off(lane, "unknown", &err); }\n'),
    ("event", "docs/running.md", GOOD["docs/running.md"].replace("| `dead`", "| `gone` | info | x |\n| `dead`")),
]


findings = findings_of("check-docs")


def test_a_good_tree_has_no_findings(tmp_path):
    assert findings(GOOD, tmp_path) == []


@pytest.mark.parametrize("rule,name,content", BAD)
def test_a_bad_file_is_found(tmp_path, rule, name, content):
    (line,) = findings({**GOOD, name: content}, tmp_path)
    assert line.startswith(f"{name}:") and f"[{rule}]" in line


def test_a_line_number_is_right(tmp_path):
    (line,) = findings({**GOOD, "NEWS.md": "# News\n\n```\n[a](b)\n```\n\n[a](nowhere.md)\n"}, tmp_path)
    assert line.startswith("NEWS.md:7: [link]")
