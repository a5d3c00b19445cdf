"""What a service says of a broker that it cannot use, and when it reads its files again."""

import ssl
from pathlib import Path

import nats.errors
import pytest

from shared.process.login import Login
from shared.process.settings import SharedSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as a Secret of type kubernetes.io/basic-auth is mounted."""
    (tmp_path / "username").write_text("creator\n")
    (tmp_path / "password").write_text("secret\n")
    return tmp_path


def test_each_trouble_is_one_sentence(folder: Path) -> None:
    """A person reads what to correct, and where."""
    login = Login(SharedSettings(nats_url="tls://nats:4222", nats_login=folder))
    refused = nats.errors.Error("nats: 'Authorization Violation'")
    missing = FileNotFoundError(2, "No such file or directory", "/x/password")
    denied = nats.errors.Error('nats: permissions violation for publish to "job.observed"')
    assert [login.trouble(error) for error in (refused, missing, denied, TimeoutError(), ConnectionResetError())] == [
        ("password", f"the broker refuses the user or the password in {folder}"),
        ("file", "cannot read /x/password: No such file or directory"),
        ("permission", 'permissions violation for publish to "job.observed"'),
        ("silence", "the broker does not answer in time; its tls settings need handshake_first: true"),
        ("other", "ConnectionResetError"),
    ]
    untrusted = ssl.SSLCertVerificationError(1, "failed")
    untrusted.verify_message = "self-signed certificate"
    kind, sentence = login.trouble(untrusted)
    assert kind == "certificate"
    assert sentence.startswith("the broker shows a certificate that is not trusted (self-signed certificate)")


def test_the_files_are_read_at_each_connection(folder: Path) -> None:
    """A mounted Secret may change at any time; the line end of a file is no part of a password."""
    login = Login(SharedSettings(nats_login=folder))
    security = login.security
    name, password = (getattr(security, part) for part in ("username", "password"))
    assert (name(), password()) == ("creator", "secret")
    assert not login.changed()
    (folder / "password").write_text("other")
    assert login.changed()
    assert not login.changed()
    assert password() == "other"


@pytest.mark.parametrize(("url", "first"), [("nats://nats:4222", False), ("tls://nats:4222", True)])
def test_an_encrypted_connection_begins_with_tls(url: str, first: bool) -> None:
    """P9: with TLS, nothing is said before the broker has shown its certificate."""
    security = Login(SharedSettings(nats_url=url)).security
    assert security.tls_handshake_first is first
    assert (security.ssl_context is not None) is first
