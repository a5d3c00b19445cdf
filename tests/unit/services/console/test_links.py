"""One-time links of the local platform: each lets one person in, once, in time."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from services.console.links import new_link, redeemed, remove_expired


def secret_of(link: str) -> str:
    """What a link says."""
    return parse_qs(urlsplit(link).query)["once"][0]


def test_a_link_gives_its_token_once(tmp_path: Path) -> None:
    """The second use of the same link gives nothing, and the folder is empty after the first."""
    link = new_link(tmp_path, "http://127.0.0.1:8088/", "secret-token")
    assert link.startswith("http://127.0.0.1:8088/sign-in/link?once=")
    assert "secret-token" not in link
    assert (redeemed(tmp_path, secret_of(link)), redeemed(tmp_path, secret_of(link))) == ("secret-token", None)
    assert list(tmp_path.iterdir()) == []


def test_of_many_who_use_a_link_at_once_one_gets_in(tmp_path: Path) -> None:
    """However many requests, replicas or processes race for it."""
    secret = secret_of(new_link(tmp_path, "http://localhost", "t"))
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: redeemed(tmp_path, secret), range(64)))
    assert sorted(filter(None, found)) == ["t"]


def test_a_link_that_is_too_old_gives_nothing(tmp_path: Path) -> None:
    """It goes with the next one that is made; the next one itself stays."""
    old = secret_of(new_link(tmp_path, "http://localhost", "t", lasts=-1))
    young = secret_of(new_link(tmp_path, "http://localhost", "u"))
    assert len(list(tmp_path.iterdir())) == 1
    assert (redeemed(tmp_path, old), redeemed(tmp_path, young)) == (None, "u")
    assert redeemed(tmp_path, secret_of(new_link(tmp_path, "http://localhost", "t", lasts=-1))) is None


def test_only_its_owner_can_read_what_a_link_stands_for(tmp_path: Path) -> None:
    """Neither the folder nor the file is open to others, and a file's name is no link."""
    folder = tmp_path / "links"
    secret = secret_of(new_link(folder, "http://localhost", "t"))
    [file] = folder.iterdir()
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)
    assert secret not in file.name
    assert redeemed(folder, file.stem) is None


def test_what_is_no_link_leads_nowhere(tmp_path: Path) -> None:
    """A path, an empty text or a damaged file gives nothing, and damaged files are removed."""
    (tmp_path / f"{'0' * 64}.link").write_text("{")
    assert [redeemed(tmp_path, text) for text in ("", "../../etc/passwd", "\udcff", "x" * 100_000)] == [None] * 4
    remove_expired(tmp_path)
    assert list(tmp_path.iterdir()) == []
