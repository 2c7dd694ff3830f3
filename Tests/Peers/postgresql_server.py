"""A real PostgreSQL server on a free port."""
import glob
import os
import pathlib
import shutil
import subprocess

from queue_server import QueueServer
from waiting import until


class PostgreSQL(QueueServer):
    def __init__(self) -> None:
        super().__init__("postgres")
        folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        assert folders, "there is no PostgreSQL; Scripts/install test installs it"
        self.programs = folders[-1]
        # It does not run as root.
        self.user = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        if self.user:
            shutil.chown(self.folder, "postgres", "postgres")
        subprocess.run(
            [f"{self.programs}/initdb", "-D", f"{self.folder}/data", "-U", "ada", "--auth=trust", "--no-sync", "-E", "UTF8"],
            check=True, capture_output=True, cwd=self.folder, **self.user)
        self.start()

    @property
    def url(self) -> str:
        return f"postgres://ada@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        # A server that died has left its note behind.
        self.spawn(
            f"{self.programs}/postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-h", "127.0.0.1", "-k",
            self.folder, "-c", "fsync=off", **self.user)
        until(self._is_ready, "the PostgreSQL server to be ready", 120)

    def _is_ready(self) -> bool:
        self.check()
        done = subprocess.run(
            [f"{self.programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], cwd=self.folder)
        return done.returncode == 0

    def notify(self, channel: str, text: str) -> None:
        self.query(f"SELECT pg_notify('{channel}', $text${text}$text$)")

    def query(self, text: str) -> str:
        done = subprocess.run(
            [f"{self.programs}/psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "ada", "-d", "postgres", "-tAc", text],
            check=True, capture_output=True, text=True, cwd=self.folder)
        return done.stdout

    def processes(self) -> list[int]:
        """The server, and its processes, each of which has a session of its own."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]
