"""The official JavaScript clients in headless Chromium."""
import http.server
import threading
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from certificates import Authority
from option_server import serving
from servers import MODES, PEERS, Server
from waiting import until

SCRIPT = """
const [url, transports, old, done] = [arguments[0], arguments[1], arguments[2], arguments[3]];
const log = {};
const options = { transports, forceNew: true, reconnection: false, auth: { name: "browser" } };
const socket = io(url, options), custom = io(url + "/custom", options), refused = io(url + "/reject", options);
const heard = (target, name) => new Promise((resolve) => target.once(name, (...data) => resolve(data)));
const call = (target, ...event) => new Promise((resolve) => target.emit(...event, (...data) => resolve(data)));
const bytes = (data) => Array.from(new Uint8Array(data));
(async () => {
  socket.on("question", (data, answer) => answer(data, new Uint8Array([9]).buffer));
  const refusal = heard(refused, old ? "error" : "connect_error");
  await heard(socket, "connect");
  if (transports.length === 2) {
    const engine = socket.io.engine;
    if (engine.transport.name === "polling") await new Promise((resolve) => engine.once("upgrade", resolve));
  }
  log.transport = socket.io.engine.transport.name;
  const values = ["text \\u{1F389}", 1, 2.5, null, { deep: [true] }];
  log.ack = await call(socket, "message-with-ack", ...values);
  const back = heard(socket, "message-back");
  socket.emit("message", 1, new Uint8Array([1, 2, 255]).buffer, { deep: new Uint8Array([3]).buffer });
  const message = await back;
  log.binary = [message[0], bytes(message[1]), bytes(message[2].deep)];
  const answer = heard(socket, "answer");
  socket.emit("ask", "how");
  const [how, nine] = await answer;
  log.answer = [how, bytes(nine)];
  await call(socket, "join", "browsers");
  const room = heard(socket, "room");
  socket.emit("room", "browsers", "hello");
  log.room = await room;
  log.custom = await call(custom, "message-with-ack", "custom");
  const [error] = await refusal;
  log.refusal = old ? error : { message: error.message, data: error.data };
  const kicked = heard(custom, "disconnect");
  custom.emit("kick");
  log.kicked = (await kicked)[0];
  const closed = heard(socket, "disconnect");
  socket.emit("kick-transport");
  log.closed = (await closed)[0];
  done(log);
})().catch((error) => done({ error: String(error) }));
"""


class Pages(http.server.SimpleHTTPRequestHandler):
    """An empty page, and the client libraries."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, directory=str(PEERS / "js"), **options)

    def log_message(self, *arguments) -> None:
        pass

    def do_GET(self) -> None:
        if not self.path.startswith("/page-"):
            return super().do_GET()
        body = f"<!doctype html><script src='/{self.path[6:]}.js'></script>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# The first page of Flask-SocketIO's manual, as it stands there; the page has loaded the library already.
MANUAL = r"""
var socket = io();
socket.on('connect', function() {
    socket.emit('my event', {data: 'I\'m connected!'});
});
"""


def make_browser(*flags: str) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1100,760", *flags):
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    browser.set_script_timeout(60)
    return browser


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    driver = make_browser()
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]], ids="-".join)
@pytest.mark.parametrize("version", ["4.8.1", "4.1.2", "3.1.3", "2.0.3"])
def test_official_client(patient_server: Server, browser: webdriver.Chrome, pages: str, version: str, transports: list) -> None:
    old = version.startswith("2")
    browser.get(f"{pages}/page-{version}")
    log = browser.execute_async_script(SCRIPT, patient_server.url, transports, old)
    assert "error" not in log, log
    assert log["transport"] == transports[-1]
    assert log["ack"] == ["text 🎉", 1, 2.5, None, {"deep": [True]}]
    assert log["binary"] == [1, [1, 2, 255], [3]]
    assert log["answer"] == ["how", [9]]
    assert log["room"] == ["hello"]
    assert log["custom"] == ["custom"]
    assert log["refusal"] == ({"code": 42} if old else {"message": "nope", "data": {"code": 42}})
    assert log["kicked"] == "io server disconnect"
    assert log["closed"] in ("transport close", "io server disconnect")


def test_forced_jsonp(patient_server: Server, pages: str) -> None:
    # A browser of its own: it keeps the connections of script elements open until it ends.
    driver = make_browser()
    try:
        driver.get(f"{pages}/page-2.0.3")
        script = SCRIPT.replace("reconnection: false,", "reconnection: false, forceJSONP: true,")
        log = driver.execute_async_script(script, patient_server.url, ["polling"], True)
        assert "error" not in log, log
        assert log["transport"] == "polling"
        assert log["binary"] == [1, [1, 2, 255], [3]]
        assert log["answer"] == ["how", [9]]
        loaded = driver.execute_script(
            "return performance.getEntriesByType('resource').map((entry) => entry.initiatorType + entry.name)")
        assert any(entry.startswith("script") and "&j=0" in entry for entry in loaded), loaded
    finally:
        driver.quit()


@pytest.mark.parametrize("mode", MODES)
def test_first_page_of_the_manual(browser: webdriver.Chrome, mode: str) -> None:
    with serving(mode) as server:
        browser.get(server.url + "/counters")
        browser.execute_script("window.exports = window.module = undefined;" + (PEERS / "js" / "2.0.3.js").read_text())
        browser.execute_script(MANUAL.replace("var socket", "window.socket"))
        until(lambda: "received my event: {\"data\":\"I'm connected!\"}" in server.text, "the event")
        answer = browser.execute_async_script(
            "const done = arguments[0]; window.socket.emit('my event', {data: 'again'}, (...data) => done(data));")
        assert answer == ["one", 2]
        browser.execute_script("window.socket.close()")


@pytest.mark.parametrize("mode", MODES)
def test_official_client_over_tls(mode: str, tmp_path) -> None:
    certificate, key = Authority(tmp_path).sign("localhost")
    server = Server("conformance-server", "--async-mode", mode, "--certificate", certificate, "--key", key).wait_ready()
    url = f"https://localhost:{server.port}"
    driver = make_browser("--ignore-certificate-errors")
    try:
        # The page comes over TLS too: a browser opens no connection from a page that is not secure to one that is.
        driver.get(url + "/connection")
        assert "secure: true" in driver.page_source
        driver.execute_script((PEERS / "js" / "4.8.1.js").read_text())
        for transports in (["polling"], ["websocket"], ["polling", "websocket"]):
            log = driver.execute_async_script(SCRIPT, url, transports, False)
            assert "error" not in log, log
            assert log["transport"] == transports[-1]
            assert log["ack"] == ["text 🎉", 1, 2.5, None, {"deep": [True]}]
            assert log["binary"] == [1, [1, 2, 255], [3]]
    finally:
        driver.quit()
    assert server.stop() == 0


@pytest.mark.parametrize("mode", ["libuv", "structured", "threads"])
def test_chat(mode: str, tmp_path) -> None:
    chat = Server("chat", "--async-mode", mode, "--client", str(PEERS / "js" / "4.8.1.js")).wait_ready()
    first, second = make_browser(), make_browser()
    try:
        for driver, name in ((first, "Ada"), (second, "Grace")):
            driver.get(chat.url)
            driver.find_element("id", "name").send_keys(name)
            driver.find_element("id", "join").click()
            until(lambda: driver.find_element("tag name", "body").get_attribute("data-state") == "inside",  # noqa: B023
                  f"{name} to be let in")
            # The connection begins with long-polling and moves to a WebSocket.
            until(lambda: driver.find_element("tag name", "body").get_attribute("data-upgraded") == "true"  # noqa: B023
                  and driver.find_element("tag name", "body").get_attribute("data-transport") == "websocket",  # noqa: B023
                  "the upgrade")
        until(lambda: len(first.find_elements("css selector", "#people li")) == 2, "both to be listed")
        second.find_element("id", "message").send_keys("He")
        until(lambda: "Grace is writing" in first.find_element("id", "typing").text, "the typing notice")
        second.find_element("id", "message").send_keys("llo Ada")
        second.find_element("id", "send").click()
        until(lambda: "Hello Ada" in first.find_element("id", "messages").text, "the message")
        until(lambda: second.find_elements("css selector", ".message.mine[data-delivered='true']"), "the acknowledgement")
        first.find_element("id", "message").send_keys("Good to see you, Grace.\n")
        until(lambda: "Good to see you" in second.find_element("id", "messages").text, "the reply")
        picture = tmp_path / "picture.png"
        first.save_screenshot(str(picture))
        first.find_element("id", "image").send_keys(str(picture))
        until(lambda: second.execute_script(
            "const image = document.querySelector('.message img'); return image && image.naturalWidth"), "the image")
        shots = PEERS / "shots"
        shots.mkdir(exist_ok=True)
        second.save_screenshot(str(shots / f"chat-{mode}.png"))
        # On a phone nothing goes beyond the edge.
        second.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": 360, "height": 720, "deviceScaleFactor": 1, "mobile": True})
        beyond = ("return [...document.querySelectorAll('body *')]"
                  ".filter((part) => part.getBoundingClientRect().right > 361).map((part) => part.outerHTML)")
        until(lambda: second.execute_script("return innerWidth") == 360, "the small screen")
        assert second.execute_script(beyond) == []
        second.save_screenshot(str(shots / f"chat-phone-{mode}.png"))
    finally:
        first.quit()
        second.quit()
    assert chat.stop() == 0


def fill(driver: webdriver.Chrome, form: str, **values: str) -> None:
    """Fills a form in and submits it."""
    element = driver.find_element("css selector", form)
    for name, value in values.items():
        field = element.find_element("name", name)
        field.clear()
        field.send_keys(value)
    element.find_element("tag name", "button").click()


def text(driver: webdriver.Chrome, selector: str) -> str:
    return driver.find_element("css selector", selector).text


@pytest.mark.parametrize("mode", MODES)
def test_demo(mode: str) -> None:
    demo = Server("demo", "--async-mode", mode, "--every", "0.5", "--client", str(PEERS / "js" / "4.8.1.js")).wait_ready()
    first, second = make_browser(), make_browser()

    def both_see(words: str) -> None:
        for driver in (first, second):
            until(lambda: words in text(driver, "#log"), f"{words} in {text(driver, '#log')}")  # noqa: B023

    def event(name: str) -> str:
        return f"form[data-event={name}]"

    try:
        for driver in (first, second):
            driver.get(demo.url)
            until(lambda: text(driver, "#state") == "Connected", "the connection")  # noqa: B023
            until(lambda: text(driver, "#transport") == "websocket", "the upgrade")  # noqa: B023
        both_see("Connected")
        both_see("Server generated event")
        fill(first, event("my_event"), data="only for me")
        until(lambda: "only for me" in text(first, "#log"), "the echo")
        fill(first, event("my_broadcast_event"), data="for everybody")
        both_see("for everybody")
        for driver in (first, second):
            fill(driver, event("join"), room="kitchen")
        both_see("In rooms: kitchen")
        fill(second, event("my_room_event"), room="kitchen", data="soup is ready")
        both_see("soup is ready")
        fill(second, event("leave"), room="kitchen")
        until(lambda: text(second, "#log").rstrip().endswith("In rooms:") or "In rooms:\n" in text(second, "#log") + "\n",
              "the second to have left the room")
        fill(first, event("close_room"), room="kitchen")
        until(lambda: "Room kitchen is closing." in text(first, "#log"), "the room to be closed")
        # What came in order proves what did not come: the second had left before the room was closed.
        fill(first, event("my_broadcast_event"), data="the end")
        both_see("the end")
        assert "Room kitchen is closing." not in text(second, "#log")
        assert "only for me" not in text(second, "#log")
        until(lambda: text(first, "#latency") != "–", "the latency")
        shots = PEERS / "shots"
        shots.mkdir(exist_ok=True)
        first.save_screenshot(str(shots / f"demo-{mode}.png"))
        fill(first, event("disconnect_request"))
        until(lambda: "Disconnected!" in text(first, "#log"), "the goodbye")
        until(lambda: text(first, "#state") == "Disconnected", "the end of the connection")
    finally:
        first.quit()
        second.quit()
    assert demo.stop() == 0


@pytest.mark.parametrize("flags", [[], ["--shared-sessions"]], ids=["copies", "shared"])
def test_demo_of_sessions(browser: webdriver.Chrome, flags: list[str]) -> None:
    demo = Server("demo", "--client", str(PEERS / "js" / "4.8.1.js"), *flags).wait_ready()

    def sees(place: str, user: str, value: str) -> None:
        expected = f"You are {user}. The value is “{value}”."
        until(lambda: text(browser, f"#{place} p") == expected, f"{place}: {expected}; {text(browser, f'#{place} p')}")

    browser.get(demo.url + "/sessions")
    sees("http", "anonymous", "")
    sees("socket", "anonymous", "")
    fill(browser, "#http-value", value="one")
    sees("http", "anonymous", "one")
    fill(browser, "#login", user="Ada")
    for place in ("http", "socket"):
        sees(place, "Ada", "one")
    fill(browser, "#socket-value", value="two")
    fill(browser, "#socket-get")
    sees("socket", "Ada", "two")
    browser.get(demo.url + "/sessions")
    # What a handler changes is seen over HTTP, and by the next connection, only if it shares the session.
    for place in ("http", "socket"):
        sees(place, "Ada", "two" if flags else "one")
    fill(browser, "#logout")
    for place in ("http", "socket"):
        sees(place, "anonymous", "two" if flags else "one")
    browser.delete_all_cookies()
    assert demo.stop() == 0
