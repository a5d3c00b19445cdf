"""`runai submit-dist mpi|pytorch`."""

from cli.submit.callback import submitted
from cli.submit.command import SubmitCommand
from cli.submit.draft import Profile

mpi = SubmitCommand(
    Profile(("distributed", "interactive"), fixed={"jobType": "MPI"},
            without=frozenset({"jupyter", "preemptible", "processes", "pyTorchJob"})),
    name="mpi",
    callback=submitted,
    help="""Submit a distributed MPI job. With --interactive it becomes an interactive job.

    \b
    Example: runai submit-dist mpi --name dist1 --processes 2 -g 1 -i gcr.io/run-ai-demo/quickstart-distributed
    """,
)  # fmt: skip

pytorch = SubmitCommand(
    Profile(("distributed",), fixed={"jobType": "PyTorch"}),
    name="pytorch",
    callback=submitted,
    help="""Submit a distributed PyTorch job; --min-replicas and --max-replicas make it elastic.

    \b
    Example: runai submit-dist pytorch --name distributed-job --workers 2 -g 1 -i my/trainer
    """,
)
