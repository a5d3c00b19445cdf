"""What the job of the chart makes, with an API server that keeps its objects in a dictionary."""

import copy
import re
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID
from structlog.testing import capture_logs

from services.bootstrap import credentials, secrets
from services.bootstrap.credentials import Maker
from services.bootstrap.settings import BootstrapSettings
from shared.errors import ForbiddenError, SlipwayError, TransientError
from shared.resolution.seal import key_id, public_key, sealing_key
from tests.unit.services.server import Server

SECRETS = "/api/v1/namespaces/slipway/secrets"
SETTINGS = BootstrapSettings(
    logins={"bus-watcher": "watcher-1", "bus-creator": "creator-1"},
    authority="ca",
    certificate="tls",
    hosts=["nats.slipway.svc", "127.0.0.1"],
    seal="seal",
)
ED25519 = b64decode(secrets.seal("slipway", "other")["data"]["private.pem"])


async def make(server: Server, settings: BootstrapSettings = SETTINGS) -> None:
    await Maker(cast(Any, server), settings).make_all()


def held(server: Server, name: str) -> dict[str, bytes]:
    return dict(secrets.held_by(server.objects[f"{SECRETS}/{name}"]))


async def test_everything_is_made_once() -> None:
    """A second run, as at each upgrade, changes nothing: no password, no key, no certificate."""
    server = Server()
    await make(server)
    first = copy.deepcopy(server.objects)
    await make(server)
    assert server.objects == first
    assert {path.rpartition("/")[2] for path in first if path.startswith(SECRETS)} == {
        "bus-watcher", "bus-creator", "ca", "tls", "seal"
    }  # fmt: skip


async def test_what_is_missing_is_added_beside_what_is_there() -> None:
    """A new service, or a new generation of users, gets its password; the others keep theirs."""
    server = Server()
    await make(server, SETTINGS.model_copy(update={"logins": {"bus-watcher": "watcher-1"}, "certificate": ""}))
    before = held(server, "bus-watcher"), held(server, "ca")
    await make(server)
    assert (held(server, "bus-watcher"), held(server, "ca")) == before
    assert held(server, "bus-creator")["username"] == b"creator-1"
    assert held(server, "tls")["ca.crt"] == before[1]["tls.crt"]


async def test_passwords_mean_the_same_in_every_notation() -> None:
    """NATS reads variables as configuration: a password that looks like a number, or has a special letter, is none."""
    server = Server()
    await make(server)
    passwords = {held(server, name)["password"].decode() for name in SETTINGS.logins}
    assert len(passwords) == 2
    assert all(one.isalnum() and one[0].isalpha() and len(one) > 40 for one in passwords)


async def test_the_certificate_is_for_the_brokers_names() -> None:
    """Services check the name by which they reach the broker."""
    server = Server()
    await make(server)
    certificate = x509.load_pem_x509_certificate(held(server, "tls")["tls.crt"])
    names = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert isinstance(names, x509.SubjectAlternativeName)
    assert names.get_values_for_type(x509.DNSName) == ["nats.slipway.svc"]
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(held(server, "tls")["ca.crt"]))


async def test_the_public_key_is_published_twice() -> None:
    """Creators read it in their own namespace, and people in that of global policies."""
    server = Server()
    await make(server)
    private = sealing_key(held(server, "seal")["private.pem"])
    for namespace in ("slipway", "runai"):
        data = server.objects[f"/api/v1/namespaces/{namespace}/configmaps/slipway-seal-keys"]["data"]
        assert [key_id(public_key(text.encode())) for text in data.values()] == [private.id]


async def test_a_new_key_beside_old_public_keys_is_told() -> None:
    """A lost Secret is made again, but nobody's ConfigMap is changed: the log has the public key to add to it."""
    server = Server()
    await make(server)
    with capture_logs() as logs:
        await make(server)
    assert not [line for line in logs if line["log_level"] == "warning"]
    server.take(f"{SECRETS}/seal")
    with capture_logs() as logs:
        await make(server)
    told = [line for line in logs if line["log_level"] == "warning"]
    assert [(line["namespace"], line["name"]) for line in told] == [
        ("slipway", "slipway-seal-keys"), ("runai", "slipway-seal-keys")
    ]  # fmt: skip
    (name,) = told[0]["add"]
    assert name == f"{sealing_key(held(server, 'seal')['private.pem']).id}.pem"


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("seal", {"key.pem": b"a"}, "Secret slipway/seal exists, but has no key private.pem; it has: key.pem"),
        ("seal", {}, "Secret slipway/seal exists, but has no key private.pem; it has: none"),
        ("seal", {"private.pem": b"a"}, "Secret slipway/seal, key private.pem: expected an Ed25519 private key in PEM"),
        ("ca", {"tls.crt": b"a"}, "Secret slipway/ca exists, but has no key tls.key; it has: tls.crt"),
        ("ca", {"tls.crt": b"a", "tls.key": b"a"}, "Secret slipway/ca cannot sign the broker's certificate: "),
        ("ca", {"tls.crt": b"a", "tls.key": ED25519}, "Secret slipway/ca cannot sign the broker's certificate: the au"),
    ],
)
async def test_a_secret_that_holds_something_else_is_named(name: str, data: dict[str, bytes], sentence: str) -> None:
    """P7: a Secret of that name may be another's, or half written: a sentence says so, and it stays as it is."""
    server = Server()
    encoded = {key: b64encode(content).decode() for key, content in data.items()}
    before = server.put(f"{SECRETS}/{name}", {"data": encoded})
    with pytest.raises(SlipwayError, match=re.escape(sentence)):
        await make(server)
    assert server.objects[f"{SECRETS}/{name}"] == before


async def test_policies_to_start_from_leave_those_of_others_alone(tmp_path: Path) -> None:
    """An administrator who has any policy of a kind gets no other one; of other kinds, one is made."""
    file = tmp_path / "default.yaml"
    kinds = ("TrainingPolicy", "InteractivePolicy")
    file.write_text("---\n".join(
        f"apiVersion: run.ai/v1alpha1\nkind: {kind}\nmetadata: {{name: default, namespace: runai}}\n" for kind in kinds
    ))  # fmt: skip
    server, root = Server(), "/apis/run.ai/v1alpha1/namespaces/runai"
    server.put(f"{root}/trainingpolicies/ours", {})
    await make(server, BootstrapSettings(policies=file))
    assert server.writes == ["create interactivepolicies/default"]


async def test_a_busy_server_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """P8: an API server that has just started gets another try; one that refuses does not."""
    monkeypatch.setattr(credentials, "PAUSE", 0.0)
    server, answers = Server(), [TransientError("busy"), TransientError("busy")]
    server.answer = lambda call: answers.pop() if answers else None
    await make(server)
    assert len(server.objects) == 7
    refusing: SlipwayError = ForbiddenError("no right")
    server.answer = lambda call: refusing if call.endswith("secrets/seal") else None
    with pytest.raises(ForbiddenError):
        await make(server)
