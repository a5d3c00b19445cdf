"""Values sets for the details of pods: storage, addresses, placement, rights, tools. Each has a whole expected file."""

from typing import Any

from shared.parameters.kinds import DEPLOYMENT, INTERACTIVE, TRAINING, Kind

IMAGE = {"image": "ubuntu"}
BOUND = {"cpu": "1", "cpuLimit": "4", "memory": "2Gi", "memoryLimit": "8Gi"}

DETAILS: dict[str, tuple[Kind, str, dict[str, Any]]] = {
    "training_claims": (
        TRAINING,
        "claims-1",
        {
            **IMAGE,
            "pvcs": {
                "data": {"claimName": "datasets", "existingPvc": True, "path": "/data", "readOnly": True},
                "scratch": {"size": "10Gi", "path": "/scratch"},
                "shared": {
                    "size": "1T",
                    "path": "/shared",
                    "storageClass": "fast.example.com",
                    "accessModes": "readwritemany",
                    "claimName": "team-shared",
                },
                "cache": {"size": "500M", "path": "/cache", "ephemeral": True, "storageClass": "local"},
                "disk": {"size": "1Gi", "path": "/dev/xvda", "volumeMode": "Block", "readOnly": True},
                "spare": {"size": "1Gi", "path": "/dev/xvdb", "volumeMode": "block", "ephemeral": True},
            },
        },
    ),
    "training_git_sync": (
        TRAINING,
        "clone-1",
        {
            **IMAGE,
            "gitSync": {
                "code": {
                    "source": "https://github.com/team/project.git",
                    "branch": "main",
                    "target": "/code",
                    "username": "robot",
                    "password": "SECRET:git-robot,token",
                },
                "pinned": {
                    "source": "https://github.com/team/library",
                    "branch": "main",
                    "rev": "v1.2.3",
                    "target": "/lib",
                },
                "least": {"source": "http://git.local/a", "target": "/a"},
            },
        },
    ),
    "training_s3": (
        TRAINING,
        "copy-1",
        {
            **IMAGE,
            "s3": {
                "images": {
                    "bucket": "images/2024",
                    "key": "SECRET:store,key",
                    "secret": "SECRET:store,secret",
                    "target": "/images",
                    "url": "https://minio.local:9000",
                },
                "amazon": {
                    "bucket": "models",
                    "key": "SECRET:aws,key",
                    "secret": "SECRET:aws,secret",
                    "target": "/models",
                    "url": "https://s3.amazon.com",
                },
            },
        },
    ),
    "training_all_storage": (
        TRAINING,
        "store-1",
        {
            **IMAGE,
            **BOUND,
            "gpu": "1",
            "mountPropagation": True,
            "largeShm": True,
            "createHomeDir": True,
            "volumes": {"mnt": {"sourcePath": "/mnt", "targetPath": "/mnt", "readOnly": True}},
            "pvcs": {"scratch": {"size": "10Gi", "path": "/scratch"}},
            "emptyDirVolumes": {"empty": {"path": "/empty", "size": "1Gi"}, "more": {"path": "/more"}},
            "configMapVolumes": {"settings": {"name": "settings", "path": "/settings"}},
            "secretVolumes": {"keys": {"name": "my-keys", "path": "/keys"}},
            "imagePullSecrets": {"registry": "my-registry"},
            "gitSync": {"code": {"source": "https://github.com/team/project", "target": "/code"}},
            "s3": {
                "data": {
                    "bucket": "data",
                    "key": "SECRET:store,key",
                    "secret": "SECRET:store,secret",
                    "target": "/data",
                }
            },
        },
    ),
    "training_own_home": (
        TRAINING,
        "home-1",
        {**IMAGE, "createHomeDir": True, "environment": {"HOME": "/elsewhere"}},
    ),
    "training_identity": (
        TRAINING,
        "user-1",
        {
            **IMAGE,
            "runAsUser": True,
            "runAsUid": 1000,
            "runAsGid": 1001,
            "supplementalGroups": "100; 2000,100",
            "createHomeDir": True,
        },
    ),
    "training_user_only": (TRAINING, "user-2", {**IMAGE, "runAsUser": True, "runAsUid": 1000}),
    "training_rights": (
        TRAINING,
        "host-1",
        {
            **IMAGE,
            "hostIpc": True,
            "hostNetwork": True,
            "allowPrivilegeEscalation": True,
            "capabilities": {"NET_ADMIN": "", "trace": "cap_sys_ptrace", "again": "SYS_PTRACE"},
        },
    ),
    "training_placement": (
        TRAINING,
        "place-1",
        {
            **IMAGE,
            "nodeType": "dgx",
            "nodePools": "a100, v100 default",
            "tolerations": {
                "spot": {"operator": "Equal", "key": "spot", "value": "true", "effect": "NoSchedule"},
                "gpu": {"operator": "exists", "key": "nvidia.com/gpu"},
                "gone": {"operator": "Exists", "key": "lost", "effect": "noexecute", "seconds": 300},
                "empty": {"operator": "Equal", "key": "marked", "value": ""},
            },
        },
    ),
    "training_node_pool": (TRAINING, "place-2", {**IMAGE, "nodePool": "a100"}),
    "training_default_pool": (TRAINING, "place-3", {**IMAGE, "nodePools": "default"}),
    "training_mig": (TRAINING, "mig-1", {**IMAGE, "migProfile": "3G.20GB"}),
    "training_extended_resources": (
        TRAINING,
        "ext-1",
        {**IMAGE, "gpu": "1", "cpu": "1", "extendedResources": {"example.com/fpga": "2", "rdma/hca": "1k"}},
    ),
    "training_gpu_limit": (TRAINING, "limit-1", {**IMAGE, "gpuMemory": "2G", "gpuLimit": "10G"}),
    "training_elastic": (TRAINING, "elastic-1", {**IMAGE, "gpu": "4", "elastic": True}),
    "training_mpi": (
        TRAINING,
        "mpi-7",
        {**IMAGE, "mpi": True, "processes": 3, "slotsPerWorker": 2, "gpu": "1", "backoffLimit": 2},
    ),
    "interactive_mpi": (INTERACTIVE, "mpi-8", {**IMAGE, "mpi": True}),
    "deployment_mps": (DEPLOYMENT, "serve-9", {**IMAGE, "gpu": "0.25", "mps": True}),
    "interactive_services": (
        INTERACTIVE,
        "ports-2",
        {
            **IMAGE,
            "serviceType": "loadbalancer",
            "ports": {
                "a": {"container": 8080, "external": 80},
                "b": {"container": 8081, "serviceType": "NodePort", "external": 30081},
                "c": {"container": 8082, "serviceType": "clusterip"},
                "d": {"container": 8083, "serviceType": "nodeport"},
            },
        },
    ),
    "interactive_ports_by_themselves": (
        INTERACTIVE,
        "ports-3",
        {
            **IMAGE,
            "ports": {
                "a": {"container": 8080, "autoGenerate": True},
                "b": {"container": 9090, "external": 8080},
                "c": {"container": 8080, "autoGenerate": True},
            },
        },
    ),
    "interactive_node_ports_by_themselves": (
        INTERACTIVE,
        "ports-4",
        {**IMAGE, "ports": {"a": {"container": 22, "autoGenerate": True, "serviceType": "NodePort"}}},
    ),
    "interactive_ingress": (
        INTERACTIVE,
        "web-7",
        {**IMAGE, "serviceType": "ingress", "ports": {"web": {"container": 8080, "external": 80}}},
    ),
    "interactive_ingress_of_several": (
        INTERACTIVE,
        "web-8",
        {
            **IMAGE,
            "serviceType": "ingress",
            "ports": {"web": {"container": 8080}, "api": {"container": 9090}},
            "exposedUrls": {
                "api": {"container": 9090, "url": "https://lab.example.com/api"},
                "docs": {"container": 7070},
            },
        },
    ),
    "interactive_ingress_of_addresses": (
        INTERACTIVE,
        "web-9",
        {**IMAGE, "serviceType": "ingress", "exposedUrls": {"web": {"container": 8080}}},
    ),
    "interactive_jupyter_ingress": (
        INTERACTIVE,
        "nb-9",
        {**IMAGE, "jupyter": True, "serviceType": "ingress", "notebookToken": "SECRET:my-notebook,token"},
    ),
    "interactive_jupyter_with_token": (
        INTERACTIVE,
        "nb-10",
        {**IMAGE, "jupyter": True, "notebookToken": "abc", "environment": {"JUPYTER_TOKEN": "other"}},
    ),
    "interactive_tensorboard": (
        INTERACTIVE,
        "tb-1",
        {**IMAGE, **BOUND, "tensorboard": True, "tensorboardLogdir": "/logs", "gpu": "1"},
    ),
    "interactive_tensorboard_in_volume": (
        INTERACTIVE,
        "tensorboard",
        {
            **IMAGE,
            "tensorboard": True,
            "tensorboardLogdir": "/data/runs",
            "serviceType": "ingress",
            "pvcs": {"data": {"existingPvc": True, "claimName": "data", "path": "/data"}},
        },
    ),
    "interactive_tensorboard_in_memory": (
        INTERACTIVE,
        "tb-2",
        {**IMAGE, "tensorboard": True, "tensorboardLogdir": "/dev/shm", "largeShm": True, "memory": "4Gi"},
    ),
    "interactive_tensorboard_on_the_nodes_network": (
        INTERACTIVE,
        "tb-3",
        {
            **IMAGE,
            "tensorboard": True,
            "tensorboardLogdir": "/logs",
            "hostNetwork": True,
            "ports": {"board": {"container": 6006, "external": 80}, "web": {"container": 8080}},
            "exposedUrls": {"board": {"container": 6006}},
        },
    ),
    "interactive_exposed_urls": (
        INTERACTIVE,
        "url-1",
        {
            **IMAGE,
            "serviceType": "nodeport",
            "ports": {"ssh": {"container": 22, "external": 30022}},
            "exposedUrls": {"notes": {"container": 8080}},
        },
    ),
    "deployment_whole": (
        DEPLOYMENT,
        "serve-8",
        {
            **IMAGE,
            "serviceType": "ingress",
            "ports": {"http": {"container": 8080}},
            "pvcs": {"models": {"size": "1Gi", "path": "/models", "accessModes": "ReadWriteMany"}},
            "nodeType": "cpu",
        },
    ),
}
