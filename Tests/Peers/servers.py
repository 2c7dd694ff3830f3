"""Starts the programs of the package and stops them again."""
import atexit
import os
import pathlib
import signal
import socket
import subprocess
import threading

from waiting import until

TOP = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("PEERS_BIN", TOP / ".build" / "debug"))
PEERS = TOP / ".build-peers"
MODES = os.environ.get("PEERS_MODES", "libuv,structured,threads").split(",")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program of the package, on a free port unless one is named."""

    def __init__(self, program: str, *arguments: str, environment: dict[str, str] | None = None, port: int = 0):
        self.port = port or free_port()
        self.output: list[str] = []
        self.process = subprocess.Popen(
            [str(BINARIES / program), "--port", str(self.port), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **(environment or {})})
        # A test that fails does not come to stop its server.
        atexit.register(self.process.kill)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or []:
            self.output.append(line.rstrip())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def text(self) -> str:
        return "\n".join(self.output)

    def wait_ready(self) -> "Server":
        def is_ready() -> bool:
            assert self.process.poll() is None, f"the server ended: {self.text}"
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        until(is_ready, "the server to listen")
        # One of its sockets listens; the server says so when all do.
        words = ("ready", "listening", "Open http", "Come in with")
        until(lambda: any(word in self.text for word in words), "the server to be ready")
        return self

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self) -> int:
        """Asks the server to end, as an operator would."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not end within a minute of SIGTERM") from None

    def close(self) -> None:
        assert self.stop() == 0, self.text
