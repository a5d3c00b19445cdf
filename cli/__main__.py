"""`runai` as a process, and `python -m cli`: a Ctrl-C while modules load ends it at once, without a traceback."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else whoever started us wants it to be ignored
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from cli.main import main  # only now: it takes its time

if __name__ == "__main__":
    main()
