# SPDX-License-Identifier: Apache-2.0
"""The benchmark measures and writes: its smallest form, and what makes a document of its results.

Nothing here judges how fast anything is.
"""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as xml

import pytest

from bench import aims, document, plot, scenarios  # noqa: F401
from bench.results import Results, newest
from bench.scenario import SCENARIOS
from support import kafka_broker, need, postgres
from support.outrider import BINARY

RUN = os.path.join(kafka_broker.TOP, "tests", "bench", "run")


@pytest.fixture(scope="module")
def smallest(tmp_path_factory):
    """(folder, lines) of a run with a few thousand rows."""
    if postgres.bindir() is None:
        need.missing("PostgreSQL (initdb)")
    if kafka_broker.absent():
        need.missing(kafka_broker.absent())
    folder = tmp_path_factory.mktemp("bench")
    results = folder / "results.jsonl"
    done = subprocess.run(
        [sys.executable, RUN, "--quick", "--scenario", "backlog", "steady", "idle", "lanes", "--scale", "0.002",
         "--rounds", "1", "--results", str(results), "--write", str(folder)],
        env=os.environ | {"OUTRIDER": BINARY}, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder, Results(str(results)).lines()


def of(lines, scenario):
    """variant -> values of its one round."""
    return {name: own[0]["values"] for name, own in newest(lines, scenario).items()}


@pytest.mark.timeout(300)
def test_a_backlog_is_measured(smallest):
    found = of(smallest[1], "backlog")
    assert set(found) == {one.name for one in SCENARIOS["backlog"].chosen(quick=True)}
    for name, values in found.items():
        assert 0 < values["messages"] <= 2000, name
        assert values["seconds"] > 0 and values["relay_cpu_s"] >= 0 and values["server_cpu_s"] >= 0, name
        assert 1 << 20 < values["peak_bytes"] < 1 << 30, name
        assert values.get("statements", 0) >= (0 if name == "Kafka alone" else 5), name
        assert (values["wal_bytes"] > 0) == (name != "Kafka alone"), name
    assert all(values["messages"] == 2000 for name, values in found.items() if "naive" not in name)


@pytest.mark.timeout(300)
def test_a_steady_load_is_measured(smallest):
    values = of(smallest[1], "steady")["outrider 1,000/s"]
    assert values["arrived"] == values["messages"] == 2000 and values["duplicates"] == 0
    way = values["commit_to_consumer_ms"]
    assert 0 <= way["p50"] <= way["p99"] <= way["p999"] <= way["max"]
    assert values["created_to_consumer_ms"]["max"] >= way["max"] > 0
    assert sum(count for count, *_ in values["by_second"]) == 2000
    assert 0 < values["delivery_p50_ms"] <= values["delivery_p999_ms"]
    assert values["statements"] > 0 and values["relay_sql_s"] > 0


@pytest.mark.timeout(300)
def test_idling_is_measured(smallest):
    found = of(smallest[1], "idle")
    assert found["outrider"]["statements"] > 0 and found["outrider"]["peak_bytes"] > 1 << 20


@pytest.mark.timeout(300)
def test_the_document_is_written(smallest):
    folder, lines = smallest
    text = (folder / "benchmarks.md").read_text()
    assert "| outrider key, mark |" in text and "of SQL alone key, mark" in text
    assert lines[0]["commit"] in text and lines[0]["machine"]["PostgreSQL"] in text
    assert "](benchmarks/steady-latency.svg)" in text
    assert xml.parse(folder / "benchmarks" / "steady-latency.svg").getroot().tag.endswith("svg")


# --- without a measurement -------------------------------------------------------------------------


def line(variant, number, rate=None, **more):
    values = {"values": {"messages": rate, "seconds": 1, "relay_cpu_s": 0.1}} if rate else {}
    return {"scenario": "lanes", "variant": variant, "round": number, "commit": "abc", "scale": 1} | values | more


def render(tmp_path, *lines):
    return document.render(list(lines), {"CPU": "some"}, str(tmp_path))


def test_medians_with_what_they_lie_between(tmp_path):
    text = render(tmp_path, *(line("none, mark, 1", at, rate) for at, rate in enumerate((3000, 1000, 2000), 1)))
    assert "| none, mark, 1 | 2,000 (1,000–3,000) |" in text and "3 rounds." in text


def test_a_smaller_size_is_told(tmp_path):
    text = render(tmp_path, line("none, mark, 1", 1, 1000, scale=0.25))
    assert "1 round, with rows and seconds times 0.25." in text


def test_what_was_kept_and_why_stands_below(tmp_path):
    assert render(tmp_path, line("none, mark, 1", 1, 1000)).endswith(document.notes())


def test_ratios(tmp_path):
    text = render(tmp_path, line("none, mark, 1", 1, 1000), line("none, mark, 2", 1, 1500))
    assert "- none, mark, 2: 1.50 of none, mark, 1\n" in text


def test_aims_say_whether_they_are_reached():
    text = aims.section([line("key, mark, 2", 1, 80000), line("key, delete, 2", 1, 129999)])
    assert "| 2 lanes, ordered, marked: rate | at least 80,000 messages/s | 80,000 | yes | [lanes](#lanes) |\n" in text
    assert "| at least 130,000 messages/s | 129,999 | **no** | [lanes](#lanes) |\n" in text
    assert "silence" not in text


def test_an_aim_that_is_a_most():
    rounds = [line("outrider", 1, 1, scenario="silence", values={"seconds": seconds}) for seconds in (0.1, 0.1301, 0.9)]
    assert "| at most 130 ms | 130.1 | **no** | [silence](#silence) |\n" in aims.section(rounds)


class Asked(set):
    """Notes what is asked of it, as if nothing was measured."""

    def get(self, name, default):
        self.add(name)
        return default


def test_every_aim_is_of_what_is_measured():
    for aim in aims.AIMS:
        asked = Asked()
        assert aim.figure(asked) is None
        assert asked and asked <= {variant.name for variant in SCENARIOS[aim.scenario].variants}, aim.what


def test_what_is_not_possible_says_why(tmp_path):
    text = render(tmp_path, line("none, mark, 1", 1, 1000), line("key, mark, 2", 1, not_possible="no | slots"))
    assert "| key, mark, 2 | not possible: no \\| slots |" in text


def test_only_the_last_commit_of_a_scenario_counts(tmp_path):
    text = render(tmp_path, line("none, mark, 1", 1, 1000), line("none, mark, 1", 1, 7000, commit="def"))
    text = text.removesuffix(document.notes())
    assert "| none, mark, 1 | 7,000 |" in text and "1,000" not in text.partition("## lanes")[2].partition("\n\n|")[2]


def test_results_are_found_again(tmp_path):
    results = Results(str(tmp_path / "results.jsonl"))
    results.add(line("none, mark, 1", 1, 1000))
    results.add(line("none, mark, 1", 1, 2000))
    assert results.has("lanes", "none, mark, 1", 1, "abc") and not results.has("lanes", "none, mark, 1", 2, "abc")
    assert [one["values"]["messages"] for one in results.lines()] == [2000]
    assert json.loads((tmp_path / "results.jsonl").read_text().splitlines()[0])["round"] == 1


@pytest.mark.parametrize("low, high, expected", [
    (0, 10, [0, 2, 4, 6, 8, 10]), (0, 0.5, [0, 0.1, 0.2, 0.3, 0.4, 0.5]), (3, 3, [3])])
def test_round_numbers_on_an_axis(low, high, expected):
    assert plot.steps(low, high) == pytest.approx(expected)


@pytest.mark.parametrize("log", [False, True])
def test_a_plot_is_a_picture(log):
    drawn = plot.Plot("a", "A <title> & more", "x", "y", [
        plot.Series("one", [(1, 10), (2, 1000)]), plot.Series("none", [])], log_y=log, marks=True)
    root = xml.fromstring(plot.draw(drawn))
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "A <title> & more" in texts and "one" in texts and "none" not in texts
    assert len(list(root.iter("{http://www.w3.org/2000/svg}circle"))) == 2
