"""`runai submit` and `runai submit-mpi`, and what they share with `runai submit-dist`."""

from typing import Final

from cli.submit.callback import submitted
from cli.submit.command import SubmitCommand
from cli.submit.draft import Profile
from shared.parameters.kinds import DEFAULT, KINDS

KINDS_OF_JOBS: Final = (DEFAULT.name, *(kind.name for kind in KINDS if kind.verb == "submit" and kind != DEFAULT))
OF_JOBS: Final = Profile(KINDS_OF_JOBS, without=frozenset({"processes"}))
OF_MPI: Final = Profile(
    ("training", "interactive"),
    fixed={"mpi": {"value": True}},
    without=frozenset(
        {"ports", "serviceType", "completions", "parallelism", "preemptible", "jupyter", "ttlAfterFinish", "elastic"}
    ),
)


submit = SubmitCommand(
    OF_JOBS,
    name="submit",
    callback=submitted,
    help="""Submit a job: a training job, unless a switch selects another kind.

    The words after -- are the arguments of the image's entry point; with --command they replace it.

    \b
    Examples:
      runai submit --name build1 -i ubuntu -g 1 --interactive --command -- sleep infinity
      runai submit --image my/trainer --gpu 0.5 -e BATCH_SIZE=50 -v /data:/data:ro -- --epochs 10
      runai submit --workload my-template --gpu 2 --wait=running
      runai submit --image my/trainer --gpu 5 --dry-run=server
    """,
)

submit_mpi = SubmitCommand(
    OF_MPI,
    name="submit-mpi",
    callback=submitted,
    help="""Submit an MPI job: a launcher, and workers in which it starts processes.

    \b
    Example: runai submit-mpi --name dist1 --processes 2 -g 1 -i gcr.io/run-ai-demo/quickstart-distributed
    """,
)
