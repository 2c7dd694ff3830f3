"""A real RabbitMQ server on a free port."""
import os
import subprocess

from queue_server import QueueServer
from servers import free_port


class RabbitMQ(QueueServer):
    def __init__(self) -> None:
        super().__init__("rabbitmq-server")
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
        # In a group of its own, with all that it starts.
        self.spawn("/usr/lib/rabbitmq/bin/rabbitmq-server", env=self.environment, start_new_session=True)
        self.wait_listening(180)

    def signal(self, number: int) -> None:
        os.killpg(self.process.pid, number)

    def kill(self) -> None:
        super().kill()
        # It stays otherwise, and does not go while it knows a node.
        subprocess.run(["epmd", "-kill"], env=self.environment, capture_output=True)
