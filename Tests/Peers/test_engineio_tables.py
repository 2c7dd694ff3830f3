"""The behaviour tables of the protocol, row by row, for both revisions."""
import json
import re
import socket
import threading

import pytest
import requests

from raw import Polling, exchange, is_closed, open_websocket, receive
from servers import Server
from waiting import until

REVISIONS = pytest.mark.parametrize("revision", [4, 3])


def packet(revision: int, text: str) -> str:
    """A payload of one packet."""
    return text if revision == 4 else f"{len(text)}:{text}"


def error(answer: requests.Response) -> tuple[int, int]:
    assert answer.headers["Content-Type"] == "application/json"
    return answer.status_code, answer.json()["code"]


def waiting_poll(session: Polling) -> tuple[threading.Thread, list[str]]:
    """A poll that waits in a thread of its own, and what it gets."""
    got: list[str] = []
    thread = threading.Thread(target=lambda: got.append(requests.get(session.url, timeout=60).text))
    thread.start()
    return thread, got


# Request surface

@REVISIONS
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "QUERY"])
def test_other_methods(server: Server, revision: int, method: str) -> None:
    url = f"{server.url}/engine.io/?EIO={revision}&transport=polling"
    assert requests.request(method, url, timeout=60).status_code == 400
    session = Polling(server.url, revision)
    assert requests.request(method, session.url, timeout=60).status_code in (400, 405)
    assert session.post(packet(revision, "4still")).text == "ok"


@pytest.mark.parametrize("query,code", [
    ("EIO=1&transport=polling", 5), ("EIO=04&transport=polling", 5), ("EIO=&transport=polling", 5),
    ("EIO=4&transport=", 0), ("EIO=4&transport=POLLING", 0), ("EIO=4&transport=webtransport", 0),
    ("EIO=4&EIO=3&transport=polling", None), ("EIO=4&transport=polling&transport=abc", None),
    ("EIO=4&transport=polling&sid=", None), ("t=abc&EIO=4&transport=polling", None), ("", 0), ("&&=&", 0),
])
def test_queries(server: Server, query: str, code: int | None) -> None:
    answer = requests.get(f"{server.url}/engine.io/?{query}", timeout=60)
    if code is None:
        assert answer.status_code == 200 and answer.text.startswith("0{")
    else:
        assert error(answer) == (400, code)


@REVISIONS
def test_the_revision_is_the_sessions(server: Server, revision: int) -> None:
    """EIO of later requests is ignored."""
    session = Polling(server.url, revision)
    url = session.url.replace(f"EIO={revision}", "EIO=7")
    assert requests.post(url, data=packet(revision, "4a"), timeout=60).text == "ok"
    assert requests.get(url, timeout=60).text == packet(revision, "4a")


@REVISIONS
def test_handshake_keys(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    assert set(session.handshake) == {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
    connection = open_websocket(server.url, revision)
    assert json.loads(str(receive(connection))[1:])["upgrades"] == []
    connection.close()


@REVISIONS
def test_answer_headers(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    posted = session.post(packet(revision, "4a"))
    assert posted.headers["Content-Type"] == "text/html" and posted.headers["Content-Length"] == "2"
    answer = session.get()
    assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
    for each in (posted, answer):
        assert each.headers["Cache-Control"] == "no-store"


def test_preflight(server: Server) -> None:
    answer = requests.options(f"{server.url}/engine.io/?EIO=4&transport=polling", timeout=60, headers={
        "Origin": "http://page.example", "Access-Control-Request-Headers": "x-a"})
    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] == "http://page.example"
    assert answer.headers["Access-Control-Allow-Headers"] == "x-a"


def test_http_1_0(server: Server) -> None:
    answer = exchange(server.port, b"GET /engine.io/?EIO=4&transport=polling HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200") and b"chunked" not in answer and b'0{"sid"' in answer
    answer = exchange(server.port, b"GET /engine.io/?EIO=4&transport=websocket HTTP/1.0\r\nConnection: Upgrade\r\n"
                      b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                      b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("fields,status", [(100, b"200"), (1001, b"4")])
def test_number_of_fields(server: Server, fields: int, status: bytes) -> None:
    request = b"GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    request += b"".join(b"X-%d: %s\r\n" % (index, b"a" * 110) for index in range(fields - 2)) + b"\r\n"
    assert exchange(server.port, request).split(b" ")[1].startswith(status)


@pytest.mark.parametrize("size,status", [(12 << 10, b"200"), (65 << 10, b"4")])
def test_size_of_heads(server: Server, size: int, status: bytes) -> None:
    request = b"GET /engine.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
    for _ in range(size // 4000):
        request += b"X: " + b"a" * 3995 + b"\r\n"
    assert exchange(server.port, request + b"\r\n").split(b" ")[1].startswith(status)


# Sessions over polling

@REVISIONS
def test_second_poll(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    thread, first = waiting_poll(session)
    until(lambda: requests.get(session.url, timeout=60).status_code == 400, "the second poll to be refused")
    thread.join(10)
    # The poll of the thread may have been the second.
    assert first[0] in [packet(revision, "1"), packet(revision, "2"), ""], first
    assert error(session.get()) == (400, 1)


@REVISIONS
def test_second_post(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    path = session.url.removeprefix(server.url)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as slow:
        slow.sendall(f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n4".encode())
        # Until the head of the first has come the second is an ordinary one.
        until(lambda: session.post(packet(revision, "4a")).status_code == 400, "the second POST to be refused")
        assert error(session.get()) == (400, 1)


@REVISIONS
def test_abandoned_poll_loses_nothing(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    path = session.url.removeprefix(server.url)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as gone:
        gone.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    # A poll beside the first would end the session; the end of the first is noticed before the POST, or with it.
    other = Polling(server.url, revision)
    assert other.post(packet(revision, "4x")).text == "ok"
    assert session.post(packet(revision, "4kept")).text == "ok"
    answer = session.get()
    assert packet(revision, "4kept") in answer.text or answer.status_code == 400


@REVISIONS
def test_body_over_the_limit_leaves_the_session(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    assert session.post("4" * 1_000_001).status_code == 413
    assert session.post(packet(revision, "4still")).text == "ok"
    assert packet(revision, "4still") in session.get().text


@REVISIONS
def test_chunked_post(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    pieces = [packet(revision, "4abc").encode()[index:index + 1] for index in range(len(packet(revision, "4abc")))]
    assert requests.post(session.url, data=iter(pieces), timeout=60).text == "ok"
    assert session.get().text == packet(revision, "4abc")


def test_octet_stream_is_of_revision_3(server: Server) -> None:
    session = Polling(server.url)
    assert session.post(b"4a", "application/octet-stream").status_code == 400
    assert error(session.get()) == (400, 1)
    session = Polling(server.url, 3)
    assert session.post(bytes([0, 2, 255]) + b"4a", "application/octet-stream; charset=x").text == "ok"
    assert session.get().text == "2:4a"


@pytest.mark.parametrize("revision,body", [
    (4, "7"), (4, "4a\x1e9"), (4, "\x1e4a"), (4, "bAQ=I"), (4, "bAQIDBA==="), (3, "5:4a"), (3, "2:4a1"), (3, ":4a"), (3, "2:7a"),
    (3, "-1:4"), (3, "99999999999999999999:4"), (3, "10:b4@@@@@@@@"), (3, "2"),
])
def test_malformed_packets(server: Server, revision: int, body: str) -> None:
    session = Polling(server.url, revision)
    assert session.post(body).status_code == 400
    assert error(session.get()) == (400, 1)


def test_invalid_text(server: Server) -> None:
    session = Polling(server.url)
    assert session.post(b"4\xff\xfe").status_code == 400
    session = Polling(server.url, 3)
    assert session.post(b"2:4\xff").status_code == 400


@pytest.mark.parametrize("body", [bytes([0]), bytes([0, 255]), bytes([0, 9, 255]) + b"4a", bytes([2, 2, 255]) + b"4a",
                                  bytes([0, 10, 255]) + b"4a", bytes([1, 1, 255, 9]), bytes([0, *[9] * 400, 255])])
def test_malformed_binary_payloads(server: Server, body: bytes) -> None:
    session = Polling(server.url, 3)
    assert session.post(body, "application/octet-stream").status_code == 400
    assert error(session.get()) == (400, 1)


def test_lengths_count_utf_16(server: Server) -> None:
    session = Polling(server.url, 3)
    text = "4a\u00e9\u20ac\U0001F389\U0001F389"
    payload = f"{len(text) + 2}:{text}"
    assert session.post(payload + payload).text == "ok"
    assert session.get().content.decode() == payload + payload


@pytest.mark.parametrize("b64", ["1", "true", "yes"])
def test_base64_websocket(server: Server, b64: str) -> None:
    """A client that cannot take binary data gets none over WebSocket either."""
    connection = open_websocket(server.url + f"/engine.io/?EIO=3&transport=websocket&b64={b64}#", 3, path="")
    receive(connection)
    connection.send("b4AQIDBA==")
    assert receive(connection) == "b4AQIDBA=="
    connection.close()


# Heartbeats and packets out of place

@REVISIONS
@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_heartbeat_in_the_wrong_direction(server: Server, revision: int, transport: str) -> None:
    wrong = "2" if revision == 4 else "3"
    if transport == "polling":
        session = Polling(server.url, revision)
        assert session.post(packet(revision, wrong)).status_code == 400
        assert error(session.get()) == (400, 1)
    else:
        connection = open_websocket(server.url, revision)
        receive(connection)
        connection.send(wrong)
        assert is_closed(connection)


def test_pong_with_content(server: Server) -> None:
    session = Polling(server.url)
    assert session.get().text == "2"
    assert session.post("3foo").text == "ok"
    assert session.get().text == "2"


def test_ping_is_answered_with_its_content(server: Server) -> None:
    session = Polling(server.url, 3)
    assert session.post("5:2test").text == "ok"
    assert session.get().text == "5:3test"
    connection = open_websocket(server.url, 3)
    receive(connection)
    connection.send("2")
    assert connection.recv() == "3"
    connection.close()


@REVISIONS
@pytest.mark.parametrize("meaningless", ["0", "5", "6", "0{}"])
def test_packets_that_mean_nothing(server: Server, revision: int, meaningless: str) -> None:
    session = Polling(server.url, revision)
    assert session.post(packet(revision, meaningless)).text == "ok"
    assert session.post(packet(revision, "4a")).text == "ok"
    assert packet(revision, "4a") in session.get().text
    connection = open_websocket(server.url, revision)
    receive(connection)
    connection.send(meaningless)
    connection.send("4a")
    assert receive(connection) == "4a"
    connection.close()


@REVISIONS
@pytest.mark.parametrize("bad", ["", "7", "x", "b@@@"])
def test_malformed_packet_over_websocket(server: Server, revision: int, bad: str) -> None:
    connection = open_websocket(server.url, revision)
    receive(connection)
    connection.send(bad)
    assert is_closed(connection)


# Upgrades

@REVISIONS
def test_waiting_poll_is_released_by_the_probe(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    thread, got = waiting_poll(session)
    connection = open_websocket(server.url, revision, sid=session.sid)
    connection.send("2probe")
    assert connection.recv() == "3probe"
    thread.join(10)
    # A ping may have come first, or the poll after the probe; all three are answered at once.
    assert got[0] in [packet(revision, "6"), packet(revision, "2")]
    # Posts are taken until the upgrade is complete, and what is sent meanwhile comes over the WebSocket.
    assert session.post(packet(revision, "4meanwhile")).text == "ok"
    connection.send("5")
    assert receive(connection) == "4meanwhile"
    assert error(session.get()) == (400, 3)
    assert error(session.post(packet(revision, "4late"))) == (400, 3)
    connection.close()


@REVISIONS
@pytest.mark.parametrize("first", ["2", "2prob", "5", "4hello", "", "3probe", "1"])
def test_bad_probes(server: Server, revision: int, first: str) -> None:
    session = Polling(server.url, revision)
    connection = open_websocket(server.url, revision, sid=session.sid)
    connection.send(first)
    assert is_closed(connection)
    assert session.post(packet(revision, "4still")).text == "ok"
    assert packet(revision, "4still") in session.get().text


@REVISIONS
def test_upgrade_given_up_after_the_probe(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    connection = open_websocket(server.url, revision, sid=session.sid)
    connection.send("2probe")
    assert connection.recv() == "3probe"
    assert session.post(packet(revision, "4held")).text == "ok"
    connection.shutdown()
    until(lambda: "4held" in session.get().text, "what was held back to come over polling")


@REVISIONS
def test_second_websocket(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    first = open_websocket(server.url, revision, sid=session.sid)
    second = open_websocket(server.url, revision, sid=session.sid)
    assert is_closed(second)
    first.send("2probe")
    assert first.recv() == "3probe"
    first.send("5")
    first.send("4a")
    assert receive(first) == "4a"
    third = open_websocket(server.url, revision, sid=session.sid)
    assert is_closed(third)
    first.send("4b")
    assert receive(first) == "4b"
    first.close()


@REVISIONS
@pytest.mark.parametrize("sid", ["AAAAAAAAAAAAAAAAAAAA", "abc", "%00", "a" * 3000])
def test_websocket_for_an_unknown_session(server: Server, revision: int, sid: str) -> None:
    path = f"/engine.io/?EIO={revision}&transport=websocket&sid={sid}"
    answer = exchange(server.port, (
        f"GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").encode())
    assert answer.startswith(b"HTTP/1.1 400") and b'{"code":1,"message":"Session ID unknown"}' in answer


# Closing

@REVISIONS
def test_close_over_polling(server: Server, revision: int) -> None:
    session = Polling(server.url, revision)
    thread, got = waiting_poll(session)
    session.post(packet(revision, "4x"))
    thread.join(10)
    assert requests.post(session.url, data=packet(revision, "1"), timeout=60).text == "ok"
    assert error(session.get()) == (400, 1)
    assert error(session.post(packet(revision, "4x"))) == (400, 1)


@REVISIONS
def test_server_closes_polling_after_what_waits(server: Server, revision: int) -> None:
    """`kick-transport` of Socket.IO: the events before it arrive, then the close packet."""
    session = Polling(server.url, revision, path="/socket.io/")
    if revision == 4:
        session.post("40")
    text = session.get().text
    while "40" not in text or (revision == 4 and "auth" not in text):
        text += session.get().text
    message = packet(revision, '42["message",1]')
    kick = packet(revision, '42["kick-transport"]')
    assert session.post(f"{message}\x1e{kick}" if revision == 4 else message + kick).text == "ok"
    expected = [packet(revision, '42["message-back",1]'), packet(revision, "1")]
    text = session.get().text.replace("2\x1e", "", 1)
    if not re.search(r"1$", text):
        text += session.get().text
    assert text in ("\x1e".join(expected), "".join(expected)), text
    assert error(session.get()) == (400, 1)
