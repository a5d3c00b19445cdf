"""The kubeconfigs of services, without a cluster."""

from pathlib import Path

import yaml

from deploy.local.accounts import kubeconfig_of, write_account
from shared.kubernetes.kubeconfig import chosen, parsed


def test_a_service_gets_a_kubeconfig_with_a_token_that_can_be_renewed(tmp_path: Path) -> None:
    """The token is in a file beside the kubeconfig, readable by its owner only, and no certificate is passed on."""
    admin = {
        "clusters": [{"name": "theirs", "cluster": {"server": "https://cluster:6443"}}],
        "users": [{"name": "root"}],
    }
    path = write_account(admin, "creator", "token-1", tmp_path)
    assert path == kubeconfig_of("creator", tmp_path)
    found = chosen(parsed(yaml.safe_load(path.read_text()), str(path)))
    assert found
    assert found.cluster.server == "https://cluster:6443"
    assert (found.user.certificate, found.user.token) == ("", "")
    token = Path(found.user.token_file)
    assert token.read_text() == "token-1"
    assert {oct(one.stat().st_mode & 0o777) for one in (path, token)} == {"0o600"}
    write_account(admin, "creator", "token-2", tmp_path)
    assert token.read_text() == "token-2"
