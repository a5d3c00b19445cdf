"""Why a server's certificate is not trusted, in words that say what to mend. Pure."""

import ssl
from typing import Final

NOT_YET: Final = 9
"""OpenSSL's number for a certificate whose validity has not begun."""
EXPIRED: Final = 10
"""OpenSSL's number for a certificate whose validity is over."""
OTHER_NAMES: Final = (62, 64)
"""OpenSSL's numbers for a certificate that is not for the name, or the address, by which the server is called."""


def distrust(error: ssl.SSLCertVerificationError, otherwise: str) -> str:
    """Return what is wrong with the certificate, and what to do: `otherwise` if an authority must be checked."""
    code, words = getattr(error, "verify_code", 0), getattr(error, "verify_message", "") or str(error)
    if code == EXPIRED:
        return "a certificate that has expired: renew it"
    if code == NOT_YET:
        return "a certificate that is not valid yet: compare the clock of this host with that of the server"
    if code in OTHER_NAMES:
        return f"a certificate for other names ({words.rstrip('.')}): use one of its names, or add this one to it"
    return f"a certificate that is not trusted ({words}): {otherwise}"
