"""The files of keys for seals, read again when they change: mounted Secrets and ConfigMaps change in place."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Generic, TypeVar

import structlog

from shared.resolution.seal import PublicKeys, SealingKey, UnfitKeyError, key_id, public_key, sealing_key

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at the files."""
log = structlog.get_logger()

T = TypeVar("T")


class KeyFile(Generic[T]):
    """What the files of a setting hold at present."""

    def __init__(
        self, setting: str, path: Path | None, read: Callable[[Path], T], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`read` raises OSError or UnfitKeyError if the files are not there, or hold something else."""
        self._setting, self._path, self._read, self._clock = setting, path, read, clock
        self._looked = -LOOK_EVERY
        self._seen: object = None
        self._held: T | None = None
        self._trouble = f"{setting} is not set"

    def __call__(self, *, now: bool = False) -> T | None:
        """Return what the files hold, as of a second ago or as of `now`; None while they hold nothing useful."""
        moment = self._clock()
        if self._path is not None and (now or moment - self._looked >= LOOK_EVERY):
            self._looked = moment
            self._look(self._path)
        return self._held

    def problem(self) -> str | None:
        """Return why there is no key; None if there is one."""
        return None if self() is not None else f"seal: {self._trouble}"

    def _look(self, path: Path) -> None:
        seen = _state(path)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._held = self._read(path)
        except (OSError, UnfitKeyError) as error:
            self._held, self._trouble = None, f"{self._setting}: {_words(error, path)}"
            log.error("no key for seals", reason=self._trouble)  # noqa: TRY400 - a traceback says no more
        else:
            log.info("keys for seals read", setting=self._setting, keys=_ids(self._held))


class PublicKeyFiles:
    """The public keys of seals, one per file."""

    def __init__(self, setting: str, folder: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._files: KeyFile[PublicKeys] = KeyFile(setting, folder, read_public_keys, clock)

    def __call__(self, wanted: str = "") -> PublicKeys:
        """Return the keys by id; looks again at once if the one with the id `wanted` is not among them."""
        found = self._files() or {}
        return found if not wanted or wanted in found else self._files(now=True) or {}

    def problem(self) -> str | None:
        """Return why no seal can be checked; None if there is a key."""
        return self._files.problem()


def read_sealing_key(path: Path) -> SealingKey:
    """Read a private key."""
    return sealing_key(path.read_bytes())


def read_public_keys(folder: Path) -> PublicKeys:
    """Read every `*.pem` of a folder. Raises UnfitKeyError if there is none, or if one is not a public key."""
    found = {}
    for path in _files(folder):
        try:
            key = public_key(path.read_bytes())
        except UnfitKeyError as error:
            raise UnfitKeyError(f"{path.name}: {error}") from None
        found[key_id(key)] = key
    if not found:
        raise UnfitKeyError("the folder has no *.pem file")
    return found


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.pem")) if path.is_dir() else [path]


def _state(path: Path) -> object:
    """Return what changes whenever the files do."""
    try:
        return [(str(file), (stat := file.stat()).st_mtime_ns, stat.st_size, stat.st_ino) for file in _files(path)]
    except OSError as error:
        return str(error)


def _words(error: OSError | UnfitKeyError, path: Path) -> str:
    return f"{path}: {error.strerror}" if isinstance(error, OSError) else f"{path}: {error}"


def _ids(held: object) -> list[str]:
    return [held.id] if isinstance(held, SealingKey) else sorted(held) if isinstance(held, Mapping) else []
