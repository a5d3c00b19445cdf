"""Flags that the catalogue does not imply: historic names for its parameters."""

from typing import Final

from cli.submit.flags import TOPOLOGY, Flag

HISTORIC: Final = (
    Flag("allowPrivilegeEscalation", ("--prevent-privilege-escalation",), "switch", "Access",
         "Do not let a process of the container gain more privileges than its parent (the default).",
         negated=True),
    Flag("pyTorchJob", ("--min-replicas",), "number", "Distribution",
         "Fewest workers of an elastic PyTorch job.", member="minReplicas"),
    Flag("pyTorchJob", ("--max-replicas",), "number", "Distribution",
         "Most workers of an elastic PyTorch job.", member="maxReplicas"),
    Flag("runPolicy", ("--clean-pod-policy",), "text", "Lifecycle",
         "Pods to remove when the job ends: Running, All or None.", member="cleanPodPolicy"),
    Flag("runPolicy", ("--backoff-limit",), "number", "Lifecycle",
         "Number of retries before the job fails.", member="backoffLimit"),
    Flag(TOPOLOGY, ("--preferred-pod-topology-key",), "text", "Scheduling",
         "Node label: if possible, run all pods of the job on nodes with the same value."),
    Flag(TOPOLOGY, ("--required-pod-topology-key",), "text", "Scheduling",
         "Node label: run all pods of the job on nodes with the same value."),
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
