"""What is released: locked versions, workflows, the wheel, the documentation site and the notebook."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from packaging.licenses import canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from conftest import ROOT, Runner

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TOOLS = Path(sys.executable).parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def locked(name: str) -> dict[str, set[str]]:
    """The versions of each package of a lock; several where they differ by Python or system."""
    text = (ROOT / f"locks/{name}.txt").read_text()
    packages: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\S)", text.strip()):
        head = re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", block)
        assert head, block
        assert "--hash=sha256:" in block, f"{head[1]} has no hash"
        packages.setdefault(canonicalize_name(head[1]), set()).add(head[2])
    return packages


def test_locks_hold_what_the_package_asks_for() -> None:
    score, dev = locked("score"), locked("dev")
    asked = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    for requirement in asked:
        assert requirement.specifier, f"{requirement} has no bounds"
        for version in score[canonicalize_name(requirement.name)]:
            assert version in requirement.specifier, f"make locks: {requirement} against {version}"
    for extra in PROJECT["project"]["optional-dependencies"].values():
        for requirement in map(Requirement, extra):
            if requirement.name != "zonerisk":
                assert any(
                    version in requirement.specifier for version in dev[canonicalize_name(requirement.name)]
                )
    assert {name: dev.get(name) for name in score} == score
    audit = locked("audit")
    assert {name: audit[name] for name in audit.keys() & dev.keys()} == {
        name: dev[name] for name in audit.keys() & dev.keys()
    }


def test_workflows_are_sound() -> None:
    """Against the schema of workflows; no finding of an auditor; every action pinned by its commit."""
    schema = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS]
    subprocess.run(schema, check=True, capture_output=True)
    audit = [TOOLS / "zizmor", "--offline", "--no-progress", "--format", "json", *WORKFLOWS]
    done = subprocess.run(audit, check=False, capture_output=True, text=True)
    assert json.loads(done.stdout) == []
    for path in WORKFLOWS:
        for action in re.findall(r"uses: (\S+)", path.read_text()):
            assert re.search(r"@[0-9a-f]{40}$", action), f"{path.name}: {action}"


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/*.yml"),
        ("github-actions", "action.yml"),
        ("citation-file-format", "CITATION.cff"),
    ],
)
def test_what_a_forge_reads_is_as_it_asks_for(schema: str, files: str) -> None:
    command = [TOOLS / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *ROOT.glob(files)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    if "ISSUE" in files:
        told = " ".join(path.read_text() for path in ROOT.glob(files))
        assert "name: A site is wrong" in told
        assert "name: An incident is missing" in told


def test_every_python_of_the_classifiers_is_tested() -> None:
    stated = {text.rsplit(" ", 1)[1] for text in PROJECT["project"]["classifiers"] if ":: 3." in text}
    tested = set(re.findall(r'"(3\.\d+)"', (ROOT / ".github/workflows/test.yml").read_text()))
    assert stated == tested


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


def build(folder: Path) -> Path:
    """Build the sdist, and from it the wheel."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_and_the_sdist_are_the_same_each_time(wheel: Path, tmp_path: Path) -> None:
    build(tmp_path)
    first, again = (
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in (wheel.parent, tmp_path)
    )
    assert first == again
    assert {Path(name).suffix for name in first} == {".whl", ".gz"}


def test_the_sdist_holds_what_the_tests_and_the_readme_ask_for(wheel: Path) -> None:
    with tarfile.open(next(wheel.parent.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    linked = re.findall(r"\]\(([\w./-]+)", (ROOT / "README.md").read_text())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in ("scripts", "tests", "locks")
        for path in (ROOT / folder).rglob("*.*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "maps/paris.png" in linked
    assert wanted | set(linked) <= names


def test_the_wheel_is_typed_and_holds_the_text_of_each_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "zonerisk/py.typed" in names
    expression = PROJECT["project"]["license"]
    assert canonicalize_license_expression(expression) == expression
    texts = {Path(name).stem for name in names if ".dist-info/licenses/LICENSES/" in name}
    assert set(expression.split(" AND ")) - {"Apache-2.0"} <= texts
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    # A licence that a layer's own card names for the figures shipped is in the expression.
    words = {"CC BY-SA 4.0": "CC-BY-SA-4.0", "CC BY 4.0": "CC-BY-4.0", "LGPL-3+": "LGPL-3.0-or-later"}
    for card in (ROOT / "data/layers").glob("*.yaml"):
        shipped = (ROOT / f"data/layers/samples/{card.stem}.csv").is_file()
        stated = re.search(r'^derived_licence: "(.*)"', card.read_text(), re.M)
        for word, identifier in words.items():
            if shipped and stated and stated[1].startswith(word):
                assert identifier in expression


def test_the_wheel_answers_as_the_checkout_does(wheel: Path, run: Runner, tmp_path: Path) -> None:
    """A clean interpreter: the wheel first on the path, the checkout nowhere on it."""
    target = tmp_path / "site"
    install = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", *install, "--target", target, wheel], check=True, capture_output=True
    )
    assert not (target / "data").exists()
    script = (
        f"import sys; sys.path.insert(0, {str(target)!r}); sys.argv = ['zonerisk', 'score',"
        " 'ovh-sbg', '--format', 'json']; import zonerisk;"
        f" assert zonerisk.__file__.startswith({str(target)!r});"
        " from zonerisk.cli import main; main()"
    )
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-P", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == run("score", "ovh-sbg", "--format", "json").stdout


def test_the_site_is_built_and_a_dead_link_is_found(tmp_path: Path) -> None:
    """One build of a copy with one dead link: all that is told is that link."""
    for name in ("docs", "data/schema", "scripts", "maps", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("mkdocs.yml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "data/LICENSE"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "src").symlink_to(ROOT / "src")
    with (tmp_path / "docs/plan.md").open("a") as page:
        page.write("\n[nowhere](no-such-page.md)\n")
    command = [TOOLS / "mkdocs", "build", "--config-file", tmp_path / "mkdocs.yml"]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=True)
    told = [line for line in done.stderr.splitlines() if line.startswith("WARNING")]
    assert len(told) == 1, done.stderr
    assert "no-such-page.md" in told[0]
    for page, wanted in (
        ("python", "to_geodataframe"),
        ("dictionary", "uncertainty_m"),
        ("index", "ovh-sbg"),
        ("gallery", "OVHcloud Strasbourg: shared"),
    ):
        assert wanted in (tmp_path / f"site/{page}.html").read_text(), page
    cards = sorted((tmp_path / "site/cards").glob("*.svg"))
    assert len(cards) >= 8
    assert all(path.read_text().startswith("<svg") for path in cards)
    # Nothing of the site is loaded from elsewhere.
    for path in (tmp_path / "site").glob("*.html"):
        assert not re.search(
            r'<(script|img)[^>]+src="(https?:)?//|<link[^>]+stylesheet[^>]+href="http', path.read_text()
        )


def test_the_notebook_runs() -> None:
    notebook = nbformat.read(ROOT / "examples/zones.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": ROOT}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert "leaflet" in json.dumps(shown)
    cards = [
        text for output in shown for text in output.get("data", {}).get("text/html", ()) if "<svg" in text
    ]
    assert cards or any("<svg" in str(output.get("data", {}).get("text/html")) for output in shown)
