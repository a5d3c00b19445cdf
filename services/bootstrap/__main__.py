"""`python -m services.bootstrap`: declare the stream, and end."""

import asyncio

from services.bootstrap.declare import UndeclaredError, declare
from shared.process.beginning import begin
from shared.process.settings import SharedSettings


def main() -> None:
    """Declare the stream; exit with 1 and the reason if that is impossible."""
    settings, _ = begin("bootstrap", SharedSettings)
    try:
        asyncio.run(declare(settings))
    except UndeclaredError as error:
        raise SystemExit(f"bootstrap: {error}") from error


if __name__ == "__main__":
    main()
