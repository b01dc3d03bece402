"""What is remembered between two downloads, in a small file beside the big one, so that it goes where that goes."""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .exceptions import GeoIPError


@dataclass(frozen=True, slots=True)
class State:
    """``attempts`` are times in seconds since the epoch, the oldest first; ``not_before`` is one too.

    ``code`` and ``message`` tell of the last failure and are empty after a success; ``failures`` counts those in a row.
    """

    source: str = ""
    attempts: tuple[float, ...] = ()
    failures: int = 0
    not_before: float = 0.0
    code: str = ""
    message: str = ""
    checksum: str = ""


def path_of(database: Path) -> Path:
    """Return where the state of ``database`` is."""
    return database.with_name(f"{database.name}.state")


def read(database: Path) -> State:
    """Return the state; one that can't be read counts as one attempt at the time it was written."""
    path = path_of(database)
    try:
        found = json.loads(path.read_bytes())
        return _typed(found)
    except FileNotFoundError:
        return State()
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        return State(attempts=(path.stat().st_mtime,))
    except OSError:
        return State()


def write(database: Path, state: State) -> None:
    """Write the state, whole or not at all.

    :raises GeoIPError: it can't be written.
    """
    path = path_of(database)
    try:
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                json.dump(dataclasses.asdict(state), file)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise GeoIPError("disk", f"The folder {path.parent} can't be written to ({error.strerror}).") from None


def _typed(found: dict[str, Any]) -> State:
    return State(
        source=str(found["source"]),
        attempts=tuple(sorted(float(at) for at in found["attempts"])),
        failures=int(found["failures"]),
        not_before=float(found["not_before"]),
        code=str(found["code"]),
        message=str(found["message"]),
        checksum=str(found["checksum"]),
    )
