"""When traces are recorded, and what is refused rather than done in another way."""

import pytest

from shared.process import spans
from shared.process.environment import WRONG_SETTINGS, Environment, SettingsError
from shared.process.service import recorder
from shared.process.settings import TracingSettings

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.mark.parametrize(
    ("variables", "on"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "ours", "OTEL_TRACES_SAMPLER": "always_on"}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://collector/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", ENDPOINT: "http://collector:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", ENDPOINT: "http://collector:4318"}, False),
    ],
)
def test_traces_are_recorded_if_somebody_says_where_to(
    variables: dict[str, str], on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The standard variables turn traces on and off; an empty one counts as unset."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert TracingSettings().on is on


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "must be one of 'http/protobuf', and is 'grpc'"),
        ("OTEL_TRACES_EXPORTER", "jaeger", "must be one of 'otlp' or 'none', and is 'jaeger'"),
        ("OTEL_TRACES_SAMPLER_ARG", "25%", "must be a number, and is '25%'"),
        ("OTEL_TRACES_SAMPLER_ARG", "25", "must be 1 or less, and is '25'"),
        (ENDPOINT, "me:secret@collector", "must be an address such as http://collector:4318"),
    ],
)
def test_what_is_not_supported_is_refused_with_a_sentence(
    variable: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P7: nothing is sent in another way, or to another place, than the operator says; no password is shown."""
    monkeypatch.setenv(variable, value)
    environment = Environment()
    environment.read(TracingSettings, shared_prefix=True)
    with pytest.raises(SettingsError) as refused:
        environment.finish()
    assert str(refused.value) == f"{variable}: {sentence}"


@pytest.mark.parametrize("variable", ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_BSP_MAX_QUEUE_SIZE"])
def test_what_only_the_library_reads_is_refused_with_a_sentence_too(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """P7: a variable of OpenTelemetry that is no setting of ours ends the service with one line, not a traceback."""
    assert spans.SUBMISSION, "imported before the variable is set, for the sake of other tests"
    monkeypatch.setenv(variable, "-1")
    with pytest.raises(SystemExit) as ended:
        recorder("resolver", TracingSettings(traces_exporter="otlp"))
    assert ended.value.code == WRONG_SETTINGS
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("resolver: OTEL_*: ")
