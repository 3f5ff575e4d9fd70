"""Personal fields on an immutable log: sealed with a key per person, which lies outside the log.

`seal` turns a text into a token that may stand anywhere; `unseal` turns it back, or says None once the person's key was
destroyed, which is how a person is erased from a log that never changes. Tokens are `sealed:1:PERSON:BASE64` (AES-256
in GCM, a fresh nonce each, bound to person and field). Two more keys of the whole installation: one finds an address
without storing it (HMAC), one makes IP addresses comparable in the audit. Neither depends on IAFA_SECRET_KEY: a changed
secret signs everybody out and loses nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iafa_api import clock, durable
from iafa_api.domain.identifiers import require_id
from iafa_api.errors import BrokenData, NotFound

PREFIX = "sealed:1:"
ERASED = "erased"  # stands in documents in the place of a token whose person was erased
EMAIL_KEY, IP_KEY = "email-index.key", "audit-ip.key"
NONCE_BYTES = 12  # of AES-GCM; random ones are safe for 2^32 fields of one person


class Vault:
    """The keys in one directory, a file of mode 0600 each."""

    def __init__(self, directory: Path, *, is_new: bool = True) -> None:
        """Open the vault. BrokenData where an old one lacks its own keys: with new ones nobody would be found."""
        missing = [name for name in (EMAIL_KEY, IP_KEY) if not (directory / name).exists()]
        if missing and not is_new:
            raise BrokenData(f"{directory} has lost {' and '.join(missing)}: put the vault of this log back.")
        durable.make_directory(directory)
        self._persons = directory / "persons"
        durable.make_directory(self._persons)
        self._email_key = durable.read_or_create(directory / EMAIL_KEY, clock.new_secret())
        self._ip_key = durable.read_or_create(directory / IP_KEY, clock.new_secret())

    def create_person(self, person_id: str) -> None:
        """Make the key of a new person."""
        durable.read_or_create(self._key_path(person_id), clock.new_secret())

    def destroy_person(self, person_id: str) -> None:
        """Destroy a person's key: nothing that was sealed with it can be read again. Again is harmless."""
        self._key_path(person_id).unlink(missing_ok=True)
        durable.sync_directory(self._persons)

    def list_persons(self) -> list[str]:
        """The ids of all who have a key."""
        return sorted(path.stem for path in self._persons.glob("*.key"))

    def seal(self, person_id: str, field: str, text: str) -> str:
        """The token of a personal field. NotFound where the person has no key: erased, it must not get another."""
        try:
            key = self._key_path(person_id).read_bytes()
        except FileNotFoundError:
            raise NotFound("This person was erased.") from None
        nonce = clock.new_secret(NONCE_BYTES)
        sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), _bound_to(person_id, field))
        return PREFIX + person_id + ":" + base64.urlsafe_b64encode(sealed).decode()

    def unseal(self, field: str, token: str) -> str | None:
        """The text of a token, or None where the person was erased. BrokenData where the token was tampered with."""
        if token == ERASED:
            return None
        person_id, _, encoded = token.removeprefix(PREFIX).partition(":")
        try:
            key = self._key_path(person_id).read_bytes()
        except FileNotFoundError:
            return None
        sealed = base64.urlsafe_b64decode(encoded)
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(person_id, field)).decode()
        except InvalidTag:
            raise BrokenData(f"A sealed field {field} of {person_id} does not open with the person's key.") from None

    def email_index(self, normalized_email: str) -> str:
        """What an address is found by: the same for the same address, and no way back."""
        return hmac.digest(self._email_key, normalized_email.encode(), hashlib.sha256).hex()

    def fingerprint(self, text: str) -> str:
        """What tells whether two texts are the same, and no way back; of no text the same as an address's index."""
        return hmac.digest(self._email_key, b"fingerprint\0" + text.encode(), hashlib.sha256).hex()

    def hash_audit_ip(self, ip_address: str) -> str:
        """What the audit keeps of an IP address; stable, so that two entries of one address can be told."""
        return hmac.digest(self._ip_key, ip_address.encode(), hashlib.sha256).hex()[:32]

    def _key_path(self, person_id: str) -> Path:
        return self._persons / f"{require_id(person_id)}.key"


def _bound_to(person_id: str, field: str) -> bytes:
    return f"{person_id}/{field}".encode()
