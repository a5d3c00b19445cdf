"""Rules between the values of inference and distributed workloads, and between GPUs and the scheduler.

They run as part of `cross`.
"""

from collections.abc import Callable, Iterator
from typing import Final

from shared.parameters import sentences
from shared.parameters.scaling import HPA, KPA, ScalingMetric
from shared.resolution.chosen import Chosen, Found
from shared.resolution.knative import serving

OF_REQUESTS: Final = {ScalingMetric.THROUGHPUT: "rps", ScalingMetric.CONCURRENCY: "concurrency"}
"""Metrics that KPA takes, with its names for them."""


def scale(chosen: Chosen) -> Iterator[Found]:
    """The bounds are in order, and the autoscaler takes the metric."""
    least, most = chosen["minScale"], chosen["maxScale"]
    if least and most and most < least:  # 0 sets no limit
        yield "maxScale", sentences.no_less_than_other("minScale", str(least))
    metric, name = chosen["metric"], chosen["metricName"]
    counted = name or (metric and OF_REQUESTS.get(metric, metric.value))
    if counted is None:
        if least == 0 and chosen["class"] == HPA:
            yield "minScale", sentences.never_zero_by(HPA)
        return
    of_requests = counted in OF_REQUESTS.values()
    if least == 0 and not of_requests:
        yield "minScale", sentences.never_zero(name or metric)
    given = chosen["class"]
    if given in (KPA, HPA) and (given == KPA) is not of_requests:
        yield "class", sentences.other_autoscaler(KPA if of_requests else HPA, name or metric)


def elastic_workers(chosen: Chosen) -> Iterator[Found]:
    """An elastic job has both bounds, and its number of workers is between them."""
    elastic = chosen["pyTorchJob"]
    if elastic is None:
        return
    least, most, workers = elastic.min_replicas, elastic.max_replicas, chosen["workers"]
    if (least is None) is not (most is None):
        missing, given = ("minReplicas", "maxReplicas") if least is None else ("maxReplicas", "minReplicas")
        yield ("pyTorchJob", missing), sentences.blank_beside(f"pyTorchJob.{given}")
    elif least is not None and most is not None and most < least:
        yield ("pyTorchJob", "maxReplicas"), sentences.no_less_than_other("pyTorchJob.minReplicas", str(least))
    elif least is not None and workers is not None and workers < least:
        yield "workers", sentences.no_less_than_other("pyTorchJob.minReplicas", str(least))
    elif most is not None and workers is not None and workers > most:
        yield "workers", sentences.no_greater_than_other("pyTorchJob.maxReplicas", str(most))


def sharing(chosen: Chosen) -> Iterator[Found]:
    """No fraction of a GPU if the scheduler can only allocate whole ones."""
    if chosen.shares_gpus:
        return
    gpu = chosen["gpu"]
    if gpu is not None and 0 < gpu.amount < 1:
        yield "gpu", sentences.needs_gpu_sharing()
    if chosen["gpuMemory"] is not None:
        yield "gpuMemory", sentences.needs_gpu_sharing()


KIND_RULES: Final[tuple[Callable[[Chosen], Iterator[Found]], ...]] = (
    scale,
    serving,
    elastic_workers,
    sharing,
)
