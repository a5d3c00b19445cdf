"""What the operator may set for the console, as CONSOLE_<NAME>."""

from ipaddress import ip_network
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import SettingsConfigDict

from services.console.origin import Network, on_this_machine
from shared.process.environment import Settings
from shared.process.settings import OptionalPath

SCOPES: Final = "openid profile email"


def _networks(text: str) -> str:
    networks_in(text)
    return text


def networks_in(text: str) -> tuple[Network, ...]:
    """Return the networks that a text lists, separated by commas; ValueError if one is none."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8, separated by commas") from None


def _address(text: str | None) -> str | None:
    if text is None:
        return None
    plain = text.rstrip("/")
    if plain.startswith("https://") and plain.count("/") == 2 and plain.isprintable():
        return plain
    if plain.startswith("http://") and plain.count("/") == 2 and on_this_machine(plain):
        return plain
    raise ValueError("must be the address of the console without a path, such as https://slipway.example.com")


def _issuer(text: str | None) -> str | None:
    if text is not None and not (text.startswith("https://") and text.isprintable()):
        raise ValueError("must be an address that begins with https://, as the provider itself writes it")
    return text


class ConsoleSettings(Settings):
    """Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="CONSOLE_", env_ignore_empty=True)

    host: str = "127.0.0.1"
    """Address on which the pages are served."""
    port: int = Field(8088, ge=0, le=65535)
    """Port of the pages; 0 lets the system choose. Health and metrics stay on SLIPWAY_HTTP_PORT."""
    address: Annotated[str | None, AfterValidator(_address)] = None
    """Where people find the console, such as `https://slipway.example.com`: requests for another host are refused.
    Without it, the console answers on its own machine only, for instance through `kubectl port-forward`."""
    keys: OptionalPath = None
    """File of the keys that seal sign-ins: AES keys of 256 bits, one a line in base64. The first one seals, all of them
    open. It is read again when it changes."""
    session: float = Field(12 * 3600, gt=0)
    """Time after which people sign in again, however often their token was renewed."""
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    """Networks of the proxies whose `Authorization: Bearer` header is the person's own token, separated by commas."""
    tokens: bool = True
    """Let people sign in by pasting a token of the API server."""
    oidc_issuer: Annotated[str | None, AfterValidator(_issuer)] = None
    """Address of the identity provider, by which people sign in. The API server must accept its identity tokens, unless
    CONSOLE_IMPERSONATE is on."""
    oidc_client: str = ""
    """The console's name at the provider, which the API server expects as the audience of tokens."""
    oidc_secret: OptionalPath = None
    """File of the client's secret; none for a public client."""
    oidc_ca: OptionalPath = None
    """File of the authority that signs the provider's certificate; without it, those count that the system trusts."""
    oidc_scopes: str = SCOPES
    """What is asked of the provider. Many want `groups` for groups, and `offline_access` to renew tokens."""
    impersonate: bool = False
    """Call the API server with the console's own account, in the name of the person that the provider has signed in:
    for clusters that accept no provider. The account needs the right to impersonate."""
    impersonate_user_claim: str = "email"
    """The claim of the identity token that names the user."""
    impersonate_groups_claim: str = "groups"
    """The claim of the identity token that lists the user's groups."""
    impersonate_prefix: str = "oidc:"
    """What these names begin with, so that nobody takes a name of the cluster's own."""
    links: OptionalPath = None
    """Folder of one-time links, which the local platform makes. Who may write there may sign in with any token."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.oidc_issuer and not self.address:
            raise ValueError("CONSOLE_ADDRESS: must be set, since the identity provider sends people back to it")
        if self.oidc_issuer and not self.oidc_client:
            raise ValueError("CONSOLE_OIDC_CLIENT: must be set, since CONSOLE_OIDC_ISSUER is")
        if self.impersonate and not self.oidc_issuer:
            raise ValueError("CONSOLE_IMPERSONATE: needs CONSOLE_OIDC_ISSUER, which says who people are")
        return self

    @property
    def proxies(self) -> tuple[Network, ...]:
        """Return the networks of trusted proxies."""
        return networks_in(self.trusted_proxies)
