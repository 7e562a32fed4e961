# SPDX-License-Identifier: Apache-2.0
"""Each rule of scripts/check-layers, on a small tree that breaks it and on one that keeps it."""

import pathlib
import shutil
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
OPENING = "// SPDX-License-Identifier: Apache-2.0\n//\n// A file.\n"

GOOD = {
    "include/outrider/base/error.h": "#include <stdbool.h>\nstruct error;\n",
    "include/outrider/model/batch.h": '#include "outrider/base/error.h"\nstruct batch;\n',
    "src/base/error.c": OPENING + '#include "outrider/base/error.h"\n',
    "src/model/message_id.c": OPENING + "#include <uuid/uuid.h>\n",
    "src/store/store.c": OPENING
    + '#include "sql.h"\n#include "outrider/model/batch.h"\n#include <libpq-fe.h>\n'
    + '// SELECT 1 FROM t\nconst char *begin = "BEGIN", *text = "rows of the table";\n',
    "src/store/sql.h": "extern const char sql_store_claim[];\n",
    "src/cli/finding_kinds.c": OPENING + 'const char *s = "DROP INDEX i";\n',
}

# rule, file, content: each makes exactly one finding, of that rule, in that file.
BAD = [
    ("arrow", "src/base/up.c", OPENING + '#include "outrider/model/batch.h"\n'),
    ("arrow", "include/outrider/base/up.h", '#include "outrider/model/batch.h"\n'),
    ("arrow", "src/model/side.c", OPENING + '#include "../store/sql.h"\n'),
    ("arrow", "include/outrider/store/private.h", '#include "sql.h"\n'),
    ("room", "src/relay/lane.c", OPENING + "#include <libpq-fe.h>\n"),
    ("room", "src/relay/lane.c", OPENING + "#include <librdkafka/rdkafka.h>\n"),
    ("room", "src/relay/lane.c", OPENING + '#include "rdkafka.h"\n'),
    ("room", "src/model/batch.c", OPENING + "#include <uuid/uuid.h>\n"),
    ("room", "src/config/load.c", OPENING + "#include <libpq-fe.h>\n"),
    ("foreign", "include/outrider/store/store.h", "struct store { struct PGconn *conn; };\n"),
    ("foreign", "include/outrider/broker/p.h", "void f(rd_kafka_t *rk);\n"),
    ("sql", "src/store/claim.c", OPENING + 'const char *s = "SELECT id FROM t";\n'),
    ("sql", "src/store/claim.c", OPENING + 'const char *s = " ORDER BY seq";\n'),
    ("sql", "src/schema/apply.c", OPENING + 'const char *s = "ALTER TABLE %s";\n'),
    ("file-lines", "src/base/long.c", OPENING + "\n" * 498),
    ("opening", "src/base/bare.c", "// no licence\nint x;\n"),
    ("layer", "src/elsewhere/x.c", OPENING),
]


def write(root, files):
    (root / "scripts").mkdir(exist_ok=True)
    shutil.copy(TOP / "scripts" / "layers", root / "scripts" / "layers")
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


def findings(root):
    done = subprocess.run(
        [sys.executable, TOP / "scripts" / "check-layers", root], capture_output=True, text=True, check=False
    )
    assert not done.stderr
    lines = done.stdout.splitlines()
    assert done.returncode == (1 if lines else 0)
    return lines


def test_a_good_tree_has_no_finding(tmp_path):
    write(tmp_path, GOOD)
    assert findings(tmp_path) == []


@pytest.mark.parametrize("rule,name,content", BAD)
def test_a_bad_file_is_found(tmp_path, rule, name, content):
    write(tmp_path, {**GOOD, name: content})
    (line,) = findings(tmp_path)
    assert line.startswith(f"{name}:") and f"[{rule}]" in line


def test_a_line_number_is_right(tmp_path):
    write(tmp_path, {**GOOD, "src/store/x.c": OPENING + '/* a\n b */ int x;\nchar *s = "DELETE FROM t";\n'})
    assert findings(tmp_path)[0].startswith("src/store/x.c:6: [sql]")


def test_a_circle_of_headers_is_found(tmp_path):
    circle = {
        "include/outrider/base/a.h": '#include "outrider/base/b.h"\n',
        "include/outrider/base/b.h": '#include "outrider/base/c.h"\n',
        "include/outrider/base/c.h": '#include "outrider/base/a.h"\n',
    }
    write(tmp_path, {**GOOD, **circle})
    (line,) = findings(tmp_path)
    assert "[circle]" in line and "a.h -> include/outrider/base/b.h" in line


def test_a_policy_that_points_up_is_found(tmp_path):
    write(tmp_path, GOOD)
    policy = tmp_path / "scripts" / "layers"
    policy.write_text(policy.read_text().replace("layer base:", "layer base: model"))
    assert any("[layer] base: model" in line for line in findings(tmp_path))


def test_a_rule_nobody_knows_ends_the_check(tmp_path):
    write(tmp_path, GOOD)
    policy = tmp_path / "scripts" / "layers"
    policy.write_text(policy.read_text() + "romo x.h: src/\n")
    with pytest.raises(AssertionError, match="no such rule"):
        findings(tmp_path)
