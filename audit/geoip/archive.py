"""Getting the file out of what was downloaded: ``.tar.gz``, ``.mmdb.gz`` or the file itself, told by its content."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO, Final, cast

from .exceptions import GeoIPError

#: Bytes of the file, unpacked. GeoLite2-City has some 60 MB, GeoIP2-City twice as many.
LARGEST: Final = 300 * 1024**2
_GZIP: Final = b"\x1f\x8b"
_TAR_MAGIC_AT: Final = 257


def unpack(archive: Path, into: IO[bytes]) -> None:
    """Write the file of places in ``archive`` to ``into``.

    :raises GeoIPError: there is none, it is cut short, or larger than 300 MB.
    :raises OSError: it can't be written.
    """
    with archive.open("rb") as source:
        is_packed = source.read(2) == _GZIP
        source.seek(0)
        try:
            if is_packed:
                _unpack_gzip(source, into)
            else:
                _copy(source, into)
        except (EOFError, gzip.BadGzipFile, zlib.error, tarfile.TarError):
            raise GeoIPError("bad_archive", "The archive is damaged or not complete.") from None


def _unpack_gzip(source: IO[bytes], into: IO[bytes]) -> None:
    with gzip.open(source) as unpacked:
        head = unpacked.read(512)
    source.seek(0)
    with gzip.open(source) as unpacked:
        limited = _Limited(cast(IO[bytes], unpacked))
        if head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] != b"ustar":
            _copy(limited, into)
            return
        with tarfile.open(fileobj=cast(IO[bytes], limited), mode="r|") as files:
            for member in files:
                # Only its content is taken, so neither a path nor a link in the archive leads anywhere.
                if member.isreg() and member.name.endswith(".mmdb") and (content := files.extractfile(member)):
                    _copy(content, into)
                    return
    raise GeoIPError("bad_archive", "The archive holds no .mmdb file.")


def _copy(source: IO[bytes] | _Limited, into: IO[bytes]) -> None:
    shutil.copyfileobj(source, into, 256 * 1024)


class _Limited:
    """A stream that ends in an error where it becomes too long: a small archive can hold a huge file."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = LARGEST

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise GeoIPError("too_large", f"The file is larger than {LARGEST // 1024**2} MB.")
        return piece
