"""The mailer in a site that has none of the other apps."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_sites_own_mails_go_through_its_own_backend_and_what_fails_is_told() -> None:
    run = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-m", "tests.standalone.mailer_site"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == {
        "sent": [True, "Invoice no. 7", "The shop <shop@example.com>", True],
        "waiting": 1,
        "listed": True,
        "preview": True,
        "trial": True,
        "failures": [["invoice", "expired", "7"]],
    }
