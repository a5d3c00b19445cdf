"""`python -m services.resolver`."""

from services.resolver.app import build
from services.resolver.settings import ResolverSettings
from shared.process.service import main

if __name__ == "__main__":
    main("resolver", ResolverSettings, build)
