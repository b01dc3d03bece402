"""The audit trail in a site that has none of the other apps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_members_and_operators_have_their_pages_with_the_stock_user() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-m", "tests.standalone.audit_site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == {
        "own": True,
        "list": True,
        "strangers": [302, 302],
        "members": 302,
        "export": 2,
        "told": ["olga", "127.0.0.1"],
    }
