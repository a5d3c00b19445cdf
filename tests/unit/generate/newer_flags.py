"""Flags of later versions of the command line, from the words to the container: as `ROWS` of `test_flags`."""

from typing import Any, Final

CLAIM: Final = {"claimName": "data", "existingPvc": True, "path": "/data"}
NEW: Final = {"claimName": "new", "size": "3Gi", "path": "/x", "storageClass": "fast", "accessModes": "ReadWriteMany"}
CAPABILITIES: Final = ["NET_ADMIN"]
IDENTITY: Final = {"runAsUser": True, "runAsUid": 1000, "runAsGid": 2000, "supplementalGroups": "5,6"}
USER: Final = {"runAsUser": 1000, "runAsGroup": 2000, "fsGroup": 2000, "supplementalGroups": [5, 6]}
EXPORT: Final = {"sourcePath": "/export", "targetPath": "/data", "nfsServer": "nas", "readOnly": False}

NEWER: Final[dict[str, tuple[str, dict[str, Any], str, Any]]] = {
    "--existing-pvc": (
        "--existing-pvc claimname=data,path=/data",
        {"pvcs": {"pvc-data": CLAIM}},
        "pod.volumes.0.persistentVolumeClaim.claimName",
        "data",
    ),
    "--new-pvc": (
        "--new-pvc claimname=new,storageclass=fast,size=3Gi,path=/x,accessmode-rwm",
        {"pvcs": {"pvc-x": NEW}},
        "objects.PersistentVolumeClaim/new.spec.accessModes",
        ["ReadWriteMany"],
    ),
    "--environment-variable": (
        "--environment-variable A=1",
        {"environment": {"A": "1"}},
        "container.env.A.value",
        "1",
    ),
    "--capability": (
        "--capability NET_ADMIN",
        {"capabilities": {"NET_ADMIN": "NET_ADMIN"}},
        "container.securityContext.capabilities.add",
        CAPABILITIES,
    ),
    "--empty-dir-volume": (
        "--empty-dir-volume path=/scratch,size=1Gi",
        {"emptyDirVolumes": {"empty-dir-scratch": {"path": "/scratch", "size": "1Gi"}}},
        "pod.volumes.0.emptyDir",
        {"sizeLimit": "1Gi"},
    ),
    "--configmap-map-volume": (
        "--configmap-map-volume name=settings,path=/settings",
        {"configMapVolumes": {"config-map-settings": {"name": "settings", "path": "/settings"}}},
        "pod.volumes.0.configMap",
        {"name": "settings"},
    ),
    "--secret-volume": (
        "--secret-volume path=/keys,name=my-keys",
        {"secretVolumes": {"secret-keys": {"name": "my-keys", "path": "/keys"}}},
        "pod.volumes.0.secret",
        {"secretName": "my-keys"},
    ),
    "--host-path": (
        "--host-path path=/mnt,mount=/data,mount-propagation=None",
        {"volumes": {"volume-data": {"sourcePath": "/mnt", "targetPath": "/data", "readOnly": True}}},
        "pod.volumes.0.hostPath.path",
        "/mnt",
    ),
    "--nfs": (
        "--nfs path=/export,server=nas,mountpath=/data,readwrite",
        {"volumes": {"volume-data": EXPORT}},
        "pod.volumes.0.nfs",
        {"server": "nas", "path": "/export"},
    ),
    "--external-url": (
        "--external-url container=8080",
        {"exposedUrls": {"url-8080": {"container": 8080}}},
        "container.ports.0.containerPort",
        8080,
    ),
    "--image-pull-secret": (
        "--image-pull-secret other,regcred",
        {"imagePullSecrets": {"other": "other", "regcred": "regcred"}},
        "pod.imagePullSecrets",
        [{"name": "other"}, {"name": "regcred"}],
    ),
    "--run-as-uid": (
        "--run-as-uid 1000 --run-as-gid 2000 --supplemental-groups 5,6",
        IDENTITY,
        "pod.securityContext",
        USER,
    ),
    "--run-as-gid": (
        "--run-as-gid 2000 --run-as-uid 1000 --supplemental-groups 5,6",
        IDENTITY,
        "pod.securityContext",
        USER,
    ),
    "--supplemental-groups": (
        "--run-as-gid 2000 --run-as-uid 1000 --supplemental-groups 5 --supplemental-groups 6",
        IDENTITY,
        "pod.securityContext",
        USER,
    ),
}
