"""Where the cluster is looked for: files, the home folder, the account of a pod."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from shared.kubernetes import reading
from shared.kubernetes.fields import UnusableError
from shared.kubernetes.reading import MissingError, choose, files

ROOT = Path(__file__).parents[4]
USABLE = """
current-context: here
clusters: [{name: c, cluster: {server: 'https://a'}}]
contexts: [{name: here, context: {cluster: c}}]
"""


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of a user without a home, a kubeconfig or a pod."""
    monkeypatch.chdir(tmp_path)
    for name in ("KUBECONFIG", "HOME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(reading, "ACCOUNT", tmp_path / "account")
    return tmp_path


def pod(folder: Path, monkeypatch: pytest.MonkeyPatch, host: str = "10.0.0.1") -> None:
    """Make this a pod."""
    (folder / "account").mkdir()
    (folder / "account" / "token").write_text("of-the-pod\n")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")


def test_without_a_home_folder_nothing_is_read_and_nothing_fails(nowhere: Path) -> None:
    """OpenShift runs pods as users without a name; the working folder is not their home."""
    (nowhere / ".kube").mkdir()
    (nowhere / ".kube" / "config").write_text(USABLE)
    assert files(None) == []
    with pytest.raises(MissingError, match="no cluster configured: use --kubeconfig FILE or set KUBECONFIG"):
        choose(None, None)


def test_the_pods_account_counts_if_no_kubeconfig_says_otherwise(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kubeconfig with a current context outranks the account, as for kubectl."""
    pod(nowhere, monkeypatch)
    found = choose(None, None)
    assert (found.cluster.server, found.user.token_file) == ("https://10.0.0.1:443", str(nowhere / "account" / "token"))
    (nowhere / "usable").write_text(USABLE)
    monkeypatch.setenv("KUBECONFIG", "usable")
    assert choose(None, None).cluster.server == "https://a"
    (nowhere / "usable").write_text("current-context: ''\n")
    assert choose(None, None).cluster.server == "https://10.0.0.1:443"


def test_an_address_of_the_newer_kind_is_put_in_brackets(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """IPv6 clusters give pods such addresses."""
    pod(nowhere, monkeypatch, "fd00::1")
    assert choose(None, None).cluster.server == "https://[fd00::1]:443"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "config is empty"),
        (b"# nothing\n", "config is empty"),
        (b"{", "config is not valid YAML"),
        (b"\xff", "config is not valid YAML"),
        (b"a: " + b"9" * 5000, "config is not valid YAML: Exceeds the limit"),
        (b"current-context: x", "it has no context x; available contexts: none"),
        (USABLE.encode() + b"current-context: ''", "no current-context is set; available contexts: here"),
    ],
)
def test_a_kubeconfig_that_leads_nowhere_says_why(content: bytes, sentence: str, nowhere: Path) -> None:
    """Each with its own reason."""
    (nowhere / "config").write_bytes(content)
    with pytest.raises(UnusableError, match=sentence):
        choose("config", None)


def test_large_kubeconfigs_are_read_by_the_parser_in_c() -> None:
    """A thousand contexts take half a second with it, and six without."""
    assert issubclass(reading._Loader, yaml.CSafeLoader)


def test_a_file_that_cannot_be_read_is_named(nowhere: Path) -> None:
    """A folder, for example, or a file without permission."""
    with pytest.raises(UnusableError, match=r"cannot read \.: Is a directory"):
        choose(".", None)
    with pytest.raises(MissingError, match="kubeconfig not found: nothing"):
        choose("nothing", None)


def test_files_are_utf_8_whatever_the_locale_says(nowhere: Path) -> None:
    """LC_ALL=C is usual in containers and in cron."""
    (nowhere / "config").write_text(USABLE.replace("here", "größe"), encoding="utf-8")
    script = "from shared.kubernetes.reading import choose; print(ascii(choose('config', None).context))"
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", script], cwd=nowhere, env=locale, capture_output=True, check=True)
    assert ended.stdout.decode() == "'gr\\xf6\\xdfe'\n"
