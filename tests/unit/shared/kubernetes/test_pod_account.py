"""A service without a kubeconfig says what is missing for the account of a pod; a pod's authority may change."""

import os
import time
from pathlib import Path

import pytest

from deploy.local.certificates import Authority
from shared.kubernetes import reading
from shared.kubernetes.access import Access
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.kubeconfig import Chosen, Cluster, User
from shared.kubernetes.reading import UnconfiguredError, choose, why_no_pod

BEGUN = b"-----BEGIN CERTIFICATE-----\n\xff\n-----END CERTIFICATE-----\n"
IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "KUBERNETES_SERVICE_PORT is not set: this is no pod"),
        (IN_A_POD, "/token does not exist: the pod needs automountServiceAccountToken: true"),
    ],
)
def test_what_is_missing_for_a_pods_account_is_named(
    environment: dict[str, str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person reads whether this is a pod at all, and what its manifest needs."""
    for name in ("HOME", "KUBECONFIG", *IN_A_POD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(reading, "ACCOUNT", tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UnconfiguredError):
        choose(None, None)
    assert why_no_pod(os.environ).removeprefix(str(tmp_path)) == sentence


def test_an_authority_that_changes_in_its_file_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod's file changes under it; a file that cannot be used for a moment changes nothing."""
    old, new, file = Authority(tmp_path / "old"), Authority(tmp_path / "new", "new"), tmp_path / "ca.crt"
    file.write_bytes(old.certificate)
    pod = Access(Chosen(Cluster(server="https://10.0.0.1", authority=str(file)), User(token="t")))
    first = pod.tls
    file.write_bytes(old.certificate + new.certificate)
    assert pod.tls is first, "it is not read with each call"
    monkeypatch.setattr(time, "monotonic", lambda: float("inf"))
    second = pod.tls
    assert second is not first
    for useless in (b"nothing", BEGUN):
        file.write_bytes(useless)
        pod.look_again()
        assert pod.tls is second


def test_an_authority_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    """P7: a file that looks like a certificate and is none ends in a sentence, whatever bytes it has."""
    file = tmp_path / "ca.crt"
    file.write_bytes(BEGUN)
    pod = Access(Chosen(Cluster(server="https://10.0.0.1", authority=str(file)), User(token="t")))
    with pytest.raises(UnusableError, match="the certificate-authority cannot be used"):
        _ = pod.tls
