"""The mock cluster of librdkafka, for a test."""
import base64
import pathlib
import signal
import subprocess
import sys


class Kafka:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(pathlib.Path(__file__).with_name("kafka_mock.py"))], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        address = self.process.stdout.readline().strip()
        assert address, "librdkafka's mock cluster did not start; Scripts/install test installs it"
        self.url = f"kafka://{address}"

    def _tell(self, word: str) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def kill(self) -> None:
        """Every connection is closed, and none is accepted."""
        self._tell("down")

    def start(self) -> None:
        self._tell("up")

    def publish(self, topic: str, payload: bytes) -> None:
        self._tell(f"publish {topic} {base64.b64encode(payload).decode()}")

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
