"""Static files, content in pieces, and the client's own file, over real HTTP."""
import email.utils
import os
import pathlib
import socket
import subprocess

import pytest
import requests

from option_server import Start
from raw import exchange
from servers import Server
from waiting import until

TEXT = b"0123456789" * 10
LARGE = bytes(n * 7 % 251 for n in range(1_000_003))


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder to be served, and around it what must never be."""
    public = tmp_path / "public"
    (public / "sub" / "deep").mkdir(parents=True)
    (public / "empty").mkdir()
    (public / "a.txt").write_bytes(TEXT)
    (public / "large.bin").write_bytes(LARGE)
    (public / "nothing.css").write_bytes(b"")
    (public / "index.html").write_bytes(b"<p>top")
    (public / "sub" / "index.html").write_bytes(b"<p>sub")
    (public / "sub" / "deep" / "x.SVG").write_bytes(b"<svg/>")
    (public / "na me \u00fc.json").write_bytes(b"{}")
    (public / "main.swift").write_bytes(b"print()")
    (public / ".hidden").write_bytes(b"hidden")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (public / "out.txt").symlink_to(tmp_path / "secret.txt")
    (public / "up").symlink_to("..")
    (public / "in.txt").symlink_to("a.txt")
    os.mkfifo(public / "pipe")
    return public


@pytest.fixture
def files(start: Start, folder: pathlib.Path) -> Server:
    return start("--files", str(folder))


def get(server: Server, path: str, **headers: str) -> requests.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.get(f"{server.url}/files/{path}", headers=names, timeout=30, allow_redirects=False)


def test_files_and_types(files: Server) -> None:
    for path, content, kind in [
        ("a.txt", TEXT, "text/plain; charset=utf-8"), ("", b"<p>top", "text/html; charset=utf-8"),
        ("sub/", b"<p>sub", "text/html; charset=utf-8"), ("sub/deep/x.SVG", b"<svg/>", "image/svg+xml"),
        ("na%20me%20%C3%BC.json", b"{}", "application/json"), ("large.bin", LARGE, "application/octet-stream"),
        ("nothing.css", b"", "text/css; charset=utf-8"), ("a.txt?v=%2e%2e", TEXT, "text/plain; charset=utf-8"),
        ("main.swift", b"print()", "text/x-swift"),
    ]:
        answer = get(files, path)
        assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, content, kind)
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-cache"
        head = requests.head(f"{files.url}/files/{path}", timeout=30)
        assert head.headers["Content-Length"] == str(len(content)) and head.headers["ETag"] == answer.headers["ETag"]
        assert not head.content
    answer = get(files, "sub?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/files/sub/?a=b")
    assert get(files, "empty/").status_code == 404 and get(files, "a.txt/").status_code == 404
    answer = requests.post(f"{files.url}/files/a.txt", timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", [
    "../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "sub/../../secret.txt", "sub/%2E./%2e%2e/secret.txt", "./a.txt",
    "%2e/a.txt", "//a.txt", "/a.txt", "sub//index.html", "sub%2Findex.html", "a.txt%00", "%00", "%", "%zz", "a%2", "%ff.txt",
    "out.txt", "up/secret.txt", "up/public/a.txt", "in.txt", ".hidden", "%2ehidden", "pipe", "nowhere", "a.txt/x",
    "x" * 300, "..\\secret.txt", "/etc/passwd", "%2Fetc%2Fpasswd",
])
def test_nothing_else_is_served(files: Server, path: str) -> None:
    answer = exchange(files.port, f"GET /files/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 "), answer
    assert b"secret" not in answer


def test_paths_of_other_places(files: Server) -> None:
    for path in ("/files", "/", "/filesa.txt", "/other/a.txt"):
        assert requests.get(files.url + path, timeout=30).status_code == 404


def test_conditions(files: Server, folder: pathlib.Path) -> None:
    first = get(files, "a.txt")
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    assert email.utils.parsedate_to_datetime(date).timestamp() == int((folder / "a.txt").stat().st_mtime)
    now = email.utils.parsedate_to_datetime(date)
    later, earlier = (email.utils.format_datetime(now.replace(year=now.year + d), usegmt=True) for d in (1, -1))
    old_forms = (now.strftime("%A, %d-%b-%y %H:%M:%S GMT"), now.strftime("%a %b %e %H:%M:%S %Y"))
    for headers, status in [
        ({"If_None_Match": tag}, 304), ({"If_None_Match": "W/" + tag}, 304), ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": f'"x", {tag}'}, 304), ({"If_None_Match": '"x"'}, 200), ({"If_None_Match": '"x'}, 200),
        ({"If_Modified_Since": date}, 304), ({"If_Modified_Since": later}, 304), ({"If_Modified_Since": earlier}, 200),
        ({"If_Modified_Since": old_forms[0]}, 304), ({"If_Modified_Since": old_forms[1]}, 304),
        ({"If_Modified_Since": "yesterday"}, 200),
        # The tag is the better witness.
        ({"If_None_Match": '"x"', "If_Modified_Since": later}, 200), ({"If_None_Match": tag, "If_Modified_Since": earlier}, 304),
        ({"If_Match": tag}, 200), ({"If_Match": "*"}, 200), ({"If_Match": '"x"'}, 412), ({"If_Match": "W/" + tag}, 412),
        ({"If_Unmodified_Since": date}, 200), ({"If_Unmodified_Since": earlier}, 412),
        ({"If_Match": tag, "If_Unmodified_Since": earlier}, 200), ({"If_Match": '"x"', "If_None_Match": tag}, 412),
    ]:
        answer = get(files, "a.txt", **headers)
        assert answer.status_code == status, headers
        assert answer.content == (TEXT if status == 200 else b"" if status == 304 else b"Precondition failed\n")
        if status == 304:
            assert answer.headers["ETag"] == tag and answer.headers["Last-Modified"] == date
    # A file that was changed has another tag.
    (folder / "a.txt").write_bytes(TEXT[::-1])
    assert get(files, "a.txt", If_None_Match=tag).content == TEXT[::-1]


def test_ranges(files: Server) -> None:
    tag = get(files, "a.txt").headers["ETag"]
    date = get(files, "a.txt").headers["Last-Modified"]
    for asked, expected in [
        ("bytes=0-0", (0, 1)), ("bytes=10-19", (10, 20)), ("bytes=90-", (90, 100)), ("bytes=-5", (95, 100)),
        ("bytes=-500", (0, 100)), ("bytes=99-1000", (99, 100)), ("Bytes= 1 - 2", (1, 3)),
        ("bytes=0-99999999999999999999", (0, 100)), ("bytes=100-", None), ("bytes=-0", None),
        ("bytes=99999999999999999999-", None),
        # What is no single range of bytes is passed over.
        ("bytes=5-4", ()), ("bytes=", ()), ("bytes=-", ()), ("bytes=a-b", ()), ("lines=0-1", ()), ("bytes=0-1,3-4", ()),
        ("bytes=+1-2", ()),
    ]:
        answer = get(files, "a.txt", Range=asked)
        if expected is None:
            assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */100"), asked
        elif expected:
            start, end = expected
            assert (answer.status_code, answer.content) == (206, TEXT[start:end]), asked
            assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/100"
        else:
            assert (answer.status_code, answer.content) == (200, TEXT), asked
            assert answer.headers["Accept-Ranges"] == "bytes"
    for condition, status in [(tag, 206), (date, 206), ('"x"', 200), ("W/" + tag, 200),
                              ("Sun, 06 Nov 1994 08:49:37 GMT", 200), ("x", 200)]:
        assert get(files, "a.txt", Range="bytes=1-2", If_Range=condition).status_code == status, condition
    answer = get(files, "large.bin", Range="bytes=100-900000")
    assert (answer.status_code, answer.content) == (206, LARGE[100:900_001])
    assert get(files, "nothing.css", Range="bytes=0-").status_code == 416
    assert requests.head(f"{files.url}/files/a.txt", headers={"Range": "bytes=1-2"}, timeout=30).status_code == 200


def test_curl_goes_on_where_it_stopped(files: Server, tmp_path: pathlib.Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(LARGE[:300_000])
    subprocess.run(["curl", "-sS", "-C", "-", "-o", str(part), f"{files.url}/files/large.bin"], check=True, timeout=60)
    assert part.read_bytes() == LARGE


def test_content_in_pieces(files: Server) -> None:
    whole = b"".join(bytes([n % 251]) * 10_000 for n in range(300))
    session = requests.Session()
    for _ in range(2):
        assert session.get(f"{files.url}/stream", timeout=30).content == whole
    assert session.head(f"{files.url}/stream", timeout=30).headers["Content-Length"] == "3000000"
    # What follows in the pipeline waits its turn; who has ended its side gets all the same.
    ask = b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + b"GET /files/a.txt HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", files.port), timeout=30) as connection:
        connection.sendall(ask)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.count(b"HTTP/1.1 200 OK") == 3 and answer.count(whole) == 2 and answer.endswith(TEXT)
    # What breaks off is seen to.
    with pytest.raises(requests.RequestException):
        session.get(f"{files.url}/broken", timeout=30)
    until(lambda: "came at 1000000, but content of 3000000 was announced" in files.text, "the reason to be logged")


def test_who_does_not_read_is_given_up(start: Start, folder: pathlib.Path) -> None:
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(4 << 30)
    server = start("--files", str(folder), keepAliveTimeout=500)
    before = server.descriptors()
    connections = []
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        connection.sendall(b"GET /files/huge.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        connections.append(connection)
    for connection in connections:
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")
    assert get(server, "a.txt").content == TEXT
    # Twenty times 4 GiB are not read: neither are they in memory, nor is anybody waited for for ever.
    until(lambda: server.descriptors() <= before + 1, "the connections and files to be closed")
    resident = int(pathlib.Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]) * 4096
    assert resident < 500 << 20
    for connection in connections:
        connection.close()


def test_the_clients_file(start: Start, tmp_path: pathlib.Path) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    names = ["socket.io.js", "socket.io.js.map", "socket.io.min.js", "socket.io.msgpack.min.js", "socket.io.esm.min.js"]
    for name in [*names, "socket.io.txt", "index.js"]:
        (dist / name).write_text(name)
    server = start(clientFiles=dist)
    for name in names:
        answer = requests.get(f"{server.url}/socket.io/{name}?x=1", timeout=30)
        assert (answer.status_code, answer.text) == (200, name)
        assert answer.headers["Cache-Control"] == "public, max-age=0"
        kind = "application/json" if name.endswith("map") else "text/javascript; charset=utf-8"
        assert answer.headers["Content-Type"] == kind
        again = requests.get(
            f"{server.url}/socket.io/{name}", headers={"If-None-Match": answer.headers["ETag"]}, timeout=30)
        assert again.status_code == 304
    for name in ("socket.io.txt", "socket.io.esm.js", "socket.io.", "socket.io.js/", "socket.io.js/../index.js"):
        url = f"GET /socket.io/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert exchange(server.port, url.encode()).startswith(b"HTTP/1.1 404 "), name
    assert requests.get(f"{server.url}/socket.io/?EIO=4&transport=polling", timeout=30).status_code == 200
    # One file, whatever its name; a link to it will do.
    (tmp_path / "link.js").symlink_to(dist / "socket.io.min.js")
    server = start(clientFiles=tmp_path / "link.js")
    assert requests.get(f"{server.url}/socket.io/socket.io.js", timeout=30).text == "socket.io.min.js"
    assert requests.get(f"{server.url}/socket.io/socket.io.min.js", timeout=30).status_code == 404
    server = start()
    assert requests.get(f"{server.url}/socket.io/socket.io.js", timeout=30).status_code == 400
