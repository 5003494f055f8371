"""Shared fixtures: the shipped catalogue, the fictional one, and writable copies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import zonerisk
from loopback import Server, running
from zonerisk.core.errors import MissingPackage
from zonerisk.core.model import DEFAULT, Policy
from zonerisk.core.verdict import Verdict
from zonerisk.layers import files, http
from zonerisk.library import Library

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

Runner = Callable[..., "subprocess.CompletedProcess[str]"]

# Before a test imports it: rasterio reads what GDAL may read when it is imported, and only then.
with suppress(MissingPackage):
    files.gdal("rasterio")

HERE = Path(__file__).parent
ROOT = HERE.parent
SAYS = yaml.safe_load((ROOT / "data" / "report.yaml").read_text())


@pytest.fixture(scope="session")
def shipped() -> Library:
    return zonerisk.load()


class Judged(Library):
    """A catalogue whose regions are judged once under a policy; for tests that change nothing of how."""

    def __init__(self, *roots: Path) -> None:
        super().__init__(*roots)
        self._judged: dict[tuple[str, str], Verdict] = {}

    def score(self, target: str, policy: str | Policy = DEFAULT, *rest: Any, **options: Any) -> Verdict:
        if any(rest) or any(options.values()):
            return super().score(target, policy, *rest, **options)
        key = target, policy if isinstance(policy, str) else policy.id
        if key not in self._judged:
            self._judged[key] = super().score(target, policy)
        return self._judged[key]


@pytest.fixture(scope="session")
def judged(shipped: Library) -> Judged:
    return Judged(*shipped.roots)


@pytest.fixture(scope="session")
def zz() -> Library:
    return Library(HERE / "zz")


@pytest.fixture
def zz_copy(tmp_path: Path) -> Path:
    """A copy of the fictional catalogue to damage."""
    return Path(shutil.copytree(HERE / "zz", tmp_path / "zz"))


# An invented grid around zz-good: two sites below one station, by two ways of which one passes
# a station without a place; a third site near a station of 2016; and a supply stated of zz-campus.
GRID = {
    "stations-osm.csv": "site,lat,lon,uncertainty_m,station,name,kv,distance_m\n"
    "zz-good/north,56.18,3.0,50,rte/LOW,LOW,63,400\n"
    "zz-good/north,56.18,3.0,50,rte/GULL,GULL,225,900\n"
    "zz-good/east,56.0,3.15,50,rte/TERN,TERN,225,1200\n"
    'zz-good/west,56.0,2.85,50,"at/56.01,2.84",SKUA,,1300\n',
    "upstreams.csv": "station,upstream,hops,via,name,kv\n"
    "rte/GULL,rte/TOP,1,,TOP,400\n"
    "rte/TERN,rte/TOP,2,rte/MID,TOP,400\n",
    "map/positions.csv": "station,name,kv,osm,lat,lon\n"
    "rte/GULL,GULL,225,way/1,56.188,3.0\n"
    "rte/LOW,LOW,63,,,\n"
    "rte/MID,MID,225,,,\n"
    "rte/TERN,TERN,225,way/2,56.005,3.165\n"
    "rte/TOP,TOP,400,way/3,56.1,3.3\n"
    "way/9,SHORE,225,way/9,62.1,3.1\n",
    "map/circuits.csv": "a,b,codes\n"
    "rte/GULL,rte/TOP,GULL L61TOP  ;GULL L62TOP  \n"
    "rte/MID,rte/TERN,MID  L61TERN \n"
    "rte/MID,rte/TOP,MID  L61TOP  \n",
    "sources.json": json.dumps(
        {
            key: {"title": key, "url": "https://zz.example.org/", "as_of": day, "claim": "Says."}
            for key, day in (
                ("stations-osm", "2024-11"),
                ("stations-osm2016", "2016"),
                ("upstreams", "2026"),
                ("positions", "2024-11"),
            )
        }
    ),
}


@pytest.fixture(scope="session")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The fictional catalogue on an invented grid."""
    root = Path(shutil.copytree(HERE / "zz", tmp_path_factory.mktemp("wired") / "zz"))
    for name, text in GRID.items():
        path = root / "feeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    campus = root / "datacenters/zz/campus.yaml"
    told = "{kind: power, name: the shore station,"
    campus.write_text(campus.read_text().replace(told, f"{told} station: way/9,"))
    return Library(root)


@pytest.fixture(scope="session")
def forked() -> Iterator[tuple[str, ...]]:
    """What a shell types for ``zonerisk`` where a command's start is not what is tested."""
    if sys.platform != "linux":
        yield sys.executable, "-m", "zonerisk"
        return
    name, file = f"zonerisk-{os.getpid()}", str(HERE / "forks.py")
    with subprocess.Popen(
        [sys.executable, file, "serve", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdin
        assert server.stdout
        assert server.stdout.readline() == b"ready\n"
        yield sys.executable, "-IS", file, name
        server.stdin.close()


@pytest.fixture(scope="session")
def run(forked: tuple[str, ...]) -> Runner:
    """Run the command line in a process of its own."""

    def called(
        *arguments: str, check: int | None = 0, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        fresh = any(name.startswith("PYTHON") for name in environment)
        done = subprocess.run(
            [*((sys.executable, "-m", "zonerisk") if fresh else forked), *arguments],
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

    return called


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on loopback that no proxy stands before, and whose readers never pause."""
    monkeypatch.setattr(http.time, "sleep", lambda seconds: None)
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running() as started:
        yield started


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

    def violations(self) -> list[tuple[str, list[str]]]:
        """Return what axe finds wrong; what it finds right takes it twice the time to tell."""
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        tags = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
        told = axe.run(self.page, options={"runOnly": tags, "resultTypes": ["violations"]})
        found = told.response["violations"]
        return [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found]

    def until(self, script: str) -> None:
        """Wait for a condition; the page's own policy forbids Playwright's way to do it."""
        for _ in range(100):
            if self.run(script):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"never came: {script}")


Opener = Callable[..., Tab]


@pytest.fixture(scope="session")
def window(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> BrowserContext:
    """What all tabs stand in: the process that one page was drawn by draws the next in half the time."""
    context = chromium.new_context(reduced_motion="reduce")
    blank = tmp_path_factory.mktemp("window") / "blank.html"
    blank.touch()
    context.new_page().goto(blank.as_uri())
    return context


@pytest.fixture
def tab(window: BrowserContext, tmp_path: Path) -> Iterator[Opener]:
    """Open a page's text from a file, offline; every request and console message is kept."""
    tabs = []

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
        window.set_offline(offline)
        page = window.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        made = Tab(page, [], [])
        tabs.append(page)
        for pattern, handler in (routes or {}).items():
            page.route(pattern, handler)
        page.on("request", lambda request: made.requests.append(request.url))
        page.on("console", lambda message: made.troubles.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: made.troubles.append(str(error)))
        page.goto(file.as_uri())
        return made

    yield opened
    for page in tabs:
        page.close()
