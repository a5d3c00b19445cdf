"""Value types: valid notations, what they parse to, and the message for everything else."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.parameters import amounts, confidential, sentences, types
from shared.parameters.derive import Unreadable, parameters, read
from shared.parameters.kinds import KINDS

NUMBER = "must be a decimal number such as 1 or 0.5"
GPUS = "must be a whole number of GPUs, or a fraction of one GPU such as 0.5"
QUANTITY = "must be a quantity such as 500M, 1.5G or 40Gi"
DURATION = "must be a duration such as 30s, 5m or 1h30m"
WORDS = "must be words separated by spaces, quoted as in a shell, with every quote closed"
JOB_NAME = (
    "must be a name of lower case letters, digits and '-', starting with a letter and ending with a letter or digit, "
    "no longer than 63 characters"
)
BLANK = "cannot be blank"
TOO_LARGE = "must be no greater than 9223372036854775807"


def complaints(type_: Any, raw: Any) -> list[str]:
    """Everything that is wrong with `raw`, as `path: sentence`; nothing if it can be read."""
    try:
        read(TypeAdapter(type_), raw)
    except Unreadable as refusal:
        return [": ".join([*mistake.path, mistake.message]) for mistake in refusal.mistakes]
    return []


@pytest.mark.parametrize(
    ("type_", "raw", "text", "amount"),
    [
        (types.DecimalText, "1", "1", "1"),
        (types.DecimalText, 1, "1", "1"),
        (types.DecimalText, 0.5, "0.5", "0.5"),
        (types.DecimalText, "1.50", "1.50", "1.5"),
        (types.DecimalText, "1.", "1.", "1"),
        (types.DecimalText, ".5", ".5", "0.5"),
        (types.DecimalText, "0", "0", "0"),
        (types.Gpus, "0.5", "0.5", "0.5"),
        (types.Gpus, "2.0", "2.0", "2"),
        (types.Gpus, 8, "8", "8"),
        (types.Quantity, "20M", "20M", "20000000"),
        (types.Quantity, "1G", "1G", "1000000000"),
        (types.Quantity, "1Gi", "1Gi", "1073741824"),
        (types.Quantity, "1.5Gi", "1.5Gi", "1610612736"),
        (types.Quantity, "1Ki", "1Ki", "1024"),
        (types.Quantity, "1Mi", "1Mi", "1048576"),
        (types.Quantity, "1Ti", "1Ti", "1099511627776"),
        (types.Quantity, "1Pi", "1Pi", "1125899906842624"),
        (types.Quantity, "1Ei", "1Ei", "1152921504606846976"),
        (types.Quantity, "1k", "1k", "1000"),
        (types.Quantity, "1T", "1T", "1000000000000"),
        (types.Quantity, "1P", "1P", "1000000000000000"),
        (types.Quantity, "1E", "1E", "1000000000000000000"),
        (types.Quantity, "100m", "100m", "0.1"),
        (types.Quantity, "5u", "5u", "0.000005"),
        (types.Quantity, "5n", "5n", "0.000000005"),
        (types.Quantity, "1e3", "1e3", "1000"),
        (types.Quantity, "1E3", "1E3", "1000"),
        (types.Quantity, "12e-1", "12e-1", "1.2"),
        (types.Quantity, "+1e+2", "+1e+2", "100"),
        (types.Quantity, 1024, "1024", "1024"),
        (types.Quantity, ".5Gi", ".5Gi", "536870912"),
        (types.Quantity, str(2**63 - 1), str(2**63 - 1), str(2**63 - 1)),
        (types.Gpus, "1e1", "1e1", "10"),
        (types.Gpus, "5e-1", "5e-1", "0.5"),
        *((types.Cores, raw, raw, "0.1") for raw in ("100m", "0.1", ".10", "1e-1", "100000u")),
        *((types.Cores, raw, str(raw), "10") for raw in ("1e1", "10", 10, "+1E1", "10000m", "0.01k")),
        (types.Duration, "5s", "5s", "5"),
        (types.Duration, "2m", "2m", "120"),
        (types.Duration, "3h", "3h", "10800"),
        (types.Duration, "1h30m", "1h30m", "5400"),
        (types.Duration, "1.5h", "1.5h", "5400"),
        (types.Duration, "100ms", "100ms", "0.1"),
        (types.Duration, "1us1µs1ns", "1us1µs1ns", "0.000002001"),
        (types.Duration, "0", "0", "0"),
        (types.Duration, 0, "0", "0"),
        (types.Duration, "0s", "0s", "0"),
    ],
)
def test_an_amount_keeps_its_text_and_is_exact(type_: type[types.Amount], raw: Any, text: str, amount: str) -> None:
    """An amount keeps the text as written and an exact value."""
    value = TypeAdapter(type_).validate_python(raw)
    assert (str(value), value.amount) == (text, Decimal(amount))


@pytest.mark.parametrize(
    ("type_", "raw", "sentence"),
    [
        *(
            (types.DecimalText, raw, NUMBER)
            for raw in ("a", "-1", "1e3", "1,5", "1 ", "½", "٣", ".", True, [1], {"a": 1}, None)
        ),
        (types.DecimalText, "", BLANK),
        (types.DecimalText, "9" * 20, TOO_LARGE),
        (types.DecimalText, "9" * 65, "must be no longer than 64 characters"),
        (types.DecimalText, float("nan"), NUMBER),
        (types.DecimalText, float("inf"), NUMBER),
        *((types.Gpus, raw, GPUS) for raw in ("1.5", "a", True, -1)),
        (types.Gpus, "5000000000000000000", "must be no greater than 9223372036854775"),
        *(
            (types.Quantity, raw, QUANTITY)
            for raw in ("1gb", "1 G", "-1G", "1K", "G", "1e", "1e3G", "1e9999", "0x1", False)
        ),
        *((types.Quantity, raw, TOO_LARGE) for raw in ("8Ei", "10E", "1e19", "1e999", 2**63)),
        *((types.Duration, raw, DURATION) for raw in ("5", 30, "1d", "-5s", "s", "1h 5m", "5S", ["5s"])),
        (types.Duration, "600000h", "must be no greater than 2147483647s"),
        *((types.JobName, raw, JOB_NAME) for raw in ("A", "1a", "a_b", "a.b", "-a", "a-", "a" * 64, "é", 5, {"a": 1})),
        (types.JobName, " ", BLANK),
        (types.JobName, "a" * 1025, "must be no longer than 1024 characters"),
        *((types.Words, raw, WORDS) for raw in ("sleep 'x", 'a "b', "a\\", 5)),
        (types.Words, "", BLANK),
        *(
            (
                types.Image,
                raw,
                "must be the name of a container image, without spaces, such as jupyter/scipy-notebook:latest",
            )
            for raw in ("a b", "a\nb", 1)
        ),
        *((types.EnvironmentName, raw, f"must be {sentences.ENVIRONMENT_NAME}") for raw in ("1A", "A=B", "A B", "é")),
        *(
            (
                confidential.EnvironmentValue,
                raw,
                "must be SECRET:<name>,<key>, naming a Secret of the project and one of its keys",
            )
            for raw in (
                *("SECRET:", "SECRET:a", "SECRET:a,", "SECRET:,k", "SECRET:A,k", "SECRET:a,b c", "SECRET:a,b,c"),
                *("SECRET:a..b,k", "SECRET:a.-b,k", "SECRET:a-.b,k", f"SECRET:{'a' * 254},k"),
            )
        ),
        (
            confidential.EnvironmentValue,
            5,
            "must be a string, or SECRET:<name>,<key> for the value of a key of a Secret",
        ),
        *(
            (types.LabelKey, raw, f"must be {sentences.LABEL_KEY}")
            for raw in ("-a", "a b", "A.com/a", "a/b/c", "/a", "a/", "a" * 64, f"{'a' * 254}/a", "a..b/c")
        ),
        *((types.LabelValue, raw, f"must be {sentences.LABEL_VALUE}") for raw in ("a b", "-", "a" * 64, "a/b", 5)),
        *((types.ItemLabel, raw, f"must be {sentences.LABEL_OF_ITEM}") for raw in ("a b", "a/b", "-a", "a" * 64)),
        (types.AnnotationValue, 5, "must be a string; put it in quotes if it looks like a number, true or false"),
        (types.AbsolutePath, "a/b", "must be an absolute path, starting with '/'"),
        (types.MountPath, "/a:b", "must be an absolute path, starting with '/', without ':'"),
        (types.SourcePath, "/a/../b", "must be an absolute path, starting with '/', without '..'"),
        (types.Host, "a b", "must be the name or address of a host"),
        (types.Line, "a\nb", "must be text of one line, no longer than 253 characters"),
        *(
            (types.PullPolicy, raw, "must be one of Always, IfNotPresent or Never")
            for raw in ("x", "", 1, None, "Always ")
        ),
        *(
            (types.ServiceType, raw, "must be one of portforward, loadbalancer, nodeport, clusterip or ingress")
            for raw in ("none", True)
        ),
        *((types.Boolean, raw, "must be true or false") for raw in ("true", 1, None, "yes")),
        *((types.Count, raw, "must be a whole number") for raw in ("1", 1.5, True, None, float("inf"))),
        (types.Count, -1, "must be no less than 0"),
        (types.Count, 2**31, "must be no greater than 2147483647"),
        (types.PositiveCount, 0, "must be no less than 1"),
    ],
)
def test_whatever_has_not_the_form_gets_one_sentence(type_: Any, raw: Any, sentence: str) -> None:
    """A value of the wrong form is refused with one sentence, row by row."""
    assert complaints(type_, raw) == [sentence]


@pytest.mark.parametrize(
    ("type_", "raw"),
    [
        *((types.JobName, raw) for raw in ("a", "my-name", "abc-123", "a" * 63)),
        *(
            (types.Image, raw)
            for raw in ("ubuntu", "jupyter/scipy-notebook", "r.io:5000/a/b:1@sha256:0f", "gcr.io/a_b")
        ),
        *((types.EnvironmentName, raw) for raw in ("A", "_a", "a.b-c", "FOO_1")),
        *((confidential.EnvironmentValue, raw) for raw in ("", "x", "line\nline", "SECRET", "secret:a", "é" * 1000)),
        *((confidential.EnvironmentValue, raw) for raw in ("SECRET:a.b-c.d,k", f"SECRET:{'a' * 253},k")),
        *((types.LabelKey, raw) for raw in ("team", "example.com/team", "a.b-c/d_e.f", "A", "1")),
        *((types.LabelValue, raw) for raw in ("", "vision", "a.b_c-D", "1")),
        *((types.ItemLabel, raw) for raw in ("admin-port-a", "pvc--0", "a.b", "0")),
        *((types.MountPath, raw) for raw in ("/", "/data", "/a b/c", "/a/../b")),
        *((types.SourcePath, raw) for raw in ("/", "/mnt/data", "/a..b")),
        *((types.Host, raw) for raw in ("nfs-1", "nfs.example.com", "10.0.0.1", "::1", "[fd00::1]")),
        *((types.Line, raw) for raw in ("jane", "jane@example.com", "Zoë D.")),
        *((types.Count, raw) for raw in (0, 2**31 - 1, 3.0)),
        *((types.Port, raw) for raw in (1, 65535)),
    ],
)
def test_what_has_the_form_is_let_in(type_: Any, raw: Any) -> None:
    """A value of the right form is accepted, row by row."""
    assert complaints(type_, raw) == []


@pytest.mark.parametrize("raw", ["Always", "always", "ALWAYS", "aLwAyS"])
def test_a_choice_is_taken_in_any_case_of_letters(raw: str) -> None:
    """Choices are read in any case of letters."""
    assert TypeAdapter(types.PullPolicy).validate_python(raw) is types.PullPolicy.ALWAYS


def test_a_command_line_is_split_as_a_shell_does_and_variables_survive() -> None:
    """A command line is split into words, and variables are kept."""
    words = TypeAdapter(types.Words).validate_python("python -c 'print(\"a b\")' --out ${RUNAI_JOB_NAME} # a comment")
    assert words.words == ("python", "-c", 'print("a b")', "--out", "${RUNAI_JOB_NAME}")


def test_a_reference_to_a_secret_names_it_and_its_key() -> None:
    """SECRET:name,key is read; keys that Kubernetes forbids are refused."""
    adapter = TypeAdapter(confidential.EnvironmentValue)
    assert read(adapter, "SECRET:my-secret,password").secret == ("my-secret", "password")
    assert read(adapter, "my-secret,password").secret is None
    assert read(adapter, "SECRET:my-secret,.password").secret == ("my-secret", ".password")
    for key in (".", "..", "..password"):  # Kubernetes has no such keys
        with pytest.raises(ValidationError):
            adapter.validate_python(f"SECRET:my-secret,{key}")


def test_all_mistakes_of_an_object_come_at_once_with_their_paths() -> None:
    """All mistakes inside an object are listed with their paths."""
    assert complaints(types.PortMapping, {"container": "80", "external": 70000, "name": "x"}) == [
        "container: must be a whole number",
        "external: must be no greater than 65535",
        "name: unknown field; expected one of container, external, autoGenerate, serviceType",
    ]
    assert complaints(types.Volume, {"sourcePath": "data", "readOnly": "yes"}) == [
        "sourcePath: must be an absolute path, starting with '/', without '..'",
        "targetPath: cannot be blank",
        "readOnly: must be true or false",
    ]
    assert complaints(types.PortMapping, 80) == ["must be an object with named members"]


@given(st.decimals(0, 10**9, places=6, allow_nan=False), st.sampled_from([*amounts.SCALE]))
def test_a_quantity_is_its_number_times_its_suffix(number: Decimal, suffix: str | None) -> None:
    """For any number and suffix, the amount is exact, or refused above the limit."""
    value = amounts.EXACT.multiply(number, amounts.SCALE[suffix])
    text = f"{number:f}{suffix or ''}"
    if value <= types.LARGEST:
        assert types.Quantity.read(text).amount == value
    else:
        assert complaints(types.Quantity, text) == [TOO_LARGE]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
every_parameter = [parameter for kind in KINDS for parameter in parameters(kind).values()]


@given(st.sampled_from(every_parameter), json_values, st.text())
def test_no_value_and_no_label_breaks_a_reader(parameter: Any, raw: Any, label: str) -> None:
    """A reader gives a value that survives the round trip through its text, or says what is wrong."""
    try:
        written = parameter.write(parameter.read(raw))
        assert parameter.write(parameter.read(written)) == written
        parameter.read_label(label)
    except Unreadable as refusal:
        assert all(mistake.message and "Value error" not in mistake.message for mistake in refusal.mistakes)
