"""What the servers of message queues have in common."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from servers import free_port
from waiting import until


class QueueServer:
    """A real server with a free port and a folder of its own, which can be stopped in every way."""

    process: subprocess.Popen

    def __init__(self, program: str):
        self.program = program
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix=f"{program}-")

    def start(self) -> None:
        raise NotImplementedError

    def spawn(self, *command: str, **options: object) -> None:
        """Runs the server; what it says is kept in its folder."""
        with open(f"{self.folder}/out", "ab") as out:
            self.process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, **options)

    def wait_listening(self, seconds: float = 60) -> None:
        def is_ready() -> bool:
            self.check()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        until(is_ready, f"{self.program} to listen", seconds)

    def check(self) -> None:
        assert self.process.poll() is None, f"{self.program} ended; Scripts/install test installs it: {self.text()}"

    def text(self) -> str:
        return open(f"{self.folder}/out", errors="replace").read()[-2000:]

    def processes(self) -> list[int]:
        """The server's own, and those that it has started."""
        return [self.process.pid]

    def signal(self, number: int) -> None:
        for process in self.processes():
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """All at once, as when the machine dies."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
