"""`python -m services.creator`."""

from services.creator.app import build
from shared.process.service import main

if __name__ == "__main__":
    main("creator", build)
