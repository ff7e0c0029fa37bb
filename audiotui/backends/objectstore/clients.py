"""The two clients that move bytes: obstore for whole small files, botocore's own calls for the parts of big ones.

Neither retries, follows a redirect to another host, or takes an address, a key or an option from the environment:
everything that they could find there is said explicitly.
"""

from __future__ import annotations

import logging
import os
import sys
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from audiotui.backends.objectstore.target import CONNECT_TIMEOUT_S, CONNECTIONS, REQUEST_TIMEOUT_S

if TYPE_CHECKING:
    import botocore.session
    from botocore.loaders import Loader
    from mypy_boto3_s3.client import S3Client
    from obstore.store import S3Config, S3Credential, S3Store

    from audiotui.backends.objectstore.target import Target


def object_store(target: Target, *, checksums: bool, signs_bytes: bool = True) -> S3Store:
    """The client for whole files and ranges. ``checksums``: the server compares each file with its SHA-256.

    That sum is a part of what is signed, so for a server that is known to check it, ``signs_bytes`` would only make it
    hash each file twice.
    """
    from obstore.store import S3Store

    config: S3Config = {
        "endpoint": target.address,
        "aws_endpoint_url_s3": target.address,  # else a variable of the environment would win over ``endpoint``
        "region": target.region,
        "virtual_hosted_style_request": target.virtual_style,
        "conditional_put": "etag",
        "skip_signature": False,
        "unsigned_payload": not signs_bytes,
        "s3_express": False,
        "request_payer": False,
    }
    if checksums:
        config["checksum_algorithm"] = "SHA256"
    if target.encryption:
        config["server_side_encryption"] = target.encryption
    if target.kms_key_id:
        config["sse_kms_key_id"] = target.kms_key_id
    return S3Store(
        target.bucket,
        config=config,
        credential_provider=lambda: _credential(target),
        client_options={
            "allow_http": not target.is_encrypted_on_the_way,
            "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
            "read_timeout": timedelta(seconds=target.silence_s),
            "timeout": timedelta(seconds=REQUEST_TIMEOUT_S),
            "pool_max_idle_per_host": str(CONNECTIONS),
            "user_agent": "audiotui",
            **({"root_certificate": target.ca_file.read_bytes()} if target.ca_file else {}),
        },
        retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=REQUEST_TIMEOUT_S)},
    )


def part_client(target: Target) -> S3Client:
    """The client for uploads of several parts; many threads may use it."""
    import boto3
    from botocore.config import Config

    quiet_sdk_logs()
    keys = target.keys()
    return boto3.Session(botocore_session=isolated_session()).client(
        "s3",
        endpoint_url=target.endpoint,
        region_name=target.region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key.reveal(),
        aws_session_token=keys.session_token.reveal() if keys.session_token else None,
        verify=str(target.ca_file) if target.ca_file else True,
        config=Config(**client_config(target)),
    )


def client_config(target: Target) -> dict[str, Any]:
    """The options of every botocore client that is made here."""
    return {
        "signature_version": "s3v4",
        "retries": {"total_max_attempts": 1, "mode": "standard"},
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": target.silence_s,
        "max_pool_connections": CONNECTIONS,
        "tcp_keepalive": True,
        "ignore_configured_endpoint_urls": True,
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
        "use_dualstack_endpoint": False,
        "use_fips_endpoint": False,
        "s3": {
            "addressing_style": "virtual" if target.virtual_style else "path",
            "use_accelerate_endpoint": False,
            "payload_signing_enabled": None,
        },
    }


def isolated_session() -> botocore.session.Session:
    """A session that reads neither AWS's files nor the variables that would choose other ones."""
    import botocore.session

    session = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
            "ca_bundle": (None, None, None, None),
        }
    )
    session.set_config_variable("region", None)
    session.register_component("data_loader", _models(session.get_config_variable("data_path")))
    return session


@lru_cache(maxsize=2)
def _models(data_path: str | None) -> Loader:
    """What botocore knows of S3: read once for all locations of a process, as it takes most of a client's making.

    It is only read, and so threads may share it.
    """
    from botocore.loaders import create_loader

    return create_loader(data_path)


def proxy_to(endpoint: str) -> str:
    """The proxy on the way to an address, as the usual variables of the environment say; '' for none.

    obstore and botocore look for it by themselves.
    """
    if sys.platform == "linux" and not any(name.lower().endswith("_proxy") for name in os.environ):
        return ""  # elsewhere the system may know of one; what follows takes as long to import as to connect

    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    address, proxies = urlsplit(endpoint), getproxies()
    proxy = proxies.get(address.scheme, "") or proxies.get("all", "")
    return "" if not proxy or proxy_bypass(address.netloc) else proxy


def quiet_sdk_logs() -> None:
    """Keep the SDKs from logging requests: at DEBUG they write keys, tokens and signatures."""
    for name in ("botocore", "boto3", "urllib3", "minio"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
    # It warns of headers that broke off, with the address; the error that follows is told in our words.
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


def _credential(target: Target) -> S3Credential:
    keys = target.keys()
    return {
        "access_key_id": keys.access_key,
        "secret_access_key": keys.secret_key.reveal(),
        "token": keys.session_token.reveal() if keys.session_token else None,
        "expires_at": None,
    }
