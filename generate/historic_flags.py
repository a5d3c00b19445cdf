"""Flags that the catalogue does not imply: other words for its parameters, as they were in use at one time or other."""

from typing import Final

from cli.submit.flags import TOPOLOGY, Flag

HISTORIC: Final = (
    Flag("allowPrivilegeEscalation", ("--prevent-privilege-escalation",), "switch", "Access",
         "Whether no process of the container may get more rights than the one that started it, as by default.",
         negated=True),
    Flag("pyTorchJob", ("--min-replicas",), "number", "Distribution",
         "Workers that a PyTorch job can shrink to.", member="minReplicas"),
    Flag("pyTorchJob", ("--max-replicas",), "number", "Distribution",
         "Workers that a PyTorch job can grow to.", member="maxReplicas"),
    Flag("runPolicy", ("--clean-pod-policy",), "text", "Lifecycle",
         "Which pods are removed when the job has ended: Running, All or None.", member="cleanPodPolicy"),
    Flag("runPolicy", ("--backoff-limit",), "number", "Lifecycle",
         "How many times the job is tried again before it is given up.", member="backoffLimit"),
    Flag(TOPOLOGY, ("--preferred-pod-topology-key",), "text", "Scheduling",
         "Label of nodes: if possible, all pods of the job run on nodes with the same value of it."),
    Flag(TOPOLOGY, ("--required-pod-topology-key",), "text", "Scheduling",
         "Label of nodes: all pods of the job run on nodes with the same value of it."),
    Flag("workers", ("--processes",), "number", "Distribution", "The same as --workers."),
    Flag("workers", ("--num-processes",), "number", "Distribution", "",
         deprecated="please use --processes instead"),
    Flag("processes", ("--num-processes",), "number", "Distribution", "",
         deprecated="please use --processes instead"),
    Flag("backoffLimit", ("--backoffLimit",), "number", "Lifecycle", "",
         deprecated="use --backoff-limit instead"),
    Flag("runPolicy", ("--backoffLimit",), "number", "Lifecycle", "", member="backoffLimit",
         deprecated="use --backoff-limit instead"),
    Flag("volumes", ("--volumes",), "volume", "Storage", "", deprecated="please use --volume instead"),
)  # fmt: skip
