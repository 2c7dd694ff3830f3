"""A real RabbitMQ server on a free port."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from servers import free_port
from waiting import until


class RabbitMQ:
    def __init__(self) -> None:
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="rabbitmq-")
        # The daemon that knows the names of Erlang nodes is started with the server, and has a port of its own here.
        self.environment = {
            **os.environ, "HOME": self.folder, "ERL_EPMD_PORT": str(free_port()), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"test{self.port}@localhost", "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": self.folder, "RABBITMQ_LOG_BASE": self.folder, "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{self.folder}/plugins", "RABBITMQ_CONFIG_FILE": f"{self.folder}/rabbitmq",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{self.folder}/advanced", "RABBITMQ_CONF_ENV_FILE": f"{self.folder}/env",
            "RABBITMQ_PID_FILE": f"{self.folder}/pid"}
        self.start()

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["/usr/lib/rabbitmq/bin/rabbitmq-server"], env=self.environment, cwd=self.folder, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=open(f"{self.folder}/out", "ab"), stderr=subprocess.STDOUT)

        def is_ready() -> bool:
            assert self.process.poll() is None, "rabbitmq-server ended; Scripts/install test installs it: " + self.text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        until(is_ready, "the RabbitMQ server to listen", 180)

    def text(self) -> str:
        return open(f"{self.folder}/out", errors="replace").read()[-2000:]

    def _signal(self, number: int) -> None:
        os.killpg(self.process.pid, number)

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        subprocess.run(["epmd", "-kill"], env=self.environment, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)
