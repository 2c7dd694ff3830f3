"""HTTP on the wire: what request smuggling lives on is refused, and the connection is not used again."""
import email.utils
import re
import socket
import time

import pytest

from raw import exchange
from servers import Server

GOOD = b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
BAD = {
    "bare line feed": b"GET / HTTP/1.1\nHost: a\r\n\r\n",
    "bare carriage return": b"GET / HTTP/1.1\r\nHost: a\rb: c\r\n\r\n",
    "folded line": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
    "space before colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "length twice": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "list of lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na",
    "length with sign": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na",
    "huge length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\na",
    "length and coding": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "other coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding in 1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad method": b"G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "bad target": b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "bad version": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "bad expectation": b"GET / HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n",
    "long head": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    "many fields": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 1100 + b"\r\n",
}


@pytest.mark.parametrize("case", BAD)
def test_bad_requests_are_refused(server: Server, case: str) -> None:
    for pieces in (1, 7):
        answer = exchange(server.port, BAD[case] + GOOD, pieces)
        assert answer == b"" or answer.split(b" ")[1][:1] in (b"4", b"5"), answer[:80]
        assert len(re.findall(rb"HTTP/1.1 \d", answer)) <= 1, "the connection was used again"


@pytest.mark.parametrize("size", [b"", b"-1", b"0x1", b"g", b"1 1", b"fffffffffffffffff"])
def test_bad_chunk_sizes_are_refused(server: Server, size: bytes) -> None:
    head = b"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = exchange(server.port, head + size + b"\r\na\r\n0\r\n\r\n" + GOOD)
    assert answer.count(b"HTTP/1.1 404") == 0


def test_pipelining_and_pieces(server: Server) -> None:
    request = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n" * 3 + GOOD
    for pieces in (1, 3, len(request)):
        assert exchange(server.port, request, pieces).count(b"HTTP/1.1 404") == 4


def test_large_heads_are_accepted(server: Server) -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 120) for number in range(95))
    answer = exchange(server.port, b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 404")


def test_chunked_and_expect(server: Server) -> None:
    start = exchange(server.port, b"GET /engine.io/?EIO=4&transport=polling HTTP/1.0\r\n\r\n")
    assert start.startswith(b"HTTP/1.1 200") and b"chunked" not in start
    sid = start.split(b'"sid":"')[1].split(b'"')[0]
    answer = exchange(
        server.port, b"POST /engine.io/?EIO=4&transport=polling&sid=" + sid + b" HTTP/1.1\r\nHost: a\r\n"
        b"Expect: 100-continue\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;x=y\r\n4he\r\n3\r\nllo\r\n0\r\nTrailer: a\r\n\r\n", 5)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK") and answer.endswith(b"ok")


def test_every_answer_has_its_date(server: Server) -> None:
    for request in (GOOD, BAD["no host"], BAD["long head"],
                    b"GET /socket.io/?EIO=4&transport=polling HTTP/1.0\r\nHost: a\r\n\r\n"):
        date = re.findall(rb"\r\nDate: ([^\r]{29})\r\n", exchange(server.port, request))
        assert len(date) == 1
        age = time.time() - email.utils.parsedate_to_datetime(date[0].decode()).timestamp()
        assert -2 < age < 60


def test_who_has_ended_gets_every_answer(server: Server) -> None:
    """Whatever is sent before this side ends is answered, and then the connection is closed."""
    poll = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n"
    other = b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"
    for requests in ([other] * 4, [poll] * 4, [poll, other, poll, other], [other]):
        for rest in (b"", b"GET /unfin"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
                connection.sendall(b"".join(requests) + rest)
                connection.shutdown(socket.SHUT_WR)
                answer = b""
                while chunk := connection.recv(65536):
                    answer += chunk
            assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"404" if each is other else b"200" for each in requests]
