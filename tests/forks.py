"""Run the command line in processes forked from one that has loaded the package, which saves its start.

``python forks.py serve NAME`` loads everything and then waits; ``python -IS forks.py NAME ARGUMENT ...`` has
it fork a process for the arguments, with the caller's streams, folder and environment, and ends as that ends.
What belongs to a start of its own (what is imported when, the seed of hashes) is tested without it.
"""

import json
import os
import socket
import sys

STREAMS = (0, 1, 2)
MOST = 1 << 20


def ask(name: str, arguments: list[str]) -> int:
    """Have the command line run in a fork; return its exit code."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(f"\0{name}")
        told = json.dumps([arguments, str(os.getcwd()), dict(os.environ)])  # noqa: PTH109
        socket.send_fds(server, [told.encode("utf-8", "surrogateescape")], STREAMS)
        answer = server.recv(1)
    return answer[0] if answer else 255


def serve(name: str) -> None:
    """Load the package and what it needs, and fork whenever asked, until standard input ends."""
    import gc
    import io
    import select
    from contextlib import suppress
    from importlib import import_module
    from pkgutil import walk_packages

    import zonerisk
    from zonerisk import cli

    for module in walk_packages(zonerisk.__path__, "zonerisk."):
        import_module(module.name)
    for needed in ("folium", "geopandas", "jinja2.ext", "rasterio", "requests", "rich.table", "shapely"):
        import_module(needed)
    # What a process compiles when it first reads a record and writes a page, for all of them.
    sys.argv, screen = ["zonerisk", "score", "ovh-sbg", "--format", "html"], sys.stdout
    sys.stdout = io.TextIOWrapper(io.BytesIO())
    with suppress(SystemExit):
        cli.main()
    sys.stdout = screen
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(f"\0{name}")
        listening.listen()
        print("ready", flush=True)
        while listening in select.select([listening, sys.stdin], [], [])[0]:
            caller, _ = listening.accept()
            if not os.fork():
                listening.close()
                answer(caller)
            caller.close()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def answer(caller: socket.socket) -> None:
    """Run one command line as a process of its own does, and end."""
    import atexit
    import traceback

    from zonerisk import __main__

    message, streams, *_ = socket.recv_fds(caller, MOST, len(STREAMS))
    arguments, folder, environment = json.loads(message.decode("utf-8", "surrogateescape"))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for own, given in zip(STREAMS, streams, strict=True):
        os.dup2(given, own)
        os.close(given)
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    sys.argv = [__main__.__file__, *arguments]
    code: object = 0
    try:
        __main__.main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    caller.send(bytes([code if isinstance(code, int) else 1]))
    os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(ask(sys.argv[1], sys.argv[2:]))
