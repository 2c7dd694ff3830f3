"""Each option of the Engine.IO and HTTP layers: every test here fails if its option is ignored."""
import re
import select
import socket
import threading
import time
import zlib

import pytest
import requests
import websocket

from option_server import Start, counters
from raw import Polling, exchange, is_closed, open_websocket, receive
from servers import Server
from waiting import until

GET = "/engine.io/?EIO=4&transport=polling"


def handshake(server: Server, **headers: str) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(server.url + GET, headers=names, timeout=60)


def upgrade_headers(server: Server, **headers: str) -> dict[str, str]:
    """The header fields of the answer to a WebSocket handshake."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    connection = websocket.create_connection(
        server.url.replace("http", "ws", 1) + "/engine.io/?EIO=4&transport=websocket", timeout=60, header=lines,
        suppress_origin=True)
    result = dict(connection.headers)
    connection.close()
    return result


def refused_upgrade(server: Server, query: str = "EIO=4&transport=websocket", **headers: str) -> tuple[int, str]:
    """Status and body of a WebSocket handshake that is not accepted."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = requests.get(f"{server.url}/engine.io/?{query}", timeout=60, headers={
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", **names})
    return answer.status_code, answer.text


FORBIDDEN = '{"code":4,"message":"Forbidden"}'


# Origins

def test_same_origin_is_the_default(start: Start) -> None:
    server = start()
    assert handshake(server).status_code == 200
    answer = handshake(server, Origin=server.url)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == server.url
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    other = handshake(server, Origin="http://other.example")
    assert (other.status_code, other.text) == (403, FORBIDDEN)
    assert "Access-Control-Allow-Origin" not in other.headers
    # The scheme belongs to the origin.
    assert handshake(server, Origin=server.url.replace("http", "https")).status_code == 403
    assert refused_upgrade(server, Origin="http://other.example") == (403, FORBIDDEN)
    assert upgrade_headers(server, Origin=server.url)
    assert handshake(server, Origin=server.url, Host="h:80").status_code == 403
    assert handshake(server, Origin="http://H", Host="h:80").status_code == 200


def test_origin_list(start: Start) -> None:
    server = start(origins="https://a.example,https://b.example")
    for origin, status in [("https://a.example", 200), ("https://b.example", 200), (server.url, 200),
                           ("https://c.example", 403), ("http://a.example", 403), ("null", 403)]:
        assert handshake(server, Origin=origin).status_code == status, origin


def test_origin_predicate_sees_the_request(start: Start) -> None:
    server = start(origins="predicate")
    assert handshake(server, Origin="https://a.example", X_Page="good").status_code == 200
    assert handshake(server, Origin="https://a.example", X_Page="bad").status_code == 403
    assert handshake(server, Origin="https://a.test", X_Page="good").status_code == 403


def test_any_origin_and_unchecked(start: Start) -> None:
    answer = handshake(start(origins="any"), Origin="https://x.test")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://x.test"
    assert "Origin" in answer.headers["Vary"]
    answer = handshake(start(origins="unchecked"), Origin="https://x.test")
    assert answer.status_code == 200 and "Access-Control-Allow-Origin" not in answer.headers


def test_preflight(start: Start) -> None:
    server = start(origins="https://a.example", allowsCredentials="false", preflightMaxAge=600)
    answer = requests.options(server.url + GET, timeout=60, headers={
        "Origin": "https://a.example", "Access-Control-Request-Headers": "x-one, x-two",
        "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Headers"] == "x-one, x-two"
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    other = requests.options(server.url + GET, timeout=60, headers={"Origin": "https://b.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


# Proxies

def test_forwarded_fields_count_only_from_trusted_proxies(start: Start) -> None:
    forwarded = {"X_Forwarded_For": "198.51.100.9, 203.0.113.7", "X_Forwarded_Proto": "https",
                 "X_Forwarded_Host": "public.example"}
    server = start(responseHeaders="on")
    answer = handshake(server, **forwarded)
    assert (answer.headers["X-Address"], answer.headers["X-Secure"]) == ("127.0.0.1", "false")
    assert handshake(server, Origin="https://public.example", **forwarded).status_code == 403
    server = start(responseHeaders="on", trustedProxies="10.0.0.0/8,127.0.0.0/8")
    answer = handshake(server, **forwarded)
    assert (answer.headers["X-Address"], answer.headers["X-Secure"]) == ("203.0.113.7", "true")
    assert answer.headers["X-Host"] == "public.example"
    assert handshake(server, Origin="https://public.example", **forwarded).status_code == 200
    assert handshake(server, Origin="http://public.example", **forwarded).status_code == 403
    # A chain of proxies of ours: the first that is none of them is the client.
    forwarded["X_Forwarded_For"] = "203.0.113.7, 10.1.1.1, 10.2.2.2"
    assert handshake(server, **forwarded).headers["X-Address"] == "203.0.113.7"
    forwarded["X_Forwarded_For"] = "not an address"
    assert handshake(server, **forwarded).headers["X-Address"] == "127.0.0.1"
    assert upgrade_headers(server, X_Forwarded_For="[2001:db8::1]:4711")["x-address"] == "2001:db8::1"


def test_the_standard_field_counts_before_the_others(start: Start) -> None:
    server = start(responseHeaders="on", trustedProxies="10.0.0.0/8,127.0.0.0/8")

    def seen(field: str, **others: str) -> tuple[str, str, str]:
        headers = handshake(server, Forwarded=field, **others).headers
        return headers["X-Address"], headers["X-Secure"], headers["X-Host"]

    assert seen('for=203.0.113.7;proto=https;host="public.example:8443"', X_Forwarded_For="198.51.100.9") == (
        "203.0.113.7", "true", "public.example:8443")
    assert seen('For="[2001:db8::1]:4711" ; Proto=http ,for=10.1.1.1')[:2] == ("2001:db8::1", "false")
    # Whoever is named in front of the client's proxy is only what the client says.
    assert seen("for=198.51.100.9;proto=http, for=203.0.113.7;proto=https, for=10.1.1.1")[:2] == ("203.0.113.7", "true")
    for field in ("for=unknown", "for=_hidden", 'for="203.0.113.7', "for=203.0.113.7 proto=https", "=", "x"):
        assert seen(field)[0] == "127.0.0.1", field
    assert handshake(start(responseHeaders="on"), Forwarded="for=203.0.113.7").headers["X-Address"] == "127.0.0.1"


# Cookie and header fields

def test_cookie(start: Start) -> None:
    assert "Set-Cookie" not in handshake(start()).headers
    server = start(cookie="io")
    session = Polling(server.url)
    cookie = handshake(server).headers["Set-Cookie"]
    assert re.fullmatch(r"io=[A-Za-z0-9_-]{20}; Path=/; HttpOnly; SameSite=Lax", cookie), cookie
    session.post("4a")
    assert "Set-Cookie" not in session.get().headers, "only the answer to the handshake sets it"
    assert upgrade_headers(server)["set-cookie"].startswith("io=")
    cookie = handshake(start(cookie="io,attributes")).headers["Set-Cookie"]
    assert cookie.split("; ")[1:] == ["Path=/app", "Domain=example.com", "Max-Age=60", "Secure", "SameSite=None"]


def test_response_headers(start: Start) -> None:
    server = start(responseHeaders="on")
    answer = handshake(server)
    assert answer.headers["X-Handshake"] == "true"
    assert "X-Injected" not in answer.headers and "X-Forged" not in answer.headers
    session = Polling(server.url)
    assert session.post("4a").headers["X-Handshake"] == "false"
    assert upgrade_headers(server)["x-handshake"] == "true"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_allow_request(start: Start, kind: str) -> None:
    server = start(allowRequest=kind)
    refusal = (403, '{"code":4,"message":"\\"No\\" entry"}')
    answer = handshake(server)
    assert (answer.status_code, answer.text) == refusal
    assert answer.headers["Content-Type"] == "application/json"
    assert refused_upgrade(server) == refusal
    assert counters(server)["openedSessions"] == 0
    answer = handshake(server, X_Token="secret")
    sid = answer.text.split('"sid":"')[1].split('"')[0]
    # Only the handshake is asked for.
    assert requests.post(f"{server.url}{GET}&sid={sid}", data="4hello", timeout=60).text == "ok"
    assert requests.get(f"{server.url}{GET}&sid={sid}", timeout=60).text == "4hello"
    connection = websocket.create_connection(
        server.url.replace("http", "ws", 1) + "/engine.io/?EIO=4&transport=websocket", timeout=60,
        header=["X-Token: secret"])
    assert str(receive(connection)).startswith("0{")
    connection.send("4over WebSocket")
    assert receive(connection) == "4over WebSocket"
    connection.close()


def test_frames_behind_a_handshake_that_is_asked_for(start: Start) -> None:
    server = start(allowRequest="async")
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        frame = bytes([0x81, 0x83, 0, 0, 0, 0]) + b"4hi"
        connection.sendall(
            b"GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"X-Token: secret\r\n\r\n" + frame)
        answer = b""
        while b"4hi" not in answer:
            chunk = connection.recv(65536)
            assert chunk, answer
            answer += chunk


# Transports

def test_transports(start: Start) -> None:
    unknown = '{"code":0,"message":"Transport unknown"}'
    server = start(transports="websocket")
    answer = handshake(server)
    assert (answer.status_code, answer.text) == (400, unknown)
    connection = open_websocket(server.url)
    assert receive(connection)
    connection.close()
    server = start(transports="polling")
    assert '"upgrades":[]' in handshake(server).text
    assert refused_upgrade(server) == (400, unknown)


def test_a_revision_that_is_not_known(start: Start) -> None:
    def opened(server: Server, query: str) -> str:
        answer = requests.get(f"{server.url}/engine.io/?{query}&transport=polling", timeout=60)
        return answer.text if answer.status_code == 200 else f"{answer.status_code} {answer.text}"
    unsupported = '400 {"code":5,"message":"Unsupported protocol version"}'
    server = start()
    for query in ("x=1", "EIO=", "EIO=1", "EIO=5", "EIO=abc"):
        assert opened(server, query) == unsupported
    # Clients of revision 2 get payloads of revision 3: a binary one, or one of text with its length before it.
    assert ':0{"sid"' in opened(server, "EIO=2&b64=1") and ':0{"sid"' in opened(server, "EIO=3&b64=1")
    server = start(assumedRevision="3")
    for query in ("x=1", "EIO=", "EIO=1", "EIO=5", "EIO=abc"):
        assert ':0{"sid"' in opened(server, query + "&b64=1")
    assert opened(server, "EIO=4").startswith('0{"sid"')
    server = start(assumedRevision="4", revisions="4")
    assert opened(server, "x=1").startswith('0{"sid"') and opened(server, "EIO=2") == unsupported
    connection = websocket.create_connection(
        server.url.replace("http", "ws", 1) + "/engine.io/?transport=websocket", timeout=60)
    assert str(receive(connection)).startswith('0{"sid"')
    connection.close()


def test_upgrades_off(start: Start) -> None:
    server = start(allowsUpgrades="false")
    session = Polling(server.url)
    assert session.handshake["upgrades"] == []
    connection = open_websocket(server.url, sid=session.sid)
    assert is_closed(connection)
    connection.shutdown()
    assert session.post("4still").text == "ok"
    assert session.get().text == "4still"


def test_upgrade_timeout(start: Start) -> None:
    server = start(upgradeTimeout=1500)
    session = Polling(server.url)
    connection = open_websocket(server.url, sid=session.sid)
    connection.send("2probe")
    assert connection.recv() == "3probe"
    began = time.monotonic()
    assert is_closed(connection)
    assert time.monotonic() - began < 8, "the default is 10 s"
    assert session.post("4still").text == "ok"
    assert "4still" in session.get().text


def test_old_generation_off(start: Start) -> None:
    server = start(revisions="4")
    answer = requests.get(f"{server.url}/engine.io/?EIO=3&transport=polling", timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (400, 5)
    assert handshake(server).status_code == 200
    server = start(revisions="3")
    assert handshake(server).json()["code"] == 5


# Limits and heartbeats

def test_max_payload(start: Start) -> None:
    server = start(maxPayload=2000)
    session = Polling(server.url)
    assert session.handshake["maxPayload"] == 2000
    assert session.post("4" + "a" * 1999).text == "ok"
    assert len(session.get().text) == 2000
    assert session.post("4" + "a" * 2000).status_code == 413
    connection = open_websocket(server.url)
    receive(connection)
    connection.send("4" + "a" * 2000)
    assert len(receive(connection)) == 2001
    connection.send("4" + "a" * 2001)
    opcode, data = connection.recv_data()
    assert (opcode, data[:2]) == (websocket.ABNF.OPCODE_CLOSE, (1009).to_bytes(2, "big"))
    connection.shutdown()


def test_poll_and_post_packets(start: Start) -> None:
    server = start(maxPollPackets=3, maxPostPackets=5)
    session = Polling(server.url)
    assert session.post("\x1e".join(f"4{index}" for index in range(5))).text == "ok"
    assert session.get().text == "40\x1e41\x1e42"
    assert session.get().text == "43\x1e44"
    assert session.post("\x1e".join(f"4{index}" for index in range(6))).status_code == 400


def test_poll_bytes(start: Start) -> None:
    """An answer has about maxPayload bytes at most, and 16 packets by default."""
    server = start(maxPayload=1000)
    session = Polling(server.url)
    for _ in range(4):
        assert session.post("4" + "a" * 399).text == "ok"
    assert [len(session.get().text) for _ in range(2)] == [801, 801]
    for _ in range(2):
        assert session.post("\x1e".join("4b" for _ in range(10))).text == "ok"
    assert session.get().text.count("4b") == 16


def test_ping_interval_and_timeout(start: Start) -> None:
    # The default is 25 s and 20 s.
    server = start(pingInterval=150, pingTimeout=2000)
    session = Polling(server.url)
    assert (session.handshake["pingInterval"], session.handshake["pingTimeout"]) == (150, 2000)
    assert session.get().text == "2"
    until(lambda: counters(server)["pingTimeouts"] == 1, "the silent session to end")
    assert session.get().status_code == 400


@pytest.mark.parametrize("revision", [4, 3])
def test_unmonitored_clients_stay(start: Start, revision: int) -> None:
    server = start(pingInterval=50, pingTimeout=50, monitorsClients="false")
    session = Polling(server.url, revision)
    connection = open_websocket(server.url, revision)
    assert str(connection.recv())[0] == "0"
    if revision == 4:
        # Heartbeats go on, although nobody answers: many times the timeout of a monitored client.
        assert [connection.recv() for _ in range(10)] == ["2"] * 10
        assert session.get().text == "2"
    else:
        monitored = start(pingInterval=50, pingTimeout=50)
        Polling(monitored.url, 3)
        until(lambda: counters(monitored)["pingTimeouts"] == 1, "a monitored client to be missed")
    assert counters(server)["pingTimeouts"] == 0
    assert session.post("4still" if revision == 4 else "6:4still").text == "ok"
    assert "4still" in session.get().text
    connection.close()


# Slow clients

def slow_websocket(server: Server) -> websocket.WebSocket:
    connection = open_websocket(server.url)
    assert str(receive(connection))[0] == "0"
    return connection


def test_slow_client_is_disconnected(start: Start) -> None:
    server = start(maxOutgoingBytes=100_000)
    session = Polling(server.url)
    assert session.post("4flood 100 10000").status_code in (200, 400)
    assert session.get().json()["code"] == 1
    counted = counters(server)
    assert counted["slowClients"] == 1 and counted["lostMessages"] == 10, counted
    connection = slow_websocket(server)
    connection.send("4flood 2000 50000")
    until(lambda: counters(server)["slowClients"] == 2, "the WebSocket to be given up")
    # An operator can tell who it was.
    for transport in ("polling", "websocket"):
        until(lambda: any("reads too slowly" in line and f"transport={transport}" in line and "remote=127.0.0.1" in line
                          for line in server.output), f"the slow client on {transport} to be named")
    assert counters(server)["lostBytes"] > 0
    connection.shutdown()


def test_messages_for_a_slow_client_are_dropped(start: Start) -> None:
    server = start(maxOutgoingBytes=100_000, slowClientPolicy="drop")
    session = Polling(server.url)
    assert session.post("4flood 100 10000").text == "ok"
    got = 0
    while got < 9:
        got += session.get().text.count("4x")
    assert counters(server)["droppedMessages"] == 91
    assert session.post("4hello").text == "ok"
    assert session.get().text == "4hello"


def test_waiting_for_a_slow_client(start: Start) -> None:
    """What is sent patiently arrives as a whole, however little may wait."""
    server = start(maxOutgoingBytes=100_000, slowClientPolicy="wait")
    session = Polling(server.url)
    assert session.post("4patient 100 10000").text == "ok"
    got = 0
    while got < 100:
        got += session.get().text.count("4x")
    connection = slow_websocket(server)
    connection.send("4patient 50 50000")
    for _ in range(50):
        assert len(receive(connection)) == 50_001
    counted = counters(server)
    assert counted["slowClients"] == counted["droppedMessages"] == counted["lostMessages"] == 0, counted
    # Who does not wait is stopped at the limit all the same.
    session = Polling(server.url)
    session.post("4flood 100 10000")
    assert counters(server)["slowClients"] == 1
    connection.close()


def test_events_wait_for_a_slow_client(start: Start) -> None:
    """With the policy `wait` a client that does not read what it asked for is not served further, and loses nothing."""
    server = start(maxOutgoingBytes=300_000, slowClientPolicy="wait", pingInterval=20_000)
    connection = open_websocket(server.url, path="/socket.io/")
    connection.recv()
    connection.send("40")
    assert connection.recv().startswith("40")
    # 60 events whose answers are far more than may wait.
    def send() -> None:
        for number in range(60):
            connection.send(f'42{number}["echo",{number},"{"x" * 100_000}"]')
    threading.Thread(target=send).start()
    for number in range(60):
        assert receive(connection).startswith(f"43{number}[{number},")
    connection.send('42["patient",50,50000]')
    for _ in range(50):
        assert len(receive(connection)) > 50_000
    counted = counters(server)
    assert counted["slowClients"] == counted["lostMessages"] == 0, counted
    connection.close()


# Addresses

def test_sessions_of_an_address(start: Start) -> None:
    server = start(maxSessionsPerAddress=2, trustedProxies="127.0.0.1")
    first = Polling(server.url)
    connection = open_websocket(server.url)
    receive(connection)
    answer = handshake(server)
    assert (answer.status_code, answer.json()["code"]) == (429, 4)
    assert refused_upgrade(server)[0] == 429
    assert handshake(server, X_Forwarded_For="203.0.113.7").status_code == 200
    # Clients of one IPv6 network are one client.
    assert [handshake(server, X_Forwarded_For=f"2001:db8::{n}").status_code for n in (1, 2, 3)] == [200, 200, 429]
    assert counters(server)["refusedByAddress"] == 3
    first.post("1")
    until(lambda: handshake(server).status_code == 200, "the place to be given back")
    connection.close()


def test_connections_of_an_address(start: Start) -> None:
    server = start(connectionLimit=3)
    opened = []
    for _ in range(3):
        # One after the other: an answer shows that the connection was counted.
        opened.append(socket.create_connection(("127.0.0.1", server.port), timeout=60))
        opened[-1].sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert opened[-1].recv(4096).startswith(b"HTTP/1.1 404")

    def is_refused() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as further:
                further.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                return further.recv(10) == b""
        except ConnectionError:
            return True
    until(is_refused, "a further connection to be refused")
    for connection in opened:
        connection.close()
    until(lambda: not is_refused(), "the places to be given back")
    assert counters(server)["refusedConnections"] >= 1


# Compression of polls

def fill(session: Polling, size: int) -> None:
    assert session.post("4" + "a" * (size - 1)).text == "ok"


def raw_poll(session: Polling, accepted: str | None) -> requests.Response:
    answer = requests.get(session.url, headers={"Accept-Encoding": accepted}, timeout=60, stream=True)
    answer.body = answer.raw.read(decode_content=False)
    return answer


@pytest.mark.parametrize("accepted,coding", [
    ("gzip", "gzip"), ("deflate", "deflate"), ("gzip, deflate", "gzip"), ("gzip;q=0.5, deflate;q=0.8", "deflate"),
    ("GZIP ; Q=0.4", "gzip"), ("*", "gzip"), ("gzip;q=0, *;q=0.1", "deflate"), ("identity, gzip;q=0.5", None),
    ("br", None), ("gzip;q=0", None), (None, None), ("gzip;q=x", None),
])
def test_http_compression(start: Start, accepted: str | None, coding: str | None) -> None:
    session = Polling(start().url)
    fill(session, 1024)
    answer = raw_poll(session, accepted)
    assert answer.headers.get("Content-Encoding") == coding
    assert "Accept-Encoding" in answer.headers["Vary"]
    body = answer.body
    if coding:
        assert len(body) < 100
        body = zlib.decompress(body, 31 if coding == "gzip" else 15)
    assert body == b"4" + b"a" * 1023


def test_http_compression_threshold(start: Start) -> None:
    session = Polling(start().url)
    fill(session, 1023)
    assert "Content-Encoding" not in raw_poll(session, "gzip").headers
    session = Polling(start(httpCompression=10).url)
    fill(session, 100)
    assert raw_poll(session, "gzip").headers["Content-Encoding"] == "gzip"
    session = Polling(start(httpCompression="off").url)
    fill(session, 100_000)
    answer = raw_poll(session, "gzip")
    assert "Content-Encoding" not in answer.headers and "Vary" not in answer.headers
    assert len(answer.body) == 100_000


def test_http_compression_of_jsonp_and_binary(start: Start) -> None:
    server = start()
    session = Polling(server.url, 3)
    content = bytes([4]) + bytes(2000)
    assert session.post(bytes([1, 2, 0, 0, 1, 255]) + content, "application/octet-stream").text == "ok"
    assert session.get().content == bytes([1, 2, 0, 0, 1, 255]) + content
    body = requests.get(f"{server.url}/engine.io/?EIO=3&transport=polling&j=0", timeout=60).text
    sid = body.split('\\"sid\\":\\"')[1].split('\\"')[0]
    url = f"{server.url}/engine.io/?EIO=3&transport=polling&j=0&sid={sid}"
    assert requests.post(url, data={"d": "2001:4" + "a" * 2000}, timeout=60).status_code == 200
    answer = requests.get(url, timeout=60)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text == "___eio[0](\"2001:4" + "a" * 2000 + "\");"


# Access log

def test_access_log(start: Start) -> None:
    server = start(accessLog="combined,duration")
    handshake(server, User_Agent='agent "x"\xe9', Referer="http://page.example/")
    open_websocket(server.url).close()
    requests.get(server.url + "/nowhere", timeout=60)

    def lines() -> list[str]:
        return [line[8:] for line in server.output if line.startswith("access: ")]
    assert exchange(server.port, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
    until(lambda: len(lines()) >= 4, "four lines")
    date = r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\]"
    first, second, third, fourth = lines()
    assert re.fullmatch(
        rf'127\.0\.0\.1 - - {date} "GET /engine\.io/ HTTP/1\.1" 200 \d+ "http://page\.example/" '
        r'"agent \\"x\\"\\xe9" \d+\.\d{3}', first), first
    assert re.fullmatch(rf'127\.0\.0\.1 - - {date} "GET /engine\.io/ HTTP/1\.1" 101 - "-" .* \d+\.\d{{3}}', second), second
    assert '"GET /nowhere HTTP/1.1" 404' in third
    assert re.fullmatch(rf'127\.0\.0\.1 - - {date} "-" 400 - "-" "-" -', fourth), fourth
    server = start(accessLog="common,query", trustedProxies="127.0.0.1")
    handshake(server, X_Forwarded_For="203.0.113.7")
    until(lambda: any(line.startswith("access: ") for line in server.output), "a line")
    line = next(line[8:] for line in server.output if line.startswith("access: "))
    assert re.fullmatch(rf'203\.0\.113\.7 - - {date} "GET {re.escape(GET)} HTTP/1\.1" 200 \d+', line), line
    server = start()
    handshake(server)
    assert not any(line.startswith("access: ") for line in server.output)


# Wrong values

@pytest.mark.parametrize("setting,message", [
    ("pingInterval=0", "pingInterval is 0"), ("maxPayload=0", "maxPayload is 0"), ("transports=", "transports is empty"),
    ("revisions=", "revisions is empty"), ("clientFiles=/nowhere", 'clientFiles is "/nowhere"'), ("origins=example.com", 'origins has "example.com"'),
    ("origins=https://a.example/", 'origins has "https://a.example/"'), ("cookie=a b", 'cookie.name is "a b"'),
    ("httpCompression=0", "httpCompression.threshold is 0"), ("trustedProxies=10.0.0.0/33", "10.0.0.0/33"),
    ("maxSessionsPerAddress=0", "maxSessionsPerAddress is 0"), ("connectionLimit=0", "connectionLimit is 0"),
    ("deflate.serverMaxWindowBits=8", "webSocketCompression.serverMaxWindowBits is 8"),
    ("deflate.level=10", "webSocketCompression.compressionLevel is 10"), ("preflightMaxAge=-1", "preflightMaxAge is -1"),
])
def test_wrong_values_are_named(setting: str, message: str) -> None:
    server = Server("option-server", "--set", setting)
    assert server.process.wait(60) != 0
    until(lambda: message in server.text, f"the error to say {message}: {server.text}")


# Connections of HTTP

@pytest.mark.parametrize("setting,request_,status", [
    ("maxRequestLineBytes=100", b"GET /%s HTTP/1.1\r\nHost: x\r\n" % (b"a" * 150), 414),
    ("maxHeadBytes=300", b"GET / HTTP/1.1\r\nHost: x\r\nX: %s\r\n" % (b"a" * 350), 431),
    ("maxFieldCount=3", b"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n", 431),
    ("maxBodyBytes=10", b"POST /counters HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n", 413),
    ("maxChunkLineBytes=18", b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n", 400),
])
def test_limits_of_requests(start: Start, setting: str, request_: bytes, status: int) -> None:
    name, value = setting.split("=")
    content = {413: b"x" * 11, 400: b"1;a=" + b"b" * 20 + b"\r\nx\r\n0\r\n\r\n"}.get(status, b"")
    whole = request_ + b"Connection: close\r\n\r\n" + content
    assert exchange(start().port, whole).startswith(b"HTTP/1.1 404")
    assert exchange(start(**{f"limits__{name}": value}).port, whole).startswith(b"HTTP/1.1 %d" % status)


def test_requests_that_do_not_come(start: Start) -> None:
    server = start(requestTimeout=1000)
    for begun in (b"", b"GET / HTTP/1.1\r\nHo", b"POST /counters HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(begun)
            assert connection.recv(100) == b""


def test_idle_connections_are_closed(start: Start) -> None:
    server = start(keepAliveTimeout=200)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 404") and b"Connection: close" not in answer


def test_what_is_pipelined_is_bounded(start: Start) -> None:
    """While a poll waits, no more is read than the option says: the sender comes to feel it."""
    total = 32 << 20

    def taken(limit: int, patience: float) -> int:
        server = start(maxPipelinedBytes=limit, pingInterval=600_000)
        session = Polling(server.url)
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
            connection.sendall(f"GET {session.url[len(server.url):]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connection.setblocking(False)
            lines = b"GET /counters HTTP/1.1\r\nHost: x\r\n\r\n" * 1000
            sent = 0
            while sent < total and select.select([], [connection], [], patience)[1]:
                sent += connection.send(lines)
        return sent
    # The buffers of the kernel take some MiB.
    assert taken(1000, 1) < total / 2
    assert taken(1 << 30, 120) >= total


# Polls that are lost

def test_packets_of_a_lost_poll_are_delivered(start: Start) -> None:
    """A client that vanishes while its poll waits gets what was meant for it with the next poll."""
    server = start()
    for _ in range(20):
        session = Polling(server.url)
        waiting = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        waiting.sendall(f"GET {GET}&sid={session.sid} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        waiting.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        thread = threading.Thread(target=waiting.close)
        thread.start()
        assert session.post("4hello").text == "ok"
        thread.join()
        # Either the system took the packet before it heard of the reset, or the packet is still there.
        session.post("4again")
        text = session.get().text
        assert text in ("4hello\x1e4again", "4again", "4hello"), text
