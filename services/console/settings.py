"""What the operator may set for the console, as CONSOLE_<NAME>."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.process.environment import Settings


class ConsoleSettings(Settings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="CONSOLE_")

    host: str = "127.0.0.1"
    """Address on which the pages are served."""
    port: int = Field(8088, ge=0, le=65535)
    """Port of the pages; 0 lets the system choose. Health and metrics stay on SLIPWAY_HTTP_PORT."""
