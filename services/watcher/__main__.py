"""`python -m services.watcher`."""

from services.watcher.app import build
from services.watcher.settings import WatcherSettings
from shared.process.service import main

if __name__ == "__main__":
    main("watcher", WatcherSettings, build)
