"""Shared fixtures: the shipped catalogue, the fictional one, and writable copies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import zonerisk
from zonerisk.library import Library

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Runner = Callable[..., "subprocess.CompletedProcess[str]"]

HERE = Path(__file__).parent
ROOT = HERE.parent


@pytest.fixture(scope="session")
def shipped() -> Library:
    return zonerisk.load()


@pytest.fixture(scope="session")
def zz() -> Library:
    return Library(HERE / "zz")


@pytest.fixture
def zz_copy(tmp_path: Path) -> Path:
    """A copy of the fictional catalogue to damage."""
    return Path(shutil.copytree(HERE / "zz", tmp_path / "zz"))


def _run(
    *arguments: str, check: int | None = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "zonerisk", *arguments],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", **environment},
    )
    assert "Traceback" not in done.stderr, done.stderr
    if check is not None:
        assert done.returncode == check, (done.returncode, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="session")
def run() -> Runner:
    """Run the command line in a process of its own."""
    return _run


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright; without it the browser tests skip."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Tab:
    """A page of a browser without network, and what went wrong in it."""

    page: Page
    requests: list[str]
    troubles: list[str]

    @property
    def text(self) -> str:
        return self.page.inner_text("body")

    def run(self, script: str) -> Any:
        return self.page.evaluate(script)

    def until(self, script: str) -> None:
        """Wait for a condition; the page's own policy forbids Playwright's way to do it."""
        for _ in range(100):
            if self.run(script):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never came: {script}")


Opener = Callable[..., Tab]


@pytest.fixture
def tab(chromium: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Open a page's text from a file, offline; every request and console message is kept."""
    contexts = []

    def opened(
        text: str,
        width: int = 1280,
        height: int = 800,
        *,
        offline: bool = True,
        scheme: str = "light",
        folder: Path | None = None,
        name: str = "page.html",
        routes: dict[str, Callable[[Any], None]] | None = None,
    ) -> Tab:
        file = (folder or tmp_path) / name
        if text:
            file.write_text(text, "utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            offline=offline,
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        made = Tab(context.new_page(), [], [])
        for pattern, handler in (routes or {}).items():
            made.page.route(pattern, handler)
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on(
            "console", lambda message: made.troubles.append(f"{message.type}: {message.text}")
        )
        made.page.on("pageerror", lambda error: made.troubles.append(str(error)))
        made.page.goto(file.as_uri())
        return made

    yield opened
    for context in contexts:
        context.close()
