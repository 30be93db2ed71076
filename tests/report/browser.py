"""Drives Chromium by its own protocol over a pipe: nothing but Python and Chromium is needed."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
PATIENCE = 30


def find():
    """The browser's path, or nothing."""
    names = [os.environ.get("COOP_CHROMIUM", "")] + NAMES
    return next((path for path in map(shutil.which, filter(None, names)) if path), None)


class Browser:
    """A Chromium with one page in it."""

    def __init__(self, path):
        self.folder = tempfile.mkdtemp()
        to_browser, self.to = os.pipe()
        self.back, from_browser = os.pipe()

        def hand_over():
            # The browser reads from 3 and writes to 4. Out of the way first: either may be taken.
            reading, writing = os.dup(to_browser), os.dup(from_browser)
            spare = [os.dup(reading), os.dup(writing)]
            while min(spare) < 5:
                spare = [os.dup(spare[0]), os.dup(spare[1])]
            os.dup2(spare[0], 3)
            os.dup2(spare[1], 4)
            os.set_inheritable(3, True)
            os.set_inheritable(4, True)

        self.process = subprocess.Popen(
            [
                path,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--force-color-profile=srgb",
                f"--user-data-dir={self.folder}",
                "--remote-debugging-pipe",
            ],
            preexec_fn=hand_over,
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.number = 0
        self.rest = b""
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ["Page", "Runtime", "Log", "Network", "DOM", "Accessibility"]:
            self.call(f"{domain}.enable")

    def message(self):
        """The next message."""
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.back], [], [], max(0, end - time.monotonic()))
            part = os.read(self.back, 1 << 20) if ready else b""
            if not part:
                raise RuntimeError("Chromium says nothing any more")
            self.rest += part
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        """Asks for something, and waits for the answer."""
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data) :]
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def wait(self, event):
        """Waits for an event that has not been seen."""
        while not any(known["method"] == event for known in self.events):
            message = self.message()
            if "method" in message:
                self.events.append(message)

    def open(self, url, width, height, dark=False, media=""):
        """Opens a page at a size."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.events.clear()
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def run(self, script):
        """The value of an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def press(self, key, code, number, modifiers=0):
        """Presses a key and lets it go."""
        for kind in ["rawKeyDown", "char" if key == "\r" else None, "keyUp"]:
            if kind:
                self.call(
                    "Input.dispatchKeyEvent",
                    type=kind,
                    key="Enter" if key == "\r" else key,
                    code=code,
                    text=key if kind == "char" else "",
                    windowsVirtualKeyCode=number,
                    modifiers=modifiers,
                )

    def picture(self, path, top=0, height=None):
        """The page as PNG, all of it or a part."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        height = height or size["height"] - top
        clip = {"x": 0, "y": top, "width": size["width"], "height": height, "scale": 1}
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def pdf(self, path):
        """The page on paper (A4)."""
        data = self.call(
            "Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True
        )["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def close(self):
        """Ends the browser that was started here."""
        try:
            self.call("Browser.close")
            self.process.wait(timeout=10)
        except (RuntimeError, subprocess.TimeoutExpired, OSError):
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
