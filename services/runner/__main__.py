"""`python -m services.runner`."""

from services.runner.app import build
from shared.process.service import main

if __name__ == "__main__":
    main("runner", build)
