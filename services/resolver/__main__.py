"""`python -m services.resolver`."""

from services.resolver.app import build
from shared.process.service import main

if __name__ == "__main__":
    main("resolver", build)
