"""`python -m services.runner`."""

from services.runner.app import build
from services.runner.settings import RunnerSettings
from shared.process.service import main

if __name__ == "__main__":
    main("runner", RunnerSettings, build)
