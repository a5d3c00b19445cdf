"""How every process of Slipway begins: with its settings, or with a sentence for each that is wrong."""

from typing import TypeVar

import structlog

from shared.process.environment import Environment, Settings, SettingsError, wrong_settings
from shared.process.logs import set_up
from shared.process.settings import SharedSettings, TracingSettings

OwnT = TypeVar("OwnT", bound=Settings)
log = structlog.get_logger()


def begin(name: str, own: type[OwnT]) -> tuple[SharedSettings, OwnT]:
    """Return the shared settings and the process's own, and set up its logs; exit with 2 if a setting is wrong."""
    environment = Environment()
    shared, mine = environment.read(SharedSettings), environment.read(own)
    environment.read(TracingSettings, shared_prefix=True)
    try:
        unknown = environment.finish()
    except SettingsError as error:
        raise wrong_settings(name, str(error)) from None
    set_up(name, shared.log_format, shared.log_level)
    if unknown:
        log.warning("unknown variables are ignored", variables=sorted(unknown))
    return shared, mine
