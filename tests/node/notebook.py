"""A small image whose containers really run: they answer like a notebook, have a shell, and end if told to."""

import shutil
from pathlib import Path
from typing import Final

from tests.node.archives import Image

NAME: Final = "localhost/notebook:v1"
PROGRAMS: Final = ("sh", "cat", "echo", "hostname", "id", "ls", "sleep", "wget", "true", "false")
TOKEN: Final = "0123456789abcdef"
"""That it logs as a notebook does, unless it is given another one."""
START: Final = f"""#!/bin/sh
echo "    http://$(hostname):8888/lab?token=${{JUPYTER_TOKEN:-{TOKEN}}}"
exec busybox httpd -f -v -p 8888 -h /srv
""".encode()
WHO: Final = b"""#!/bin/sh
printf 'Content-Type: application/json\\r\\n\\r\\n{"pod": "%s", "project": "%s"}\\n' "$(hostname)" "$RUNAI_PROJECT"
"""


def notebook() -> Image:
    """The image: a web server on port 8888, and busybox."""
    busybox = Path(shutil.which("busybox") or "busybox").resolve()
    return Image(
        NAME,
        {
            "bin/busybox": busybox,
            "usr/local/bin/start-notebook.sh": START,
            "srv/api/status": b'{"kernels": 0, "connections": 0}\n',
            "srv/cgi-bin/who": WHO,
        },
        links={f"bin/{name}": "busybox" for name in PROGRAMS},
        command=["start-notebook.sh"],
    )
