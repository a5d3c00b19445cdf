"""`python -m services.status`."""

from services.status.app import build
from shared.process.service import main

if __name__ == "__main__":
    main("status", build)
