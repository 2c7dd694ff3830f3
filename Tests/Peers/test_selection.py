"""The choice of a runtime."""
import subprocess

from servers import BINARIES, Server

HIDDEN = {"LIBUV_LIBRARY": "/nonexistent/libuv.so"}


def test_falls_back_without_libuv() -> None:
    chat = Server("chat", "--async-mode", "auto", environment=HIDDEN).wait_ready()
    assert chat.stop() == 0
    assert "async mode structured" in chat.text
    assert "libuv was passed over" in chat.text and "/nonexistent/libuv.so" in chat.text


def test_explicit_libuv_fails_with_advice() -> None:
    done = subprocess.run(
        [str(BINARIES / "chat"), "--async-mode", "libuv"], env=HIDDEN, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert "libuv1" in done.stderr


def test_environment_and_unknown_modes() -> None:
    chat = Server("chat", environment={"ASYNC_MODE": "threads"}).wait_ready()
    assert chat.stop() == 0
    assert "async mode threads" in chat.text
    done = subprocess.run(
        [str(BINARIES / "chat"), "--async-mode", "green"], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert "libuv, structured, threads" in done.stderr
