"""Certificates for servers of the tests: an authority of its own, and what it signed for loopback."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path


class Certificates(NamedTuple):
    """Files in PEM: who signed, and what a server on loopback shows, under the names that MinIO looks for."""

    authority: Path
    server: Path
    server_key: Path


def certificates(folder: Path) -> Certificates:
    """A new authority, and a certificate for 127.0.0.1 that it signed, in a folder that is made."""
    folder.mkdir()
    made = Certificates(folder / "authority.pem", folder / "public.crt", folder / "private.key")
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _name("an authority of the tests")
    made.authority.write_bytes(_signed(authority, authority_key, by=authority, key=authority_key, is_authority=True))
    made.server.write_bytes(
        _signed(_name("127.0.0.1"), server_key, by=authority, key=authority_key, is_authority=False)
    )
    made.server_key.write_bytes(_private(server_key))
    return made


def self_signed(folder: Path) -> Certificates:
    """One certificate that is both, as ``openssl req -x509`` makes it."""
    folder.mkdir()
    made = Certificates(folder / "public.crt", folder / "public.crt", folder / "private.key")
    name, key = _name("127.0.0.1"), ec.generate_private_key(ec.SECP256R1())
    made.server.write_bytes(_signed(name, key, by=name, key=key, is_authority=True))
    made.server_key.write_bytes(_private(key))
    return made


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _signed(
    name: x509.Name,
    owner: ec.EllipticCurvePrivateKey,
    *,
    by: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    is_authority: bool,
) -> bytes:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer_name=by,
        subject_name=name,
        public_key=owner.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    )
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    builder = builder.add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
