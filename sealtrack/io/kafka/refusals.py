"""What a broker means by refusing, in words that say what to mend."""

from __future__ import annotations

from kafka.errors import AuthorizationError

ACLS = "give this user the ACLs of docs/kafka.md"

_HOPELESS = {
    "SaslAuthenticationFailed": "it refuses name or password; check kafka.sasl_username and kafka.sasl_password",
    "UnsupportedSaslMechanism": "it does not take kafka.sasl_mechanism there; ask for the one that it takes",
    "not valid for": "its certificate is for another host; name it in kafka.bootstrap as its certificate does",
    "certificate has expired": "its certificate has expired; renew it",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is signed by nobody known here; give its CA as kafka.ssl_cafile",
    "ALERT_BAD_CERTIFICATE": "it asks for a certificate; give kafka.ssl_certfile and kafka.ssl_keyfile",
    "ALERT_CERTIFICATE_REQUIRED": "it asks for a certificate; give kafka.ssl_certfile and kafka.ssl_keyfile",
    "ALERT_UNKNOWN_CA": "it does not know who signed kafka.ssl_certfile; have it signed by a CA that the broker trusts",
    "KEY_VALUES_MISMATCH": "kafka.ssl_keyfile is not the key of kafka.ssl_certfile; give the two that belong together",
    "NO_CERTIFICATE_OR_CRL_FOUND": "kafka.ssl_cafile holds no certificate; give the CA's, in PEM",
    "Invalid frame length": "it speaks TLS there; set kafka.security_protocol to SSL or SASL_SSL",
    "TransactionalIdAuthorizationFailed": f"it permits no transactions whose id begins with kafka.group; {ACLS}",
}
"""The next try would meet these again. The first that fits counts."""
_UNEXPECTED_EOF = "UNEXPECTED_EOF_WHILE_READING"
_NO_TLS = "perhaps it does not speak TLS there: see kafka.security_protocol"


def hopeless(error: Exception) -> str | None:
    """What to mend before another try; None when another try may succeed by itself."""
    return next((words for sign, words in _HOPELESS.items() if sign in str(error)), None)


def explained(error: Exception) -> str:
    """The error in a line, with what to do where that is known."""
    found = hopeless(error)
    if found is None and isinstance(error, AuthorizationError):
        found = ACLS
    if found is None and _UNEXPECTED_EOF in str(error):
        found = _NO_TLS
    return f"{error}; {found}" if found else str(error)
