"""The chat over plain TCP: people at the other end of raw sockets."""
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from servers import BINARIES, MODES, Server
from waiting import until


class Person:
    """Somebody with a terminal.

    People are served by several executors, which hear of each other's people a moment later: whoever has just come may
    still be told of somebody who came before. Such late news is passed over, once for each."""

    news: dict[int, list[str]] = {}

    def __init__(self, server: Server, name: str = ""):
        self.name = name
        self.told = self.news.setdefault(server.port, [])
        self.late = [line for line in self.told if line != f"* {name} has come to lobby"]
        if name:
            self.told.append(f"* {name} has come to lobby")
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.lines = self.socket.makefile("r", encoding="utf-8", newline="\n")
        if name:
            assert "What is your name?" in self.hear()
            self.say(name)
            assert self.hear() == f"* Hello {name}. /help tells what you can do."
            while self.hear() != f"* {name} has come to lobby":
                pass

    def say(self, *lines: str) -> None:
        self.socket.sendall("".join(line + "\n" for line in lines).encode())

    def hear(self) -> str:
        while True:
            line = self.lines.readline()
            assert line.endswith("\n"), f"the connection ended after {line!r}"
            if line[:-1] not in self.late:
                return line[:-1]
            self.late.remove(line[:-1])

    def leave(self) -> None:
        self.say("/quit")
        assert self.hears_the_end()
        self.told.append(f"* {self.name} has left")

    def hears_the_end(self) -> bool:
        """Whether the connection ends; what comes before is passed over."""
        try:
            while self.lines.readline():
                pass
        except ConnectionError:
            pass
        self.lines.close()
        self.socket.close()
        return True


@pytest.fixture(scope="module", params=MODES)
def house(request: pytest.FixtureRequest) -> Iterator[Server]:
    server = Server(
        "custom-server", "--async-mode", request.param, "--executors", "2", "--max-rate", "1000000").wait_ready()
    before = server.descriptors()
    yield server
    assert server.process.poll() is None, server.text
    # The pipe of the signals may have been opened since.
    until(lambda: server.descriptors() <= before + 3, "the descriptors of the guests to be given back")
    assert server.stop() == 0, server.text
    assert f"async mode {request.param}" in server.text
    assert f"nc 127.0.0.1 {server.port}" in server.text


def test_people_talk_in_rooms(house: Server) -> None:
    ada = Person(house, "Ada")
    bob = Person(house, "Bob")
    assert ada.hear() == "* Bob has come to lobby"
    bob.say("hello")
    assert ada.hear() == "Bob: hello"
    eve = Person(house)
    eve.say("Bob")
    eve.hear()
    assert "called Bob already" in eve.hear()
    eve.say("Eve\r")
    eve.hear()
    for person in (ada, bob, eve):
        assert person.hear() == "* Eve has come to lobby"
    eve.say("/join garden")
    assert ada.hear() == bob.hear() == "* Eve went to garden"
    assert eve.hear() == "* Eve has come to garden"
    ada.late.append("* Eve has come to garden")
    ada.say("/join garden")
    assert ada.hear() == eve.hear() == "* Ada has come to garden"
    assert bob.hear() == "* Ada went to garden"
    ada.say("roses")
    assert eve.hear() == "Ada: roses"
    eve.say("/who", "/rooms", "/name Evelyn")
    assert [eve.hear() for _ in range(4)] == [
        "* In garden: Ada, Eve", "* garden: 2", "* lobby: 1", "* Eve is now Evelyn"]
    assert ada.hear() == "* Eve is now Evelyn"
    ada.leave()
    assert eve.hear() == "* Ada has left"
    bob.say("still here")  # and nothing of the garden came before
    bob.say("/who")
    assert bob.hear() == "* In lobby: Bob"
    for person in (bob, eve):
        person.leave()


def test_a_talk_across_executors_keeps_its_order(house: Server) -> None:
    people = [Person(house, f"p{index}") for index in range(8)]
    for index, person in enumerate(people):
        for _ in people[index + 1:]:
            person.hear()
    people[0].say(*(f"line {number}" for number in range(500)))
    for person in people[1:]:
        assert [person.hear() for _ in range(500)] == [f"p0: line {number}" for number in range(500)]
    for person in people:
        person.leave()


def test_lines_are_bounded_and_cleaned(house: Server) -> None:
    ann = Person(house, "Ann")
    ben = Person(house, "Ben")
    ann.hear()
    ann.socket.sendall(b"x" * 200_000)
    assert ann.hear() == "! A line may have 512 bytes at most."
    ann.socket.sendall(b"x" * 2000 + b"\n" + b"\xff\x1b[2Jclear\r\n\n  \n")
    assert ben.hear() == "Ann: \ufffd[2Jclear"
    ann.say("/nonsense", "/remind soon tea", "/join", "/remind 1 tea")
    assert "no /nonsense" in ann.hear()
    assert "/remind 60 tea" in ann.hear()
    assert "/join garden" in ann.hear()
    assert ann.hear() == "* I will remind you in 1 s."
    assert ann.hear() == "* Remember: tea"
    for person in (ann, ben):
        person.leave()


def test_who_does_not_read_is_cut_off_and_nobody_waits(house: Server) -> None:
    slow = Person(house)
    slow.say("Slow")
    fast = Person(house)
    fast.say("Fast")
    talker = Person(house, "Talker")
    until(lambda: "Fast" in _lobby(talker) and "Slow" in _lobby(talker), "all to be there")
    text = "y" * 500
    said = 0
    heard = 0

    def is_cut_off() -> bool:
        nonlocal said, heard
        talker.say(*[text] * 200)
        said += 200
        while heard < said:
            heard += fast.hear() == f"Talker: {text}"
        return "Slow" not in _lobby(talker)

    until(is_cut_off, "the slow one to be cut off")
    assert slow.hears_the_end()
    assert fast.socket.fileno() >= 0
    for person in (fast, talker):
        person.leave()


def _lobby(person: Person) -> str:
    person.say("/who")
    while not (line := person.hear()).startswith("* In lobby:"):
        pass
    return line


@pytest.mark.parametrize("mode", MODES)
def test_who_talks_too_fast_is_slowed_down(mode: str) -> None:
    server = Server("custom-server", "--async-mode", mode, "--max-rate", "5").wait_ready()
    ann = Person(server, "Ann")
    ben = Person(server, "Ben")
    begin = time.monotonic()
    ann.say(*(f"{number}" for number in range(12)))
    assert [ben.hear() for _ in range(12)] == [f"Ann: {number}" for number in range(12)]
    assert time.monotonic() - begin > 1  # five at once, five a second later, and the rest after another
    for person in (ann, ben):
        person.leave()
    assert server.stop() == 0


@pytest.mark.parametrize("mode", MODES)
def test_the_silent_are_shown_out(mode: str) -> None:
    server = Server("custom-server", "--async-mode", mode, "--idle-timeout", "1").wait_ready()
    ann = Person(server)
    assert "What is your name?" in ann.hear()
    ann.socket.sendall(b"An unfinished line is silence, too")
    assert "said nothing for 1 s" in ann.hear()
    assert ann.hears_the_end()
    assert server.stop() == 0


@pytest.mark.parametrize("mode", MODES)
def test_ctrl_c_says_goodbye(mode: str) -> None:
    server = Server("custom-server", "--async-mode", mode).wait_ready()
    ann = Person(server, "Ann")
    server.process.send_signal(signal.SIGINT)
    assert ann.hear() == "The house closes. Goodbye."
    assert ann.hears_the_end()
    assert server.process.wait(15) == 0
    assert re.search("Goodbye. 0 connections", server.text), server.text


def test_wrong_limits_are_named() -> None:
    done = subprocess.run(
        [str(BINARIES / "custom-server"), "--max-line", "0"], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert "--max-line is 0" in done.stderr
