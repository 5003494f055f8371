"""Look up the locked packages among known vulnerabilities; say that it was skipped where no database answers.

Example: python scripts/audit.py locks/dev.txt
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def main(lock: str) -> int:
    """Return 1 if a locked package has a known vulnerability, 0 if none has or none could be looked up."""
    auditor = Path(sys.executable).with_name("pip-audit")
    command = [str(auditor), "--disable-pip", "--require-hashes", "--requirement", lock, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"skipped: known vulnerabilities were not looked up ({reason[:200]})")
        return 0
    known = [(package["name"], fault["id"]) for package in packages for fault in package.get("vulns", ())]
    for name, fault in known:
        print(f"{name}: {fault}")
    print(f"{len(packages)} packages looked up, {len(known)} known vulnerabilities")
    return int(bool(known))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
