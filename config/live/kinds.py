"""What a value of the application configuration may be, and how it is read, shown and stored.

Each kind reads a text, from the environment or from the page, and raises ValueError for what it does not allow; it
writes the text that the page shows; and it stores JSON. Nothing here needs Django to be set up.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..environment import values

_Text = str | Promise

# Line breaks could forge headers of mails and lines of logs, and marks of writing direction show a name as another.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNITS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_SHORT: Final = {"s": "second", "sec": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day"}


class Kind:
    """Base of all kinds. ``allowed`` stands in the documentation and in what stops the start."""

    allowed: str = ""
    #: What the page says of a value that can't be used.
    message: _Text = _("This can't be used.")
    #: Whether the value is never shown again.
    is_secret: ClassVar[bool] = False

    def read(self, given: str) -> Any:
        """Return the value that a text stands for.

        :raises ValueError: it stands for none.
        """
        raise NotImplementedError

    def write(self, value: Any) -> str:
        """Return the text that reads as ``value``."""
        return str(value)

    def dump(self, value: Any) -> Any:
        """Return ``value`` in JSON's types."""
        return value

    def load(self, stored: Any) -> Any:
        """Return the value that was stored.

        :raises ValueError: another version stored it, and it means nothing any more.
        """
        return stored


@dataclass(frozen=True)
class Switch(Kind):
    """On or off."""

    #: Whether the variable says the opposite of the setting.
    is_negated: bool = False
    allowed: str = values.BOOLEAN

    def read(self, given: str) -> bool:
        return values.boolean(given) is not self.is_negated

    def load(self, stored: Any) -> bool:
        return bool(stored)


@dataclass(frozen=True)
class Number(Kind):
    lowest: int
    highest: int

    @property
    def allowed(self) -> str:  # type: ignore[override]
        return f"{self.lowest} to {self.highest}"

    @property
    def message(self) -> _Text:  # type: ignore[override]
        return _("Give a whole number from %(lowest)s to %(highest)s.") % {
            "lowest": self.lowest,
            "highest": self.highest,
        }

    def read(self, given: str) -> int:
        return values.whole_number(given, self.lowest, self.highest)


@dataclass(frozen=True)
class Duration(Kind):
    """A span of time such as ``15 minutes``. A bare number is minutes, as the incumbent's are."""

    least: timedelta
    most: timedelta

    @property
    def allowed(self) -> str:  # type: ignore[override]
        return (
            f"a time such as 15 minutes, 24 h or 14d, from {self.write(self.least)} to {self.write(self.most)}; "
            "a bare number is minutes"
        )

    @property
    def message(self) -> _Text:  # type: ignore[override]
        return _("Give a time such as “15 minutes”, “24 hours” or “14 days”, from %(least)s to %(most)s.") % {
            "least": self.write(self.least),
            "most": self.write(self.most),
        }

    def read(self, given: str) -> timedelta:
        found = re.fullmatch(r"([0-9]{1,9})\s*([a-z]*)", given.strip().lower())
        if found is None:
            raise ValueError
        unit = _SHORT.get(found[2] or "m", found[2].removesuffix("s"))
        if unit not in _UNITS:
            raise ValueError
        span = timedelta(seconds=int(found[1]) * _UNITS[unit])
        if not self.least <= span <= self.most:
            raise ValueError
        return span

    def write(self, value: Any) -> str:
        seconds = int(value.total_seconds())
        for unit in ("day", "hour", "minute", "second"):
            size = _UNITS[unit]
            # Two days are easier read than 48 hours, and 24 hours easier than one day.
            if seconds % size == 0 and (seconds // size > 1 or unit == "second"):
                count = seconds // size
                return f"{count} {unit}" + ("" if count == 1 else "s")
        return f"{seconds} seconds"

    def dump(self, value: Any) -> Any:
        return int(value.total_seconds())

    def load(self, stored: Any) -> timedelta:
        return timedelta(seconds=int(stored))


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few. ``aliases`` are what else the environment may say, the incumbent's words."""

    labels: Mapping[str, _Text]
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def allowed(self) -> str:  # type: ignore[override]
        return ", ".join([*self.labels, *self.aliases])

    def read(self, given: str) -> str:
        wanted = given.strip().lower()
        known = {name.lower(): name for name in self.labels} | {
            name.lower(): target for name, target in self.aliases.items()
        }
        if wanted not in known:
            raise ValueError
        return known[wanted]

    def load(self, stored: Any) -> str:
        if stored not in self.labels:
            raise ValueError(f"{stored!r} is no choice")
        return str(stored)


@dataclass(frozen=True)
class Text(Kind):
    """One line. ``shape`` narrows it further."""

    longest: int = 200
    is_required: bool = False

    @property
    def allowed(self) -> str:  # type: ignore[override]
        return f"one line of at most {self.longest} characters"

    @property
    def message(self) -> _Text:  # type: ignore[override]
        return _("Give one line of at most %(longest)s characters.") % {"longest": self.longest}

    def read(self, given: str) -> str:
        line = given.strip()
        if _CONTROL.search(line) or len(line) > self.longest or (self.is_required and not line):
            raise ValueError
        return line


@dataclass(frozen=True)
class Address(Kind):
    """An e-mail address, or nothing."""

    allowed: str = "an e-mail address"
    message: _Text = _("Enter an email address, such as login@example.com.")

    def read(self, given: str) -> str:
        address = given.strip()
        if not address:
            return ""
        try:
            validate_email(address)
        except ValidationError:
            raise ValueError from None
        if not address.isascii() or len(address) > 254:
            # Many mail servers still refuse others, and a refusal would be seen by nobody.
            raise ValueError
        return address


@dataclass(frozen=True)
class HostName(Kind):
    """The name or IP address of a server, or nothing."""

    allowed: str = "a host name or an IP address"
    message: _Text = _("Give a server's name or IP address, such as smtp.example.com, without a port.")

    def read(self, given: str) -> str:
        return values.host(given) if given.strip() else ""


@dataclass(frozen=True)
class Colour(Kind):
    """A colour as ``#rrggbb``, or nothing for the product's own."""

    presets: Mapping[str, str] = field(default_factory=dict)

    @property
    def allowed(self) -> str:  # type: ignore[override]
        return ", ".join(["#rrggbb", "#rgb", *self.presets])

    message: _Text = _("Give a colour as # and six digits, such as #2563eb.")

    def read(self, given: str) -> str:
        wanted = given.strip().lower()
        if not wanted:
            return ""
        if wanted in self.presets:
            return self.presets[wanted]
        short = re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", wanted)
        if short is not None:
            return "#" + "".join(digit * 2 for digit in short.groups())
        if not re.fullmatch(r"#[0-9a-f]{6}", wanted):
            raise ValueError
        return wanted


@dataclass(frozen=True)
class Groups(Kind):
    """Groups, by their primary keys. Which of them exist, and are none of the roles, is asked on use."""

    allowed: str = "the numbers of groups, separated by commas or as a JSON list"

    def read(self, given: str) -> tuple[int, ...]:
        text = given.strip()
        listed = json.loads(text) if text.startswith("[") else [part for part in text.split(",") if part.strip()]
        keys = [values.whole_number(str(one), 1, 2**31 - 1) for one in listed]
        return tuple(sorted(set(keys)))

    def write(self, value: Any) -> str:
        return ", ".join(str(key) for key in value)

    def dump(self, value: Any) -> Any:
        return sorted(value)

    def load(self, stored: Any) -> tuple[int, ...]:
        return tuple(int(key) for key in stored)


@dataclass(frozen=True)
class Secret(Kind):
    """A text that is stored encrypted and never shown again."""

    longest: int = 500
    is_secret: ClassVar[bool] = True

    @property
    def allowed(self) -> str:  # type: ignore[override]
        return f"one line of at most {self.longest} characters"

    @property
    def message(self) -> _Text:  # type: ignore[override]
        return _("Give one line of at most %(longest)s characters.") % {"longest": self.longest}

    def read(self, given: str) -> str:
        if _CONTROL.search(given) or len(given) > self.longest:
            raise ValueError
        return given


@dataclass(frozen=True, slots=True)
class GivenPicture:
    """An image that the environment names: its bytes as they are, and what tells it from another."""

    data: bytes
    version: str


@dataclass(frozen=True)
class Picture(Kind):
    """An image. What is stored here is its ETag; the image has a table of its own."""

    most_bytes: int = 2 * 1024 * 1024
    base: Path = Path()

    allowed: str = "the path of a PNG, JPEG or WebP file of at most 2 MB"
    message: _Text = _("Upload a PNG, JPEG or WebP image of at most 2 MB.")

    def read(self, given: str) -> GivenPicture:
        try:
            with (self.base / given).open("rb") as file:
                data = file.read(self.most_bytes + 1)
        except OSError as error:
            raise ValueError(f"it can't be read: {error.strerror}") from None
        if len(data) > self.most_bytes or not _looks_like_a_picture(data):
            raise ValueError
        return GivenPicture(data, hashlib.sha256(data).hexdigest()[:32])

    def write(self, value: Any) -> str:
        return value.version if isinstance(value, GivenPicture) else str(value)


def _looks_like_a_picture(data: bytes) -> bool:
    return data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
