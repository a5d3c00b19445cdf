"""Which proxy of the environment leads to a server."""

from collections.abc import Mapping

import pytest

from shared.kubernetes.proxies import proxy_for

WANTED = {"HTTPS_PROXY": "http://proxy:3128"}


@pytest.mark.parametrize(
    ("server", "environment", "proxy"),
    [
        ("https://api.example:6443", WANTED, "http://proxy:3128"),
        ("https://api.example", {"https_proxy": "proxy:3128"}, "proxy:3128"),
        ("http://api.example", WANTED, None),
        ("http://api.example", {"HTTP_PROXY": "http://p"}, "http://p"),
        ("https://localhost:6443", WANTED, None),
        ("https://127.0.0.2:6443", WANTED, None),
        ("https://[::1]:6443", WANTED, None),
        ("https://[::1", WANTED, None),
        ("https://api.example", {}, None),
        ("https://api.example", {**WANTED, "NO_PROXY": "other, API.example"}, None),
        ("https://api.example", {**WANTED, "no_proxy": ".example"}, None),
        ("https://api.example", {**WANTED, "NO_PROXY": "*.example"}, None),
        ("https://api.example", {**WANTED, "NO_PROXY": "*"}, None),
        ("https://api.example", {**WANTED, "NO_PROXY": "pi.example,10.0.0.0/8,"}, "http://proxy:3128"),
        ("https://10.1.2.3", {**WANTED, "NO_PROXY": "10.0.0.0/8"}, None),
        ("https://11.1.2.3", {**WANTED, "NO_PROXY": "10.0.0.0/8,11.1.2.4"}, "http://proxy:3128"),
        ("https://api.example:6443", {**WANTED, "NO_PROXY": "api.example:6443"}, None),
        ("https://a.api.example:6443", {**WANTED, "NO_PROXY": "api.example:6443"}, None),
        ("https://api.example:6443", {**WANTED, "NO_PROXY": "api.example:443"}, "http://proxy:3128"),
        ("https://api.example", {**WANTED, "NO_PROXY": "api.example:443"}, None),
        ("https://10.1.2.3:6443", {**WANTED, "NO_PROXY": "10.1.2.3:6443"}, None),
        ("https://10.1.2.3:6443", {**WANTED, "NO_PROXY": "10.1.2.3:443"}, "http://proxy:3128"),
        ("https://[fd00::1]:6443", {**WANTED, "NO_PROXY": "[fd00::1]:6443"}, None),
        ("https://[fd00::1]:6443", {**WANTED, "NO_PROXY": "fd00::1"}, None),
        ("https://[fd00::1]:6443", {**WANTED, "NO_PROXY": "fd00::/8"}, None),
        ("https://example", {**WANTED, "NO_PROXY": ".example"}, "http://proxy:3128"),
        ("https://api.example", {**WANTED, "NO_PROXY": "10.0.0.0/99, ,:6443"}, "http://proxy:3128"),
    ],
)
def test_the_environments_proxy(server: str, environment: Mapping[str, str], proxy: str | None) -> None:
    """HTTPS_PROXY, HTTP_PROXY and NO_PROXY choose the proxy, row by row."""
    assert proxy_for(server, environment) == proxy
