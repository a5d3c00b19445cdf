"""The files of keys: read again when they change, and one sentence while they hold nothing useful."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.seals import SealKeys
from shared.process.keys import KeyFile, PublicKeyFiles, read_sealing_key
from tests.unit.shared.resolution.sealing import KEY, OTHER


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys(tmp_path: Path) -> SealKeys:
    """A folder for keys, without any."""
    return SealKeys(tmp_path / "seals")


def test_a_resolver_without_its_key_says_why_and_recovers(keys: SealKeys) -> None:
    """No setting, no file, another file, the key: each as of a second ago."""
    assert KeyFile("S", None, read_sealing_key).problem() == "seal: S is not set"
    clock = Clock()
    file = KeyFile("S", keys.private, read_sealing_key, clock)
    assert file.problem() == f"seal: S: {keys.private}: No such file or directory"
    keys.private.parent.mkdir()
    keys.private.write_text("hello")
    clock.now += 2
    expected = "expected an Ed25519 private key in PEM, without a password"
    assert file.problem() == f"seal: S: {keys.private}: {expected}"
    keys.use(KEY.private)
    assert file.problem() is not None
    clock.now += 2
    assert file.problem() is None
    read = file()
    assert read is not None
    assert read.id == KEY.id
    keys.private.unlink()
    clock.now += 2
    assert file() is None


def test_a_creator_without_public_keys_says_why_and_recovers(keys: SealKeys) -> None:
    """An empty folder, a wrong file, one key, two; the wrong file is named."""
    clock = Clock()
    files = PublicKeyFiles("S", keys.public, clock)
    assert files.problem() == f"seal: S: {keys.public}: No such file or directory"
    keys.public.mkdir(parents=True)
    clock.now += 2
    assert files.problem() == f"seal: S: {keys.public}: the folder has no *.pem file"
    keys.trust(KEY.private.public_key())
    clock.now += 2
    assert (files.problem(), set(files())) == (None, {KEY.id})
    (keys.public / "other.pem").write_text("hello")
    clock.now += 2
    assert files.problem() == f"seal: S: {keys.public}: other.pem: expected an Ed25519 public key in PEM"


def test_a_key_that_is_not_known_is_looked_for_at_once(keys: SealKeys) -> None:
    """The public key may be there since a moment; nothing else makes the creator look more often."""
    keys.use(KEY.private)
    clock = Clock()
    files = PublicKeyFiles("S", keys.public, clock)
    assert set(files()) == {KEY.id}
    keys.trust(OTHER.private.public_key())
    assert set(files(KEY.id)) == {KEY.id}
    assert set(files(OTHER.id)) == {KEY.id, OTHER.id}


def test_a_platform_makes_its_keys_once(keys: SealKeys) -> None:
    """The private key is nobody else's to read; a new one leaves the old public key in place."""
    keys.make()
    made = keys.private.read_bytes()
    assert keys.private.stat().st_mode & 0o777 == 0o600
    assert keys.make().private.read_bytes() == made
    first = read_sealing_key(keys.private).id
    keys.use(Ed25519PrivateKey.generate())
    second = read_sealing_key(keys.private).id
    assert set(PublicKeyFiles("S", keys.public)()) == {first, second}
    assert set(keys.manifest["data"]) == {f"{first}.pem", f"{second}.pem"}
