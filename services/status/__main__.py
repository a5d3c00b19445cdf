"""`python -m services.status`."""

from services.status.app import build
from services.status.settings import StatusSettings
from shared.process.service import main

if __name__ == "__main__":
    main("status", StatusSettings, build)
