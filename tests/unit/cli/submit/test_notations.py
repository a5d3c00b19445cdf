"""Items written in one word: every form of every notation, and words that fit none."""

from typing import Any

import pytest

from cli.submit.notations import NOTATIONS, NotationError, Subject, free_label, integer, label_of, words_of

GIT = Subject("gitSync", dict.fromkeys(("source", "target", "branch", "rev", "username", "password"), "string"))
S3 = Subject("s3", dict.fromkeys(("bucket", "key", "secret", "target", "url"), "string"))
TOLERATION = Subject(
    "tolerations",
    {"operator": "string", "key": "string", "value": "string", "effect": "string", "seconds": "integer"},
)
NONE = Subject("any", {})


def read(notation: str, text: str, subject: Subject = NONE) -> tuple[str, Any]:
    return tuple(NOTATIONS[notation].read(text, subject))


CLASS = {"storageClass": "my-storage", "size": "3Gi", "path": "/tmp/john", "readOnly": True}
PVC = {"claimName": "my-pvc", "existingPvc": True, "path": "/tmp/john"}


@pytest.mark.parametrize(
    ("notation", "text", "label", "value"),
    [
        ("variable", "A=b=c,d", "A", "b=c,d"),
        ("variable", "A=", "A", ""),
        ("pair", "a.b/c=d", "a.b/c", "d"),
        ("name", " NET_ADMIN ", "NET_ADMIN", "NET_ADMIN"),
        ("port", "8080", "port-8080", {"container": 8080}),
        ("port", "30022:22", "port-22", {"container": 22, "external": 30022}),
        ("volume", "/raid/john/data:/root/data:ro", "volume-root.data",
         {"sourcePath": "/raid/john/data", "targetPath": "/root/data", "readOnly": True}),
        ("volume", "/a:/b:rw", "volume-b", {"sourcePath": "/a", "targetPath": "/b", "readOnly": False}),
        ("volume", "/a:/b", "volume-b", {"sourcePath": "/a", "targetPath": "/b"}),
        ("volume", "/a:/b::nfs.example.com", "volume-b",
         {"sourcePath": "/a", "targetPath": "/b", "nfsServer": "nfs.example.com"}),
        ("volume", "/a:/b:ro:[fd00::1]", "volume-b",
         {"sourcePath": "/a", "targetPath": "/b", "readOnly": True, "nfsServer": "[fd00::1]"}),
        ("volume", "/a:/", "volume", {"sourcePath": "/a", "targetPath": "/"}),
        # the six examples of the reference page
        ("pvc", ":3Gi:/tmp/john:ro", "pvc-tmp.john", {"size": "3Gi", "path": "/tmp/john", "readOnly": True}),
        ("pvc", "my-storage:3Gi:/tmp/john:ro", "pvc-tmp.john", CLASS),
        ("pvc", ":3Gi:/tmp/john", "pvc-tmp.john", {"size": "3Gi", "path": "/tmp/john"}),
        ("pvc", "my-pvc:/tmp/john", "pvc-tmp.john", PVC),
        ("pvc", "my-pvc:/tmp/john:ro", "pvc-tmp.john", {**PVC, "readOnly": True}),
        ("pvc", "my-storage:3Gi:/tmp/john", "pvc-tmp.john",
         {key: value for key, value in CLASS.items() if key != "readOnly"}),
        ("pvc", "my-pvc:/tmp/john:", "pvc-tmp.john", PVC),
        ("pvc-exists", "claimname=my-pvc,path=/tmp/john", "pvc-tmp.john", PVC),
        ("pvc-exists", "claimname=my-pvc,path=/tmp/john,ro", "pvc-tmp.john", {**PVC, "readOnly": True}),
        ("pvc-new", "storageclass= fast,size= 3Gi, path= /x, ro, accessmode-rwm", "pvc-x",
         {"storageClass": "fast", "size": "3Gi", "path": "/x", "readOnly": True, "accessModes": "ReadWriteMany"}),
        ("pvc-new", "size=1Gi,path=/x,accessmode-rom,ephemeral,claimname=", "pvc-x",
         {"size": "1Gi", "path": "/x", "accessModes": "ReadOnlyMany", "ephemeral": True}),
        ("pvc-new", "claimname=a,size=1Gi,path=/x,accessmode=ReadWriteOnce,volumemode=Block", "pvc-x",
         {"claimName": "a", "size": "1Gi", "path": "/x", "accessModes": "ReadWriteOnce", "volumeMode": "Block"}),
    ],
)  # fmt: skip
def test_items(notation: str, text: str, label: str, value: Any) -> None:
    """An item in its notation, row by row."""
    assert read(notation, text) == (label, value)


@pytest.mark.parametrize(
    ("subject", "text", "label", "value"),
    [
        (GIT, "source=https://g/a.git", "git-code", {"source": "https://g/a.git", "target": "/code"}),
        (GIT, "source='https://g/a',branch=main,username=u,password=SECRET:s,k,target=/c/d", "git-c.d",
         {"source": "https://g/a", "branch": "main", "username": "u", "password": "SECRET:s,k", "target": "/c/d"}),
        (S3, "bucket=b,key=SECRET:s,key,secret=SECRET:s,secret,target=/t,url=", "s3-t",
         {"bucket": "b", "key": "SECRET:s,key", "secret": "SECRET:s,secret", "target": "/t"}),
        (TOLERATION, "operator=Exists,key=spot", "toleration-spot", {"operator": "Exists", "key": "spot"}),
        (TOLERATION, "operator=Equal,key=a.com/b,value=c,effect=NoExecute,seconds=30",
         "toleration-a.com.b-NoExecute",
         {"operator": "Equal", "key": "a.com/b", "value": "c", "effect": "NoExecute", "seconds": 30}),
        (TOLERATION, "Operator=Exists,Key=a,seconds=soon", "toleration-a",
         {"operator": "Exists", "key": "a", "seconds": "soon"}),
    ],
)  # fmt: skip
def test_items_with_members(subject: Subject, text: str, label: str, value: Any) -> None:
    """An item as name=value pairs, row by row."""
    assert read("members", text, subject) == (label, value)


@pytest.mark.parametrize(
    ("notation", "text", "sentence"),
    [
        ("variable", "A", "must be written as NAME=VALUE"),
        ("variable", "=b", "must be written as NAME=VALUE"),
        ("name", " ", "cannot be blank"),
        ("port", "1:2:3", "must be written as PORT or EXTERNAL:CONTAINER"),
        ("port", "80:", "must be written as PORT or EXTERNAL:CONTAINER"),
        ("port", "", "must be written as PORT or EXTERNAL:CONTAINER"),
        ("volume", "/a", "must be written as SOURCE:TARGET[:ro|:rw][:NFS_SERVER]"),
        ("volume", ":/b", "must be written as SOURCE:TARGET[:ro|:rw][:NFS_SERVER]"),
        ("volume", "/a:/b:nfs.example.com", "the part after the path must be ro or rw"),
        ("pvc", "a", "must be written as [STORAGE_CLASS]:SIZE:PATH[:ro] or CLAIM:PATH[:ro]"),
        ("pvc", "a:b:c:d:e", "must be written as [STORAGE_CLASS]:SIZE:PATH[:ro] or CLAIM:PATH[:ro]"),
        ("pvc", "a:/b:no", "the part after the path must be ro or rw"),
        ("pvc-exists", "claimname=a,size=1Gi", "unknown field size; expected one of claimname, path, ro, rw"),
        ("pvc-exists", "a", "must be written as claimname=...,path=..."),
    ],
)
def test_what_is_not_of_its_notation(notation: str, text: str, sentence: str) -> None:
    """Text in the wrong notation ends with a sentence, row by row."""
    with pytest.raises(NotationError) as refused:
        read(notation, text)
    assert str(refused.value) == sentence


def test_unknown_members_are_named() -> None:
    """An unknown member is named with the known ones."""
    with pytest.raises(NotationError, match="unknown field kye; expected one of operator, key, value, effect, seconds"):
        read("members", "operator=Exists,kye=spot", TOLERATION)


@pytest.mark.parametrize(
    ("notation", "text", "parts"),
    [
        ("variable", "A=1,B=2", ["A=1,B=2"]),
        ("pair", "a=1,b=2", ["a=1", "b=2"]),
        ("pair", "note=one, two", ["note=one, two"]),
        ("name", "A,B", ["A", "B"]),
        ("port", "80,8080:81", ["80", "8080:81"]),
        ("volume", "/a:/b:ro,/c:/d", ["/a:/b:ro", "/c:/d"]),
        ("pvc", ":1Gi:/a,b:/c", [":1Gi:/a", "b:/c"]),
        ("members", "a=1,b=2", ["a=1,b=2"]),
    ],
)
def test_several_items_in_one_word(notation: str, text: str, parts: list[str]) -> None:
    """Several items in one word are split as the original does."""
    assert words_of(NOTATIONS[notation], text) == parts


def test_labels_are_the_same_for_the_same_and_never_lost() -> None:
    """Generated labels are stable, valid and unique."""
    assert label_of("volume", "/a/b c") == "volume-a.b-c"
    long = label_of("volume", f"/{'a' * 100}")
    assert len(long) == 63
    assert free_label("a", ()) == "a"
    assert free_label("a", ("a", "a-2")) == "a-3"
    assert free_label(long, (long,)) == f"{long[:61]}-2"


def test_whole_numbers() -> None:
    """Whole numbers are parsed, and anything else is left for validation."""
    assert [integer(text) for text in ("3", "-1", "3.0", "three", "")] == [3, -1, "3.0", "three", ""]
