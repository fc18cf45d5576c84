"""Drives a headless Chromium through its DevTools protocol: go, wait, click, type, picture.

No driver package is needed: the browser speaks JSON over a websocket.
https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 45.0
LARGEST_MESSAGE = 64 * 2**20  # a screenshot is one message
WIDTH, HEIGHT = 1440, 1000

# the smallest visible element whose own text, label or placeholder is the wanted one
_FIND = """
(([selector, words]) => {
  const seen = [...document.querySelectorAll(selector)].filter((element) => {
    const box = element.getBoundingClientRect();
    const text = [element.innerText, element.getAttribute('aria-label'), element.placeholder];
    return box.width > 0 && box.height > 0
      && (words === null || text.some((one) => (one || '').trim() === words));
  });
  const size = (element) => element.getElementsByTagName('*').length;
  const found = seen.sort((one, other) => size(one) - size(other))[0];
  if (!found) return null;
  found.scrollIntoView({block: 'center'});
  const box = found.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
})(%s)
"""


class BrowserError(Exception):
    """The page never came to the expected state, or the browser is missing."""


class Page:
    """One page of the browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=WIDTH,
            height=HEIGHT,
            deviceScaleFactor=1,
            mobile=False,
        )

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Call a method of the protocol and return its result.

        Raises:
            BrowserError: the browser refuses the call.
        """
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message: dict[str, Any] = json.loads(self._socket.recv(timeout=PATIENCE_SECONDS))
            if message.get("id") == self._number:
                break  # anything else is an event
        if "error" in message:
            raise BrowserError(f"{method}: {message['error']['message']}")
        result: dict[str, Any] = message["result"]
        return result

    def go(self, url: str) -> None:
        """Open an address."""
        self.call("Page.navigate", url=url)

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression of JavaScript.

        Raises:
            BrowserError: the expression throws an error.
        """
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if detail := answer.get("exceptionDetails"):
            raise BrowserError(f"{detail.get('exception', {}).get('description', detail['text'])}")
        return answer["result"].get("value")

    def text(self) -> str:
        """Return the text of the page."""
        return str(self.evaluate("document.body ? document.body.innerText : ''"))

    def await_text(self, words: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the page shows a text.

        Raises:
            BrowserError: it does not show in time; with the end of what shows instead.
        """
        deadline = time.monotonic() + seconds
        while words not in (shown := self.text()):
            if time.monotonic() > deadline:
                raise BrowserError(f"the page does not show {words!r}, but: {shown[-2000:]}")
            time.sleep(0.25)

    def await_gone(self, words: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the page no longer shows a text.

        Raises:
            BrowserError: it still shows in time.
        """
        deadline = time.monotonic() + seconds
        while words in self.text():
            if time.monotonic() > deadline:
                raise BrowserError(f"the page still shows {words!r}")
            time.sleep(0.25)

    def click(self, selector: str, words: str | None = None) -> None:
        """Click on the smallest visible element with a text, as soon as there is one.

        Args:
            selector: of CSS.
            words: the whole text, label or placeholder of the element; None: any.

        Raises:
            BrowserError: no such element shows in time.
        """
        x, y = self._place(selector, words)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            pressed = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **pressed)

    def write(self, text: str) -> None:
        """Type a text into the focused field."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """Press a key such as Enter, 13."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code
            )

    def picture(self, path: Path) -> None:
        """Write a PNG of what shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        time.sleep(0.7)  # for the end of an animation
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _place(self, selector: str, words: str | None) -> tuple[float, float]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        script = _FIND % json.dumps([selector, words])
        last: list[float] | None = None
        while (place := self.evaluate(script)) is None or place != last:
            last = place  # a place that still moves is not clicked
            if time.monotonic() > deadline:
                raise BrowserError(
                    f"no {selector} with the text {words!r} shows, but: {self.text()[-2000:]}"
                )
            time.sleep(0.2)
        return place[0], place[1]


@contextmanager
def browser() -> Iterator[Page]:
    """Start a headless Chromium with an empty profile, and end it.

    Raises:
        BrowserError: no Chromium is installed, or it does not start.
    """
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise BrowserError("no Chromium is installed: `apt-get install -y chromium`")
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as folder:
        command = [
            *(program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}"),
            # a container has no user namespaces and a small /dev/shm; the pages are our own
            *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"),
            "about:blank",
        ]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            with connect(_address(Path(folder)), max_size=LARGEST_MESSAGE) as socket:
                yield Page(socket)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _address(folder: Path) -> str:
    """Return the address of the first page, once the browser has written its port."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        lines = path.read_text().split() if (path := folder / "DevToolsActivePort").exists() else []
        if lines:
            targets = httpx.get(f"http://127.0.0.1:{lines[0]}/json/list", timeout=10).json()
            pages = [target for target in targets if target["type"] == "page"]
            if pages:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.1)
    raise BrowserError("Chromium has not opened its DevTools port in time")
