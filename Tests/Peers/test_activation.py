"""What a service manager and a developer do with a server: sockets passed on, readiness, reloading, debugging."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
import requests

from servers import BINARIES, MODES, Server, free_port
from waiting import until

PROGRAM = BINARIES / "conformance-server"


def ask(url: str) -> str:
    return requests.get(url + "/connection", timeout=30, headers={"Connection": "close"}).text


@pytest.mark.parametrize("mode", MODES)
def test_systemd_socket_activate(mode: str) -> None:
    """The server is started by the first client, which is served; from then on it can be stopped in good order."""
    for requests_before_end in (5, 1, 1, 1, 1):
        port = free_port()
        process = subprocess.Popen([shutil.which("systemd-socket-activate"), "-l", f"127.0.0.1:{port}", PROGRAM,
                                    "--async-mode", mode, "--activated"])

        def is_listening() -> bool:
            with open("/proc/net/tcp") as table:
                return any(f"0100007F:{port:04X} 00000000:0000 0A" in line for line in table)
        until(is_listening, "systemd-socket-activate to listen")
        for _ in range(requests_before_end):
            assert ask(f"http://127.0.0.1:{port}").startswith("secure: false")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


class Activated:
    """A server that gets descriptors from 3 on, as a service manager starts one."""

    def __init__(self, descriptors: list[int], *arguments: str, names: str = "", environment: dict | None = None):
        # The shell puts its own process id, which the program keeps, into LISTEN_PID.
        shell = "LISTEN_PID=$$ exec \"$0\" \"$@\""
        moves = {3 + index: descriptor for index, descriptor in enumerate(descriptors)}

        def arrange() -> None:
            high = {target: os.dup2(source, 100 + target) for target, source in moves.items()}
            for target, source in high.items():
                os.dup2(source, target)
                os.set_inheritable(target, True)
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", shell, PROGRAM, "--activated", *arguments], preexec_fn=arrange, close_fds=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "LISTEN_FDS": str(len(descriptors)), "LISTEN_FDNAMES": names, **(environment or {})})


@pytest.mark.parametrize("mode", MODES)
def test_inherited_sockets_and_notification(mode: str, tmp_path: pathlib.Path) -> None:
    tcp = socket.create_server(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(tmp_path / "socket"))
    unix.listen()
    notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notes.bind(str(tmp_path / "notify"))
    notes.settimeout(60)
    server = Activated([tcp.fileno(), unix.fileno()], "--async-mode", mode, "--executors", "2", names="web:local",
                       environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    assert notes.recv(1000) == b"READY=1"
    for _ in range(5):
        assert ask(f"http://127.0.0.1:{tcp.getsockname()[1]}").startswith("secure: false")
        done = subprocess.run(["curl", "-sS", "--unix-socket", tmp_path / "socket", "http://any/connection"],
                              capture_output=True, text=True, timeout=60)
        assert done.stdout.startswith("secure: false"), done
    server.process.send_signal(signal.SIGTERM)
    assert notes.recv(1000) == b"STOPPING=1"
    assert server.process.wait(60) == 0
    # The sockets belong to whoever opened them: the file stays, and the next server can have them.
    assert (tmp_path / "socket").exists()
    again = Activated([tcp.fileno(), unix.fileno()], "--async-mode", mode,
                      environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    assert notes.recv(1000) == b"READY=1"
    assert ask(f"http://127.0.0.1:{tcp.getsockname()[1]}").startswith("secure: false")
    again.process.send_signal(signal.SIGTERM)
    assert again.process.wait(60) == 0


def test_unit_files(tmp_path: pathlib.Path) -> None:
    """systemd finds nothing wrong with them, but for the program, which is not installed here."""
    folder = pathlib.Path(__file__).resolve().parents[2] / "Examples" / "Deployment"
    for unit in ("application.service", "application.socket"):
        text = (folder / unit).read_text().replace("/srv/application/server", "/bin/true")
        (tmp_path / unit).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))], capture_output=True, text=True)
    assert not [line for line in done.stderr.splitlines() if "application" in line], done.stderr


@pytest.mark.parametrize("mode", MODES)
def test_watchdog(mode: str, tmp_path: pathlib.Path) -> None:
    """The manager hears that the server is alive, again and again, until an executor is stuck."""
    notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notes.bind(str(tmp_path / "notify"))
    notes.settimeout(60)
    server = Server("option-server", "--async-mode", mode, "--executors", "1",
                    environment={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"})
    heard = [notes.recv(1000) for _ in range(4)]
    assert heard[0] == b"READY=1" and set(heard[1:]) == {b"WATCHDOG=1"}
    # Meant for another process.
    server.process.terminate()
    assert server.process.wait(30) == 0
    while notes.recv(1000) != b"STOPPING=1":
        pass
    other = Server("option-server", "--async-mode", mode, "--executors", "1", environment={
        "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"})
    assert notes.recv(1000) == b"READY=1"
    other.process.terminate()
    assert notes.recv(1000) == b"STOPPING=1"
    assert other.process.wait(30) == 0


def test_wrong_activation_is_an_error(tmp_path: pathlib.Path) -> None:
    alone = subprocess.run([PROGRAM, "--async-mode", "threads", "--activated"], capture_output=True, text=True, timeout=60)
    assert alone.returncode != 0 and "started without a socket" in alone.stderr
    with socket.socket() as deaf:
        server = Activated([deaf.fileno()], "--async-mode", "threads")
        text = server.process.communicate(timeout=60)[0]
    assert server.process.returncode != 0 and "no listening stream socket" in text, text


@pytest.mark.parametrize("mode", MODES)
def test_reloading(mode: str, tmp_path: pathlib.Path) -> None:
    """A change of a watched file builds and starts anew; a build that fails changes nothing."""
    sources, result = tmp_path / "sources", tmp_path / "built"
    sources.mkdir()
    (sources / "main").write_text("1")
    build = f"cp {sources}/main {result} && grep -qv broken {result}"
    server = Server("conformance-server", "--async-mode", mode, "--watch", str(sources), "--build", build)

    def readies() -> int:
        return sum(line.startswith("ready") for line in server.output)
    until(lambda: readies() == 1, "the server to listen")
    until(lambda: "for changes" in server.text, "the server to watch")
    process = server.process.pid
    (sources / "main").write_text("broken")
    until(lambda: "the build failed" in server.text, "the build to fail")
    assert ask(server.url).startswith("secure: false")
    assert readies() == 1
    (sources / "added").mkdir()
    (sources / "added" / "file").write_text("2")
    (sources / "main").write_text("2")
    until(lambda: readies() == 2, "the server to start anew")
    assert result.read_text() == "2"
    assert ask(server.url).startswith("secure: false")
    assert server.process.pid == process and server.process.poll() is None
    assert server.stop() == 0


def test_reloading_of_the_program(tmp_path: pathlib.Path) -> None:
    """The program's own file is watched."""
    program, watched = tmp_path / "server", tmp_path / "watched"
    shutil.copy(PROGRAM, program)
    watched.write_text("")
    port = free_port()
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [program, "--async-mode", "threads", "--port", str(port), "--watch", watched], stdout=output, stderr=output)
    try:
        until(lambda: "for changes" in log.read_text(), "the server to watch")
        fresh = tmp_path / "fresh"
        shutil.copy(PROGRAM, fresh)
        os.utime(fresh, (time.time() + 10, time.time() + 10))
        fresh.rename(program)
        until(lambda: len(re.findall("^ready", log.read_text(), re.MULTILINE)) == 2, "the server to start anew")
        assert ask(f"http://127.0.0.1:{port}").startswith("secure: false")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def test_nothing_to_watch_is_an_error() -> None:
    done = subprocess.run([PROGRAM, "--async-mode", "threads", "--port", "0", "--watch", "/nowhere"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and '"/nowhere"' in done.stderr


@pytest.mark.parametrize("debug", [True, False])
def test_debug(debug: bool) -> None:
    server = Server("conformance-server", "--async-mode", "threads", *(["--debug"] if debug else [])).wait_ready()
    answer = requests.get(server.url + "/failure", timeout=30, headers={"Connection": "close"})
    assert answer.status_code == 500
    assert ("Failure" in answer.text) == debug, answer.text
    assert ("/failure" in answer.text) == debug
    assert server.stop() == 0
