"""The configuration that ``audiotui init`` writes: the answers, and a commented example of everything else.

``config.example.yaml`` is the same text with every example switched on; a test holds the two together.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.config.environment import escape
from audiotui.config.yamltext import yaml_string
from audiotui.errors import ConfigError
from audiotui.model import DEFAULT_KEY_LAYOUT

if TYPE_CHECKING:
    from pathlib import Path

_EXAMPLE_ARCHIVE = "/mnt/archive/recordings"

_HEAD = """\
# The configuration of audiotui. `audiotui config --show` prints what is in effect.
#
# Relative paths start from this file's folder, and ~ is your home folder. Any value can hold ${{NAME}}, which stands
# for that environment variable; it must be set. $${{ stands for ${{ itself. Secrets are best kept in variables; where
# one stands in this file, nobody else may read it: chmod 600.

audio_manager:
  # The catalog, one SQLite file. Keep it on a disk of this machine, outside of all locations.
  db_path: {db_path}

"""

_CHOICES = f"""\
  # Where a push goes that names no destination. Without this line: the first location besides local.
  default_destination: "archive"

  # How files are named inside a location: {{uid}}, {{kind}}, {{sha256}} (8 digits or more) and {{ext}}. Files that are
  # already stored keep their names.
  key_layout: "{DEFAULT_KEY_LAYOUT}"

  # So many copies of a file must be proven at other locations before `audiotui drop` removes one.
  mincopies: 1

  # How recordings are heard: auto (mpv if it is there, else the built-in player), mpv, builtin, silent or none. The
  # environment variable AUDIOTUI_PLAYER wins. Over SSH nothing is played unless one is chosen here or there.
  player: "auto"

  # Looks and keys of the app: any theme of its palette, and other keys for what `?` lists there. Two things on one key
  # are reported when the app starts.
  app:
    theme: "nord"
    keys:
      lib.push: "ctrl+g"
      lib.trash: "delete"

"""

_LOCAL = """\
  locations:
    # The library's own files. Required: every push starts here, and every pull ends here.
    local:
      type: "local"
      path: {local_path}
"""

_ARCHIVE = """\

    # Any further folder: another disk, a mounted share.
    archive:
      type: "local"
      path: {archive_path}
      sync: true  # wait until files are on the disk; false is faster, but a power cut may lose the last ones
"""

_REMOTE = """\

    # A bucket of Amazon S3.
    s3:
      type: "s3"
      bucket: "your-bucket-name"
      region_name: "us-west-2"
      prefix: "recordings"  # a folder inside the bucket
      aws_access_key_id: "${S3_ACCESS_KEY}"  # without keys: AWS's usual chain
      aws_secret_access_key: "${S3_SECRET_KEY}"
      aws_session_token: ""  # of temporary credentials
      storage_class: "STANDARD_IA"
      server_side_encryption: "aws:kms"  # or AES256; without it: what the bucket does by itself
      sse_kms_key_id: "alias/recordings"

    # A bucket of a service that speaks S3, with the credentials of a profile in ~/.aws.
    backup:
      type: "s3"
      endpoint_url: "https://s3.example.com"
      bucket: "your-backup-bucket"
      profile: "backup"
      addressing_style: "path"  # virtual: the bucket is part of the host's name
      ca_file: "~/certificates/example.pem"  # who signed the server's certificate, if no public authority did
      checksums: "auto"  # whether the server checks a SHA-256 is found out; required: insist on it; off: send none

    # A bucket of a MinIO server.
    studio:
      type: "minio"
      endpoint: "minio.example.com:9000"  # without http://
      bucket: "recordings"
      access_key: "${MINIO_ACCESS_KEY}"
      secret_key: "${MINIO_SECRET_KEY}"
      secure: true  # false: everything goes in the clear
      prefix: "takes"
      region: "us-east-1"
      create_bucket: true  # make the bucket with its first file
      ca_file: "~/certificates/minio.pem"
      checksums: "auto"

    # A folder on a host that you reach by SSH.
    remote:
      type: "scp"
      host: "your-server.example.com"  # or an alias of ~/.ssh/config
      port: 22
      user: "username"
      identity_file: "~/.ssh/id_ed25519"  # without it: that of ~/.ssh/config, or the agent
      passphrase: ""  # of that key, as ${NAME}; without it: the agent
      known_hosts: "~/.ssh/known_hosts"  # trust a new host with: audiotui locations trust remote
      remote_path: "/remote/path/to/audio"  # made when it is needed
      exec: false  # true: the host proves what it holds with its own sha256sum
      transport: "paramiko"  # openssh: your own ssh program, for hardware keys, ProxyCommand and the like
      connect_timeout: 10  # seconds
      allow_proxycommand: false  # true: run the ProxyCommand that ~/.ssh/config has for the host
"""


_LIBRARY = """\

  # Generated speech: where `audiotui library` and audiotui.library keep it. All of it is optional.
  library:
    storage: "studio"  # a location of type minio, s3 or local; without it: local
    bucket: "recordings"  # that of the location, which then needs none; in a folder, a folder; by default audio-assets
    documents: "mongodb://localhost:27017/audio"  # without it: the catalog
    speech_url: "http://audio-generation-factory:3000"  # $AUDIO_GENERATION_SERVICE_URL wins over it
    speech_key: ""  # sent to the speech server alone, as a bearer token
    allowed_hosts: ["tts.example.com:8880"]  # audio may come from there too, also by plain http
    allow_public_hosts: false  # true: and from any public https address
    cleanup: true  # remove temporary files of the speech server; $CLEANUP_TEMP_AUDIO wins over it
    register: true  # show what is kept in the library, like any other recording
    cdn_url: "https://cdn.example.com/recordings"  # links lead there instead of to the storage
    api_keys: [{key: "${LIBRARY_KEY}", customers: ["customer_123"]}]  # of `library serve`; 16 characters or more
    limits:
      max_mib: 2048
      max_seconds: 900  # for one download; in it a server that fails is asked six times, within 25 s
      min_bytes_per_second: 1000
      max_store_seconds: 60  # storing is not tried again after so long; a silent storage costs 60 s more
      parallel: 64  # assets of a batch at once, up to 256
      requests_per_minute: 600
      max_upload_mib: 256
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new configuration needs to know; paths as they shall stand in the file."""

    db_path: str = "library.db"
    local_path: str = "recordings"
    archive_path: str = ""
    """A second folder as destination; '' leaves it as an example."""


def example_config() -> str:
    """The text of ``config.example.yaml``: every option, with comments."""
    answers = Answers(archive_path=_EXAMPLE_ARCHIVE)
    return _head(answers) + _CHOICES + _local(answers) + _archive(answers) + _REMOTE + _LIBRARY


def refuse_existing(path: Path) -> None:
    """Raise ConfigError if there is anything under this name."""
    if os.path.lexists(path):
        raise ConfigError(
            f"{path} is there already, and nothing is overwritten.", "Edit it, or name another file with --path."
        )


def write_config(path: Path, answers: Answers) -> None:
    """Write a new configuration that only its owner can read; missing folders are made.

    Raises:
        ConfigError: the file exists (it is never overwritten), cannot be written, or the answers make no sense
            together; nothing is left behind then.
    """
    try:
        "".join((answers.db_path, answers.local_path, answers.archive_path)).encode()
        data = _rendered(answers).encode()
        _check(data, path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create(path, data)
    except UnicodeEncodeError as error:
        raise ConfigError(
            "A path that is not valid UTF-8 cannot stand in a configuration.", "Rename the folder, or link to it."
        ) from error
    except OSError as error:
        raise ConfigError(
            f"Cannot write the configuration {path}: {error.strerror or error}.", "Name another file."
        ) from error


def _check(data: bytes, path: Path) -> None:
    from audiotui.config.load import check_config

    try:
        check_config(data, path)
    except ConfigError as error:
        raise ConfigError(
            f"This would be no valid configuration, and nothing was written:\n{error.message}", error.hint
        ) from error


def _create(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        refuse_existing(path)
        raise
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _rendered(answers: Answers) -> str:
    example = _commented(_archive(Answers(archive_path=_EXAMPLE_ARCHIVE)))
    archive = _archive(answers) if answers.archive_path else example
    return _head(answers) + _commented(_CHOICES) + _local(answers) + archive + _commented(_REMOTE + _LIBRARY)


def _head(answers: Answers) -> str:
    return _HEAD.format(db_path=_literal(answers.db_path))


def _local(answers: Answers) -> str:
    return _LOCAL.format(local_path=_literal(answers.local_path))


def _archive(answers: Answers) -> str:
    return _ARCHIVE.format(archive_path=_literal(answers.archive_path))


def _literal(path: str) -> str:
    return yaml_string(escape(path))


def _commented(text: str) -> str:
    """The lines of a block as comments that lose their ``# `` to be switched on; the others stay as they are."""
    return "".join(map(_commented_line, text.splitlines(keepends=True)))


def _commented_line(line: str) -> str:
    content = line.lstrip(" ")
    if content in {"", "\n"} or content.startswith("#"):
        return line
    indent = "    " if line.startswith("    ") else "  "
    return f"{indent}# {line.removeprefix(indent)}"
