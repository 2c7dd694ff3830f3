"""The official Engine.IO suites and the tables of the protocol, over raw HTTP and WebSocket."""
import threading

import pytest
import requests

from raw import Polling, is_closed, open_websocket, receive
from servers import Server
from waiting import until

ERRORS = {
    0: "Transport unknown", 1: "Session ID unknown", 2: "Bad handshake method", 3: "Bad request",
    5: "Unsupported protocol version",
}


@pytest.mark.parametrize("method,query,code", [
    ("GET", "EIO=4", 0), ("GET", "EIO=4&transport=abc", 0), ("GET", "transport=polling", 5),
    ("GET", "EIO=abc&transport=polling", 5), ("GET", "EIO=5&transport=polling", 5),
    ("POST", "EIO=4&transport=polling", 2), ("PUT", "EIO=4&transport=polling", 2),
    ("GET", "EIO=4&transport=polling&sid=abc", 1), ("POST", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA", 1),
    ("GET", "EIO=4&transport=websocket", 3),
])
def test_refusals(server: Server, method: str, query: str, code: int) -> None:
    answer = requests.request(method, f"{server.url}/engine.io/?{query}", timeout=60)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"code": code, "message": ERRORS[code]}


@pytest.mark.parametrize("revision", [4, 3])
def test_handshake(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    assert session.handshake["upgrades"] == ["websocket"]
    assert (session.handshake["pingInterval"], session.handshake["pingTimeout"]) == (300, 5000)
    assert session.handshake["maxPayload"] == 1_000_000
    connection = open_websocket(server.url, revision)
    assert str(receive(connection)).startswith('0{"sid":"')
    connection.close()


def test_polling_echo(server: Server) -> None:
    session = Polling(server.url)
    assert session.post("4hello\x1e2\x1e4x").status_code == 400, "a client must not ping in revision 4"
    session = Polling(server.url)
    answer = session.post("4hello\x1e4🎉\x1ebAQIDBA")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert session.get().content.decode() == "4hello\x1e4🎉\x1ebAQIDBA=="


def test_polling_echo_revision_3(server: Server) -> None:
    session = Polling(server.url, 3)
    assert session.first[:session.first.index(":")] == str(len(session.first.split(":", 1)[1]))
    # Lengths are UTF-16 code units: the party popper is two of them.
    assert session.post("6:4hello3:4🎉").text == "ok"
    assert session.get().content.decode() == "6:4hello3:4🎉"
    assert session.post("1:2").text == "ok"
    assert session.get().text == "1:3"
    assert session.post(bytes([0, 6, 255]) + b"4hello" + bytes([1, 5, 255, 4, 1, 2, 3, 4]),
                        "application/octet-stream").text == "ok"
    answer = session.get()
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.content == bytes([0, 6, 255]) + b"4hello" + bytes([1, 5, 255, 4, 1, 2, 3, 4])


def test_base64_is_remembered(server: Server) -> None:
    body = requests.get(f"{server.url}/engine.io/?EIO=3&transport=polling&b64=1", timeout=60).text
    sid = body.split('"sid":"')[1].split('"')[0]
    url = f"{server.url}/engine.io/?EIO=3&transport=polling&sid={sid}"
    assert requests.post(url, data=b"6:4hello10:b4AQIDBA==", timeout=60).text == "ok"
    assert requests.get(url, timeout=60).text == "6:4hello10:b4AQIDBA=="


def test_jsonp(server: Server) -> None:
    body = requests.get(f"{server.url}/engine.io/?EIO=3&transport=polling&j=7", timeout=60).text
    assert body.startswith("___eio[7](\"") and body.endswith("\");")
    sid = body.split('\\"sid\\":\\"')[1].split('\\"')[0]
    url = f"{server.url}/engine.io/?EIO=3&transport=polling&j=8&sid={sid}"
    assert requests.post(url, data={"d": "6:4a\"\\\\b"}, timeout=60).status_code == 200
    answer = requests.get(url, timeout=60)
    assert answer.text.startswith("___eio[8](\"") and "4a\\\"" in answer.text
    assert "javascript" in answer.headers["Content-Type"]


@pytest.mark.parametrize("revision,body", [
    (4, ""), (4, "abc"), (4, "4a\x1e"), (4, "4a\x1e\x1e4b"), (4, "b@@@@"), (3, "abc"), (3, "9:4a"), (3, "0:"), (3, "1:9"),
])
def test_unreadable_payload_ends_the_session(server: Server, revision: int, body: str) -> None:
    session = Polling(server.url, revision)
    assert session.post(body).status_code in (200, 400)
    assert session.get().status_code == 400


def test_second_poll_ends_the_session(server: Server) -> None:
    session = Polling(server.url)
    first: list[str] = []
    thread = threading.Thread(target=lambda: first.append(session.get().text))
    thread.start()
    other = requests.Session()
    until(lambda: other.get(session.url, timeout=60).status_code == 400, "the second poll to be refused")
    thread.join(10)
    # The poll of the thread may have been the second.
    assert first[0] in ("1", "2", ""), first
    assert other.get(session.url, timeout=60).json()["code"] == 1


def test_heartbeat(server: Server) -> None:
    session = Polling(server.url)
    for _ in range(3):
        assert session.get().text == "2"
        assert session.post("3").text == "ok"


@pytest.mark.parametrize("revision", [4, 3])
def test_silent_polling_is_missed(strict_server: Server, revision: int) -> None:
    session = Polling(strict_server.url, revision)
    until(lambda: requests.get(session.url, timeout=60).status_code == 400, "the silent session to end")


@pytest.mark.parametrize("revision", [4, 3])
def test_silent_websocket_is_closed(strict_server: Server, revision: int) -> None:
    connection = open_websocket(strict_server.url, revision)
    assert is_closed(connection)


@pytest.mark.parametrize("revision,closing,noop", [(4, "1", "6"), (3, "1:1", "1:6")])
def test_client_closes(server: Server, revision: int, closing: str, noop: str) -> None:
    session = Polling(server.url, revision)
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(session.get().text))
    thread.start()
    assert requests.post(session.url, data=closing, timeout=60).text == "ok"
    thread.join(10)
    # The poll may have come after the end of the session.
    assert answers[0] == noop or '"code":1' in answers[0]
    assert session.get().status_code == 400
    connection = open_websocket(server.url, revision)
    receive(connection)
    connection.send("1")
    assert is_closed(connection)


def test_body_limit(server: Server) -> None:
    session = Polling(server.url)
    assert session.post("4" + "a" * 999_999).text == "ok"
    assert len(session.get().text) in (1_000_000, 1)
    assert Polling(server.url).post("4" + "a" * 1_000_000).status_code in (400, 413)


@pytest.mark.parametrize("revision,noop", [(4, "6"), (3, "1:6")])
def test_upgrade(server: Server, revision: int, noop: str) -> None:
    session = Polling(server.url, revision)
    early, late = ("6:4early", "5:4late") if revision == 3 else ("4early", "4late")
    session.post(early)
    connection = open_websocket(server.url, revision, sid=session.sid)
    connection.send("2probe")
    assert connection.recv() == "3probe"
    # A poll gets what is there; one for which there is nothing is released, so that the client can leave.
    assert session.get().text == early
    assert session.get().text == noop
    session.post(late)
    connection.send("5")
    assert receive(connection) == "4late"
    connection.send("4hello")
    assert receive(connection) == "4hello"
    assert session.get().status_code == 400
    second = open_websocket_or_none(server, revision, session.sid)
    assert second is None or is_closed(second)
    connection.send("4again")
    assert receive(connection) == "4again"
    connection.close()


def open_websocket_or_none(server: Server, revision: int, sid: str):
    try:
        return open_websocket(server.url, revision, sid=sid)
    except Exception:  # noqa: BLE001 - refusing the handshake is as good as closing it
        return None


def test_bad_probe_leaves_the_session(server: Server) -> None:
    session = Polling(server.url)
    connection = open_websocket(server.url, sid=session.sid)
    connection.send("4hello")
    assert is_closed(connection)
    assert session.post("4still").text == "ok"
    assert "4still" in session.get().text


def test_abandoned_upgrade_loses_nothing(server: Server) -> None:
    session = Polling(server.url)
    for leave in (lambda c: c.close(), lambda c: c.shutdown()):
        connection = open_websocket(server.url, sid=session.sid)
        connection.send("2probe")
        assert connection.recv() == "3probe"
        assert session.post("4during").text == "ok"
        leave(connection)
        assert session.post("4after").text == "ok"
        arrived: list[str] = []
        while len(arrived) < 2:
            arrived += [packet for packet in session.get().text.split("\x1e") if packet != "6"]
        assert arrived == ["4during", "4after"]


def test_websocket_binary(server: Server) -> None:
    connection = open_websocket(server.url)
    receive(connection)
    connection.send_binary(bytes([1, 2, 3, 4]))
    assert receive(connection) == bytes([1, 2, 3, 4])
    connection.close()
    old = open_websocket(server.url, 3)
    receive(old)
    old.send_binary(bytes([4, 1, 2, 3, 4]))
    assert receive(old) == bytes([4, 1, 2, 3, 4])
    old.send("abc")
    assert is_closed(old)
