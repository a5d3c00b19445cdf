"""Settings: every mistake is named at once, with what would be right, and nothing that looks like one is ignored."""

import runpy
from itertools import permutations
from pathlib import Path

import pytest

from services.bootstrap.settings import BootstrapSettings
from services.console.settings import ConsoleSettings
from services.creator.settings import CreatorSettings
from services.resolver.settings import ResolverSettings
from services.runner.settings import RunnerSettings
from services.status.settings import StatusSettings
from services.trial.settings import TrialSettings
from services.watcher.settings import WatcherSettings
from shared.process.environment import Environment, Settings, SettingsError, meant_by
from shared.process.settings import SharedSettings
from shared.schedulers import Scheduler

OWN: dict[str, type[Settings]] = {
    "console": ConsoleSettings,
    "creator": CreatorSettings,
    "resolver": ResolverSettings,
    "runner": RunnerSettings,
    "status": StatusSettings,
    "watcher": WatcherSettings,
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine."""
    for name in [*Environment()._variables]:
        if name.startswith(("SLIPWAY_", "BOOTSTRAP_", *(f"{one.upper()}_" for one in OWN))):
            monkeypatch.delenv(name)


def mistakes(own: type[Settings] = ResolverSettings) -> list[str]:
    """What a service says about its settings."""
    environment = Environment()
    environment.read(SharedSettings)
    environment.read(own)
    try:
        environment.finish()
    except SettingsError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize("text", ["kai", "KAI"])
def test_the_scheduler_is_one_setting_for_all(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SLIPWAY_SCHEDULER` names the scheduler, in any case of letters."""
    monkeypatch.setenv("SLIPWAY_SCHEDULER", text)
    assert SharedSettings().scheduler is Scheduler.KAI


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("SLIPWAY_NATS_URL", "", "must be the address of a NATS server, such as tls://nats:4222"),
        ("SLIPWAY_NATS_URL", "nats:4222", "must be the address of a NATS server, such as tls://nats:4222"),
        ("SLIPWAY_NATS_URL", "http://me:secret@nats", "must be the address of a NATS server, such as tls://nats:4222"),
        ("SLIPWAY_NATS_URL", "tls://me:secret@nats", "must hold no user and no password: SLIPWAY_NATS_LOGIN names"),
        ("SLIPWAY_NATS_URL", "nats://a,nats://b:x", "address 2 must be the address of a NATS server, such as tls://"),
        ("SLIPWAY_HTTP_PORT", "80800", "must be 65535 or less, and is '80800'"),
        ("SLIPWAY_HTTP_PORT", "http", "must be a whole number, and is 'http'"),
        ("SLIPWAY_DECLARE_STREAM", "perhaps", "must be true or false, and is 'perhaps'"),
        ("SLIPWAY_LOG_FORMAT", "text", "must be one of 'auto', 'json' or 'console', and is 'text'"),
        ("SLIPWAY_LOG_LEVEL", "INFO", "must be one of 'debug', 'info', 'warning' or 'error', and is 'INFO'"),
        ("SLIPWAY_API_TIMEOUT", "10s", "must be a number, and is '10s'"),
        ("SLIPWAY_ACK_WAIT", "nan", "must be a finite number, and is 'nan'"),
        ("SLIPWAY_DRAIN_TIMEOUT", "0", "must be greater than 0, and is '0'"),
        ("SLIPWAY_SCHEDULER", "volcano", "must be one of 'default', 'kai', 'kueue' or 'runai', and is 'volcano'"),
        ("RESOLVER_WORKERS", "0", "must be 1 or more, and is '0'"),
        ("RESOLVER_WORKERS", "1.5", "must be a whole number, and is '1.5'"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_right(
    variable: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence names the setting, what is wrong, and what is right; no password is shown."""
    monkeypatch.setenv(variable, value)
    (said,) = mistakes()
    assert said.startswith(f"{variable}: {sentence}")
    assert "secret" not in said


def test_a_wrong_quantity_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of our own types is explained in their words."""
    monkeypatch.setenv("CREATOR_SHARED_MEMORY", "much")
    (said,) = mistakes(CreatorSettings)
    assert said.startswith("CREATOR_SHARED_MEMORY: must be ")
    assert said.endswith("and is 'much'")


def test_a_setting_that_must_be_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are written as JSON, and what is not is named."""
    monkeypatch.setenv("BOOTSTRAP_HOSTS", "nats")
    assert mistakes(BootstrapSettings) == ["BOOTSTRAP_HOSTS: must be JSON"]


@pytest.mark.parametrize("missing", ["BOOTSTRAP_AUTHORITY", "BOOTSTRAP_HOSTS"])
def test_a_certificate_without_what_it_needs_is_refused(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """P7: settings that are wrong only together are named too, rather than that nothing is made."""
    for name, text in {"CERTIFICATE": "tls", "AUTHORITY": "ca", "HOSTS": '["nats"]'}.items():
        monkeypatch.setenv(f"BOOTSTRAP_{name}", text)
    assert mistakes(BootstrapSettings) == []
    monkeypatch.delenv(missing)
    said = "BOOTSTRAP_CERTIFICATE: needs BOOTSTRAP_AUTHORITY and BOOTSTRAP_HOSTS as well"
    assert mistakes(BootstrapSettings) == [said]


def test_a_mistake_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without settings of its own, as the job that declares the stream, reads the shared ones twice."""
    monkeypatch.setenv("SLIPWAY_HTTP_PORT", "http")
    assert mistakes(SharedSettings) == ["SLIPWAY_HTTP_PORT: must be a whole number, and is 'http'"]


def test_a_setting_that_must_be_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has no default is asked for, and nothing else of the environment is shown."""
    monkeypatch.setenv("TRIAL_NAMESPACE", "runai-team-a")
    assert mistakes(TrialSettings) == ["TRIAL_MANIFESTS: must be set"]


@pytest.mark.parametrize("service", OWN)
def test_every_service_names_all_mistakes_at_once_and_ends(
    service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """P7: every service ends at once with exit code 2 and one line for each mistake, without a traceback."""
    monkeypatch.setenv("SLIPWAY_HTTP_PORT", "http")
    monkeypatch.setenv("SLIPWAY_NATS_LOGINS", "/etc/login")
    monkeypatch.setenv(f"{service.upper()}_NAME", "unknown but harmless")
    field, wrong = {"watcher": "TELLERS", "console": "PORT"}.get(service, "WORKERS"), "no"
    monkeypatch.setenv(f"{service.upper()}_{field}", wrong)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"services.{service}", run_name="__main__")
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{service}: SLIPWAY_HTTP_PORT: must be a whole number, and is 'http'",
        f"{service}: {service.upper()}_{field}: must be a whole number, and is 'no'",
        f"{service}: SLIPWAY_NATS_LOGINS is not a setting: did you mean SLIPWAY_NATS_LOGIN?",
    ]


def test_a_variable_under_its_old_name_stops_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service never makes jobs for another scheduler because the variable was renamed."""
    monkeypatch.setenv("CREATOR_SCHEDULER", "kai")
    assert mistakes(CreatorSettings) == ["CREATOR_SCHEDULER is not read any more: set SLIPWAY_SCHEDULER instead"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SLIPWAY_NAT_URL", "SLIPWAY_NATS_URL"),
        ("SLIPWAY_HTTPPORT", "SLIPWAY_HTTP_PORT"),
        ("RESOLVER_WORKER", "RESOLVER_WORKERS"),
        ("RESLOVER_WORKERS", "RESOLVER_WORKERS"),
        ("SLIPWAYS_LOG_LEVEL", "SLIPWAY_LOG_LEVEL"),
        ("RESOLVER_SEALKEY", "RESOLVER_SEAL_KEY"),
        ("SLIPWAY_TEST_LONG", None),
        ("SLIPWAY_VERSION", None),
        ("CREATOR_WORKERS", None),
        ("WORKERS", None),
        ("PATH", None),
    ],
)
def test_a_name_that_is_almost_a_setting_is_a_mistake(name: str, meant: str | None) -> None:
    """A typing mistake in a name, or in its beginning, is found; names of others are left alone."""
    environment = Environment({name: "1"})
    for kind in (SharedSettings, ResolverSettings):
        environment.read(kind)
    assert meant_by(name, environment._known) == meant


def test_a_port_that_is_no_address_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped name that ends like one of Kubernetes' own is told from it by its value."""
    monkeypatch.setenv("SLIPWAY_HTTPS_PORT", "8080")
    assert mistakes() == ["SLIPWAY_HTTPS_PORT is not a setting: did you mean SLIPWAY_HTTP_PORT?"]


def test_a_service_that_others_named_alike_is_no_mistake() -> None:
    """Kubernetes sets variables for each Service of the namespace; they are no settings, whatever it is called."""
    parts = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_CLIENT", "PORT", "PORT_4222_TCP", "PORT_4222_TCP_ADDR")
    environment = Environment({f"SLIPWAY_NATS_{part}": "tcp://10.0.0.1:4222" for part in parts})
    environment.read(SharedSettings)
    assert environment.finish() == []


def test_unknown_names_are_reported_and_settings_of_other_services_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """One set of variables may serve all services; what no service knows is worth a line."""
    environment = Environment({"SLIPWAY_VERSION": "1", "CREATOR_WORKERS": "1", "RESOLVER_COLOUR": "1", "HOME": "/"})
    for kind in (SharedSettings, ResolverSettings):
        environment.read(kind)
    assert environment.finish() == ["SLIPWAY_VERSION", "RESOLVER_COLOUR"]


def test_no_setting_of_one_service_is_taken_for_a_mistake_by_another() -> None:
    """The prefixes are far enough apart."""
    environment = Environment({})
    everything: list[type[Settings]] = [SharedSettings, *OWN.values()]
    for kind in everything:
        environment.read(kind)
    for (prefix, _), (_, names) in permutations(environment._known.items(), 2):
        assert [meant_by(name, {prefix: environment._known[prefix]}) for name in names] == [None] * len(names)


def test_an_empty_path_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable never means the current folder."""
    monkeypatch.setenv("SLIPWAY_NATS_LOGIN", "")
    monkeypatch.setenv("SLIPWAY_NATS_CA", "/etc/ca.crt")
    assert (SharedSettings().nats_login, SharedSettings().nats_ca) == (None, Path("/etc/ca.crt"))
