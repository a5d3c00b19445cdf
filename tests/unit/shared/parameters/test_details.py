"""Value types of storage, placement, rights and addresses: valid notations, and the message for invalid ones."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from shared.parameters import confidential, placement, storage, types
from shared.parameters.derive import parameters, read
from shared.parameters.kinds import INTERACTIVE
from tests.unit.shared.parameters.test_types import BLANK, complaints

CAPABILITY = "must be a Linux capability such as NET_ADMIN or SYS_PTRACE, or ALL"
RESOURCE_NAME = (
    "must be the name of an extended resource such as example.com/fpga: a domain, '/' and a name; "
    "request GPUs with gpu, gpuMemory or migProfile"
)
WHOLE = "must be a whole quantity such as 1 or 2k"
SIZE = "must be a quantity greater than 0 such as 500M, 1.5G or 40Gi"
NAME = "must be a name of lower case letters, digits, '-' and '.', with a letter or digit at both ends"
REPOSITORY = (
    "must be the address of a repository such as https://github.com/team/project.git, over http or https, "
    "without user and password"
)
REVISION = "must be the name of a branch or of a tag, or the hash of a commit, without spaces"
CREDENTIAL = (
    "must be SECRET:<name>,<key>, naming a Secret of the project and one of its keys; a plain value would be "
    "visible to others"
)
BUCKET = "must be the name of a bucket, optionally with a folder in it, such as data or data/images"
ADDRESS = "must be an address over http or https such as https://s3.example.com, without user and password"
URL = "must be an address such as https://lab.example.com/notes: http or https, a host name and an optional path"
GROUPS = "must be numbers of groups separated by ';' or ',', such as 100;2000"
POOLS = "must be names of node pools separated by spaces, ',' or ';', each once, in order of preference"
LABEL = "must be letters, digits, '-', '_' and '.', no more than 63, with a letter or digit at both ends"
MIG = (
    "must be one of 1g.5gb, 1g.10gb, 2g.10gb, 2g.20gb, 3g.20gb, 3g.40gb, 4g.20gb, 4g.40gb, 7g.40gb or 7g.80gb"
)  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "raw", "sentence"),
    [
        *((placement.Capability, raw, CAPABILITY) for raw in ("ADMIN", "NET ADMIN", "NET-ADMIN", 1, "true", "CAP_")),
        *(
            (placement.ExtendedResource, raw, RESOURCE_NAME)
            for raw in (
                *("fpga", "cpu", "memory", "/a", "a/", "a b/c", "kubernetes.io/a", "x.kubernetes.io/a"),
                *("requests.example.com/a", "nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.5gb"),
            )
        ),
        *((placement.WholeQuantity, raw, WHOLE) for raw in ("0.5", "100m", "a", "-1", True)),
        (placement.WholeQuantity, "1e30", "must be no greater than 9223372036854775807"),
        *((placement.MigProfile, raw, MIG) for raw in ("1g", "8g.80gb", "", 1)),
        *((placement.GroupList, raw, GROUPS) for raw in ("a", "1 2", "1;;2", ";", "-1", "2147483648", 5, "1:2")),
        (placement.GroupList, "", BLANK),
        *((placement.NodePools, raw, POOLS) for raw in ("a a", "-a", "a/b", ",", "x" * 64, 1)),
        *((placement.LabelText, raw, LABEL) for raw in ("a b", "-", "x" * 64, 1)),
        (placement.LabelText, "", BLANK),
        *((placement.Operator, raw, "must be one of Equal or Exists") for raw in ("=", "Lt", None)),
        *(
            (placement.Effect, raw, "must be one of NoSchedule, NoExecute or PreferNoSchedule")
            for raw in ("No", "NoSchedule ", 1)
        ),
        *(
            (placement.PublicAddress, raw, URL)
            for raw in (
                *("lab.example.com", "ftp://lab.example.com", "https://", "https://Lab.example.com"),
                *("https://10.0.0.1/a", "https://a.b/%2fc", "https://a.b/c d"),
                *("https://a.b/../c", "https://a.b//c", "https://a.b/c?d=1", "https://u@a.b"),
                *("https://a.b:80/", "https://*.b"),
            )
        ),
        *((storage.Size, raw, SIZE) for raw in ("0", "0Gi", "big", "-1G", True)),
        *((storage.ResourceText, raw, NAME) for raw in ("A", "a_b", "-a", "a-", "a..b", "x" * 254, 1)),
        *(
            (storage.AccessMode, raw, "must be one of ReadWriteOnce, ReadOnlyMany or ReadWriteMany")
            for raw in ("rwm", "ReadWriteOncePod", 1)
        ),
        *((storage.VolumeMode, raw, "must be one of Filesystem or Block") for raw in ("File", None)),
        *(
            (confidential.Credential, raw, CREDENTIAL)
            for raw in (
                *("hunter2", "SECRET:", "SECRET:a", "SECRET:a,", "SECRET:A,b", "secret:a,b", "SECRET:a,b,c", 1),
                *("SECRET:a..b,c", "SECRET:a-.b,c"),
            )
        ),
        *(
            (storage.RepositoryAddress, raw, REPOSITORY)
            for raw in (
                *("github.com/a/b", "git@github.com:a/b.git", "ssh://git@github.com/a", "file:///a", "https://"),
                *("https://user:password@github.com/a", "https://token@github.com/a", "https://github.com/a b", 1),
            )
        ),
        *((storage.Revision, raw, REVISION) for raw in ("a b", "-x", "a~1", "a^", "a:b", "a?", "a*", "a[")),
        *((storage.Bucket, raw, BUCKET) for raw in ("a", "-ab", "a b", ":ab", "/data", 1)),
        *(
            (storage.Address, raw, ADDRESS)
            for raw in ("s3.example.com", "s3://a", "https://u:p@s3.example.com", "https://a b", 1)
        ),
        *((types.PortService, raw, "must be one of LoadBalancer, NodePort or ClusterIP") for raw in ("ingress", 1)),
    ],
)  # fmt: skip
def test_whatever_has_not_the_form_gets_one_sentence(type_: Any, raw: Any, sentence: str) -> None:
    """A value of the wrong form is refused with one sentence, row by row."""
    assert complaints(type_, raw) == [sentence]


@pytest.mark.parametrize(
    ("type_", "raw"),
    [
        *((placement.Capability, raw) for raw in ("NET_ADMIN", "net_admin", "CAP_SYS_PTRACE", "ALL", "")),
        *((placement.ExtendedResource, raw) for raw in ("example.com/fpga", "rdma/hca", "nvidia.com/nic")),
        *((placement.WholeQuantity, raw) for raw in ("1", 2, "1k", "0", "1000m", "1Ki")),
        *((placement.MigProfile, raw) for raw in ("1g.5gb", "7G.80GB")),
        *((placement.GroupList, raw) for raw in ("1", "1;2", "1, 2;3", "1;2;", "0", "2147483647")),
        *((placement.NodePools, raw) for raw in ("default", "a b", "a,b;c", " a , b ")),
        *((placement.PublicAddress, raw) for raw in ("https://lab.example.com", "http://lab/a/b", "https://a.b/c/")),
        *((storage.Size, raw) for raw in ("1", "10Gi", "1.5G", 1024)),
        *((storage.ResourceText, raw) for raw in ("a", "data-1", "fast.example.com")),
        *((storage.AccessMode, raw) for raw in ("ReadWriteOnce", "readwritemany")),
        *((confidential.Credential, raw) for raw in ("SECRET:git,token", "SECRET:a.b-c,K_e.y-1")),
        *((storage.RepositoryAddress, raw) for raw in ("https://github.com/a/b.git", "http://git.local:8080/a")),
        *((storage.Revision, raw) for raw in ("main", "feature/x", "v1.2.3", "0f3a" * 10, "refs/heads/main")),
        *((storage.Bucket, raw) for raw in ("data", "data/images", "my.bucket-1", "data/a b/c")),
        *((storage.Address, raw) for raw in ("https://s3.amazon.com", "http://minio:9000", "https://a.b/c")),
    ],
)  # fmt: skip
def test_what_has_the_form_is_let_in(type_: Any, raw: Any) -> None:
    """A value of the right form is accepted, row by row."""
    assert complaints(type_, raw) == []


@pytest.mark.parametrize(
    ("name", "raw", "sentences"),
    [
        ("pvcs", {}, ["path: cannot be blank"]),
        ("pvcs", {"path": "/a/../b"}, ["path: must be an absolute path, starting with '/', without ':' and '..'"]),
        ("pvcs", {"path": "data"}, ["path: must be an absolute path, starting with '/', without ':' and '..'"]),
        (
            "pvcs",
            {"path": "/a", "readOnly": "yes", "ephemeral": 1, "existingPvc": "no", "size": "x", "claimName": "A"},
            [
                f"claimName: {NAME}",
                "existingPvc: must be true or false",
                f"size: {SIZE}",
                "readOnly: must be true or false",
                "ephemeral: must be true or false",
            ],
        ),
        ("pvcs", {"path": "/a", "storageClass": "A"}, [f"storageClass: {NAME}"]),
        ("gitSync", {}, ["source: cannot be blank", "target: cannot be blank"]),
        (
            "gitSync",
            {"source": "https://a/b", "target": "/a", "branch": "a b", "rev": "-", "username": "a\n", "password": "x"},
            [
                f"branch: {REVISION}",
                f"rev: {REVISION}",
                "username: must be text of one line, no longer than 253 characters",
                f"password: {CREDENTIAL}",
            ],
        ),
        ("s3", {}, [f"{member}: cannot be blank" for member in ("bucket", "key", "secret", "target")]),
        (
            "s3",
            {"bucket": "data", "key": "AKIA", "secret": "hunter2", "target": "a", "url": "x"},
            [
                f"key: {CREDENTIAL}",
                f"secret: {CREDENTIAL}",
                "target: must be an absolute path, starting with '/', without ':' and '..'",
                f"url: {ADDRESS}",
            ],
        ),
        (
            "tolerations",
            {"operator": "Like", "value": "a b", "effect": "x", "seconds": -1},
            [
                "operator: must be one of Equal or Exists",
                "key: cannot be blank",
                f"value: {LABEL}",
                "effect: must be one of NoSchedule, NoExecute or PreferNoSchedule",
                "seconds: must be no less than 0",
            ],
        ),
        ("exposedUrls", {"container": 0, "url": "x"}, ["container: must be no less than 1", f"url: {URL}"]),
        (
            "ports",
            {"container": 1, "autoGenerate": 1, "serviceType": "x"},
            [
                "autoGenerate: must be true or false",
                "serviceType: must be one of LoadBalancer, NodePort or ClusterIP",
            ],
        ),
    ],
)
def test_all_mistakes_of_an_item_come_at_once(name: str, raw: Any, sentences: list[str]) -> None:
    """An item with several mistakes lists all of them."""
    assert complaints(parameters(INTERACTIVE)[name].type, raw) == sentences


@pytest.mark.parametrize(
    ("written", "name"),
    [("NET_ADMIN", "NET_ADMIN"), ("cap_net_admin", "NET_ADMIN"), ("all", "ALL"), ("", ""), ("x", "")],
)
def test_a_capability_has_one_spelling(written: str, name: str) -> None:
    """Capabilities are read with or without CAP_, in any case of letters."""
    assert placement.Capability.named(written) == name


def test_groups_and_pools_are_each_once_and_in_order() -> None:
    """Lists of groups and node pools keep their order and drop repetitions."""
    assert read(TypeAdapter(placement.GroupList), "100; 2000,100;").groups == (100, 2000)
    assert read(TypeAdapter(placement.NodePools), "b, a;c d").pools == ("b", "a", "c", "d")


def test_an_address_has_a_host_and_a_path() -> None:
    """A public address is split into host and path."""
    address = read(TypeAdapter(placement.PublicAddress), "https://lab.example.com/notes")
    assert (address.host, address.path) == ("lab.example.com", "/notes")
    assert read(TypeAdapter(placement.PublicAddress), "http://lab").path == "/"
