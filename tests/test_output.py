"""What a command writes and where, and how it ends, whatever it is given."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from zonerisk import cli
from zonerisk.cli import output
from zonerisk.core.errors import UsageError

Runner = Callable[..., "subprocess.CompletedProcess[str]"]
COMMAND = (sys.executable, "-m", "zonerisk")
LISTED = ("list", "policies", "--format", "csv")


def test_a_device_and_a_pipe_are_written_to(run: Runner, tmp_path: Path) -> None:
    # Not /dev/null: a writer that was wrong would put a file in its place, for the whole machine.
    terminal, device = os.openpty()
    output.write("text", Path(os.ttyname(device)))
    assert os.read(terminal, 9) == b"text"
    whole = run(*LISTED).stdout
    for device in ("/dev/stdout", "/dev/fd/1", "-"):
        assert run(*LISTED, "-o", device).stdout == whole
    with (tmp_path / "file").open("w") as file:
        subprocess.run([*COMMAND, *LISTED, "-o", "/dev/stdout"], stdout=file, check=True)
    assert (tmp_path / "file").read_text() == whole
    pipe, had = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: had.append(pipe.read_bytes()))
    reader.start()
    output.write("text\n", pipe)
    reader.join(10)
    assert had == [b"text\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_link_is_followed_and_a_circle_of_them_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    for text in ("one", "two"):
        output.write(text, tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_text() == text
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UsageError, match="circle"):
        output.write("x", tmp_path / "loop")
    with pytest.raises(UsageError, match="directory"):
        output.write("x", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "loop", "real"]


def test_a_closed_output_is_said(tmp_path: Path) -> None:
    def closed(streams: str, *arguments: str) -> tuple[int, str]:
        command = f'exec "$@" {streams}'
        done = subprocess.run(
            ["sh", "-c", command, "sh", *COMMAND, *arguments], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stderr

    assert closed(">&-", *LISTED) == (2, "error: standard output is closed; name a file with --output\n")
    assert closed(">&-", *LISTED, "-o", str(tmp_path / "x.csv"))[0] == 0
    assert closed("2>&-", "show", "nothing-of-that-name") == (2, "")
    assert closed("2>/dev/full", "show", "nothing-of-that-name") == (2, "")
    assert closed(">/dev/full", *LISTED) == (2, "error: cannot write: No space left on device\n")
    assert closed("<&-", "plan", "-") == (
        3,
        "error: stdin: is empty: has the command that writes it failed?\n",
    )


@pytest.mark.parametrize("error", [RuntimeError("first\nsecond"), KeyError("x"), MemoryError(), RecursionError("deep"), OSError(5000, "odd")])  # fmt: skip
def test_an_unforeseen_error_is_70_and_a_line(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def app(arguments: list[str]) -> None:
        raise error

    for arguments in (["zonerisk"], ["zonerisk", "score", "--debug"]):
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as end:
            cli.main(app)  # type: ignore[arg-type]
        assert end.value.code == 70
        told = capsys.readouterr().err
        assert ("Traceback" in told) == ("--debug" in arguments)
        assert told.splitlines()[-1].startswith("error: zonerisk failed, which is its own fault")
        assert "open an issue" in told
        assert len(told.splitlines()) == 1 or "--debug" in arguments


def test_debug_shows_where_an_error_comes_from() -> None:
    for arguments in (("--debug", "score", "nothing"), ("score", "nothing", "--debug")):
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "Traceback" in done.stderr


@pytest.mark.parametrize("loading", ["zonerisk.core.errors", "typer", "zonerisk.cli.verdicts", "pydantic"])
def test_an_interrupt_ends_without_a_word(loading: str) -> None:
    """Sent to itself by a process that begins to load a module."""
    code = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # Ignored where tests run in the background.
class Interrupt:
    def find_spec(self, name, *_):
        if name == {loading!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["zonerisk", "score", "ovh-sbg"]
from zonerisk.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_what_a_terminal_would_obey_is_written_out(run: Runner, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    name = "a\\e]0;title\\a\\e[31mred\\u202egpj"
    plan.write_text(f'workloads:\n  "{name}": {{provider: scaleway, region: fr-par, zones: [fr-par-1]}}\n')
    shown = "\\u001b]0;title\\u0007\\u001b[31mred\\u202egpj"
    for form in ("table", "md", "json", "sarif"):
        done = run("plan", str(plan), "--format", form, check=None)
        assert done.returncode == 0
        assert shown in done.stdout.replace("\n", ""), form
        assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout)
    done = run("show", "\x1b[31mred", check=2)
    assert "\x1b" not in done.stderr


def test_styles_of_a_screen_stay_and_others_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\x1b[1;31mfail\x1b[0m \x1b[8mhidden \x1b]0;title\x07\r\nnext\rover\n"
    assert output.shown(text).startswith("\\u001b[1;31mfail")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert output.shown(text) == (
        "\x1b[1;31mfail\x1b[0m \\u001b[8mhidden \\u001b]0;title\\u0007\r\nnext\\u000dover\n"
    )


@pytest.mark.parametrize("made", ["/dev/zero", "pipe"])
@pytest.mark.parametrize("command", [("plan", "{}"), ("score", "ovh-sbg", "--rtt", "{}"), ("score", "{}.csv", "--uncertainty-m", "10"), ("data", "freshness", "aws", "--list", "aws={}")])  # fmt: skip
def test_what_has_no_end_is_no_input(
    run: Runner, tmp_path: Path, made: str, command: tuple[str, ...]
) -> None:
    path = tmp_path / "in"
    for link in (path, tmp_path / "in.csv"):
        os.mkfifo(link) if made == "pipe" else link.symlink_to(made)
    done = run(*(word.format(path) for word in command), check=2)
    assert "is a device or a pipe" in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("data", "check", "{}"),
        ("map", "ovh-sbg", "-o", "{}"),
        ("plan", "{}"),
        ("score", "ovh-sbg", "--policy", "{}"),
        ("layers", "import", "runways", "{}"),
        ("layers", "list", "--catalogue", "{}/.."),
        ("score", "ovh-sbg", "--catalogue", "{}/.."),
    ],
)
def test_links_in_a_circle_are_said(run: Runner, tmp_path: Path, command: tuple[str, ...]) -> None:
    folder = tmp_path / "layers"
    folder.mkdir()
    for name, other in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")):
        (folder / name).symlink_to(other)
    (tmp_path / "incidents").symlink_to("measurements")
    (tmp_path / "measurements").symlink_to("incidents")
    words = [word.format(folder / "a.yaml").replace("a.yaml/..", "..") for word in command]
    done = run(*words, check=None)
    assert done.returncode in (2, 3)
    assert "fault" not in done.stderr
