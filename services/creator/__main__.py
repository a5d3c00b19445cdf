"""`python -m services.creator`."""

from services.creator.app import build
from services.creator.settings import CreatorSettings
from shared.process.service import main

if __name__ == "__main__":
    main("creator", CreatorSettings, build)
