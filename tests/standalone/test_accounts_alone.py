from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def visit(model: str) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.standalone.accounts_site", model],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    told: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return told


def test_the_wizard_opens_with_the_link_that_the_command_prints() -> None:  # L08
    assert visit("hearthkey_accounts.User") == {
        "without token": 403,
        "with the link": 200,
        "wrong token": 403,
        "made": 302,
        "then": 200,
        "administration": 200,
        "afterwards": [404, 409],
    }


def test_beside_another_user_model_there_is_no_wizard() -> None:
    assert visit("auth.User") == {
        "without token": 404,
        "link": "refused: There is no wizard beside the user model auth.User.",
        "posted": 409,
    }
