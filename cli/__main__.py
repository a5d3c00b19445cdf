"""`python -m cli` is `runai`."""

from cli.main import main

main()
