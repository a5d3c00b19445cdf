"""Docker's health check of a service: asks /readyz of its own process, and prints what is not ready.

It has nothing to do with Kubernetes, whose probes ask /readyz and /livez themselves.
"""

import http.client
import os
import sys

EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - what a service listens on, not this program


def main() -> int:
    """Return 0 if the service is ready, otherwise 1."""
    host, port = os.environ.get("SLIPWAY_HTTP_HOST", ""), os.environ.get("SLIPWAY_HTTP_PORT", "8080")
    connection = http.client.HTTPConnection("127.0.0.1" if host in EVERYWHERE else host, int(port), timeout=4)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        sys.stdout.write(answer.read().decode())
    except OSError as error:
        sys.stdout.write(f"no answer at port {port}: {error}\n")
        return 1
    return 0 if answer.status == http.client.OK else 1


if __name__ == "__main__":
    raise SystemExit(main())
