"""Entry point of `runai` and `python -m cli`: Ctrl-C while modules load ends it at once, without a traceback."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # otherwise the parent process ignores it
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from cli.main import main  # only now, because this import is slow

if __name__ == "__main__":
    main()
