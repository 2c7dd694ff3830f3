"""The program that compares the runtimes: everything is measured everywhere, and the report is complete."""
import json
import pathlib
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from servers import BINARIES, MODES

SCENARIOS = ["tcp-echo", "echo", "echo-x8", "echo-4k", "fan-out", "fan-out-x16", "compute", "connect",
             "polling", "idle", "half-load", "blocking", "sleep", "task"]


def compare(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BINARIES / "compare-modes"), "--quick", *arguments], capture_output=True, text=True, timeout=280,
        env=environment)


def results(folder: pathlib.Path) -> dict:
    return json.loads((folder / "results.json").read_text())


class Page(HTMLParser):
    """Whether a page stands alone, and what it draws."""

    def __init__(self) -> None:
        super().__init__()
        self.charts = 0
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.charts += tag == "svg"
        self.foreign += [f"{tag} {name}={value}" for name, value in attributes if name in ("src", "href")]


def test_measures_everything_on_every_mode_and_on_another_server(tmp_path: pathlib.Path) -> None:
    other = f"bench={BINARIES / 'bench-server'} --port {{port}} --async-mode threads --executors 1"
    done = compare("--modes", ",".join(MODES), "--server", other, "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    report = results(tmp_path)
    assert [scenario["id"] for scenario in report["scenarios"]] == SCENARIOS
    own = {"tcp-echo", "compute", "blocking", "sleep", "task"}
    for scenario in report["scenarios"]:
        assert [result["contender"] for result in scenario["results"]] == [*MODES, "bench"]
        for result in scenario["results"]:
            where = f"{scenario['id']} on {result['contender']}: {result}"
            if result["contender"] == "bench" and scenario["id"] in own:
                assert "value" not in result and result["reason"], where
            else:
                assert result["value"] > 0 and "reason" not in result, where
                assert result["rounds"] == [result["value"]], where
                if scenario["id"] in ("half-load", "blocking", "sleep"):
                    drawn = [result["quantiles"][name] for name in ("50", "75", "90", "95", "99", "99.9")]
                    assert drawn == sorted(drawn) and drawn[-1] > 0, where
    assert report["machine"]["cores"] > 0
    chart = ElementTree.parse(tmp_path / "chart.svg").getroot()
    assert chart.tag == "{http://www.w3.org/2000/svg}svg"
    text = "".join(chart.itertext())
    page = Page()
    html = (tmp_path / "report.html").read_text()
    page.feed(html)
    assert page.charts == len(SCENARIOS) + 3 and page.foreign == []
    for scenario in report["scenarios"]:
        assert scenario["title"] in text and scenario["title"] in html and scenario["title"] in done.stdout
    # A line for each step when it is not a terminal that is written to.
    steps = [line for line in done.stderr.splitlines() if line.startswith("[")]
    assert len(steps) == len(SCENARIOS) * (len(MODES) + 1)


def test_what_one_costs_is_held_against_the_floor(tmp_path: pathlib.Path) -> None:
    done = compare(
        "--only", "echo,polling,sleep", "--modes", "threads", "--floor", "--seconds", "1", "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    html = (tmp_path / "report.html").read_text()
    assert "Processor time of the server" in done.stdout and "What one of each costs" in html
    echo, polling, sleep = results(tmp_path)["scenarios"]
    for scenario in (echo, polling):
        threads, floor = (result["processorMicroseconds"] for result in scenario["results"])
        # A debug build takes longer than a program in C that does nothing, whatever else the machine does.
        assert threads > floor > 0, scenario
    assert all("processorMicroseconds" not in result for result in sleep["results"])


def test_a_mode_takes_part_with_each_number_of_executors(tmp_path: pathlib.Path) -> None:
    done = compare("--only", "compute", "--modes", "threads", "--executors", "1,2", "--no-pin", "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    report = results(tmp_path)
    assert report["machine"]["executors"] == [1, 2]
    measured = report["scenarios"][0]["results"]
    assert [result["contender"] for result in measured] == ["threads ×1", "threads ×2"]
    assert all(result["value"] > 0 and "load CPU %" in result["details"] for result in measured)
    assert "threads ×2" in done.stdout and "server and of the load" in done.stdout


def test_what_is_missing_is_told(tmp_path: pathlib.Path) -> None:
    done = compare(
        "--only", "task", "--modes", "libuv,threads", "--output", str(tmp_path),
        environment={"LIBUV_LIBRARY": "/nonexistent/libuv.so", "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    report = results(tmp_path)
    assert [absence["name"] for absence in report["absent"]] == ["libuv"]
    assert "/nonexistent/libuv.so" in done.stdout and "/nonexistent/libuv.so" in (tmp_path / "report.html").read_text()
    assert [result["contender"] for result in report["scenarios"][0]["results"]] == ["threads"]


def test_a_server_that_does_not_start_has_a_reason_and_no_number(tmp_path: pathlib.Path) -> None:
    done = compare(
        "--only", "echo,idle", "--modes", "threads", "--server", "broken=false {port}", "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    for scenario in results(tmp_path)["scenarios"]:
        threads, broken = scenario["results"]
        assert threads["value"] > 0
        assert "value" not in broken and "before it listened" in broken["reason"]


@pytest.mark.parametrize(("arguments", "name"), [
    (["--only", "everything"], "--only"), (["--modes", "green"], "--modes"), (["--rounds", "0"], "--rounds"),
    (["--seconds", "0"], "--seconds"), (["--server", "x=no port"], "--server"), (["--executors", "0"], "--executors"),
    (["--executors", "1,x"], "--executors"), (["--executors", "2,2"], "--executors"), (["--executors", ""], "--executors"),
    (["--modes", "threads", "--server", "threads=x {port}"], "--server"),
])
def test_wrong_options_are_named(arguments: list[str], name: str) -> None:
    done = compare(*arguments)
    assert done.returncode != 0
    assert name in done.stderr
