"""`python -m services.console`."""

from services.console.app import build
from services.console.settings import ConsoleSettings
from shared.process.service import main

if __name__ == "__main__":
    main("console", ConsoleSettings, build)
