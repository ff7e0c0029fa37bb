"""What a correct configuration gives."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.options import LocalOptions, MinioOptions, S3Options, ScpOptions
from audiotui.config import load_config
from audiotui.model import DEFAULT_KEY_LAYOUT, SecretStr

if TYPE_CHECKING:
    from collections.abc import Callable

ISSUE_EXAMPLE = """\
audio_manager:
  db_path: "/path/to/registry.db"
  locations:
    local:
      type: "local"
      path: "/path/to/audio/files"  # required: push and pull start or end here
    s3:
      type: "s3"
      bucket: "your-bucket-name"
      aws_access_key_id: "YOUR_ACCESS_KEY"
      aws_secret_access_key: "YOUR_SECRET_KEY"
      region_name: "us-west-2"
    remote:
      type: "scp"
      host: "your-server.example.com"
      user: "username"
      identity_file: "/path/to/ssh/key"
      remote_path: "/remote/path/to/audio"
"""

SMALL = """\
audio_manager:
  db_path: library.db
  locations:
    local: {type: local, path: recordings}
"""


def test_the_published_example_is_accepted_word_for_word(config_file: Callable[..., Path]) -> None:
    config = load_config(config_file(ISSUE_EXAMPLE))

    assert config.db_path == Path("/path/to/registry.db")
    assert dict(config.locations) == {
        "local": LocalOptions(path=Path("/path/to/audio/files")),
        "s3": S3Options(
            bucket="your-bucket-name",
            aws_access_key_id="YOUR_ACCESS_KEY",
            aws_secret_access_key=SecretStr("YOUR_SECRET_KEY"),
            region_name="us-west-2",
        ),
        "remote": ScpOptions(
            host="your-server.example.com",
            user="username",
            identity_file=Path("/path/to/ssh/key"),
            remote_path="/remote/path/to/audio",
        ),
    }
    assert config.warnings == ()


def test_what_the_file_leaves_out_has_defaults(config_file: Callable[..., Path]) -> None:
    config = load_config(config_file(SMALL))

    assert config.key_layout == DEFAULT_KEY_LAYOUT
    assert config.default_destination is None
    assert config.destination is None


def test_paths_start_from_the_folder_of_the_file(
    config_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config_file("""
        audio_manager:
          db_path: ../library.db
          locations:
            local: {type: local, path: audio files/ünïcode}
            nas: {type: scp, host: nas, remote_path: relative/there, identity_file: keys/id, known_hosts: ./hosts}
        """)
    monkeypatch.chdir(path.parent)

    config = load_config(Path(path.name))

    assert config.path == path
    assert config.db_path == path.parent / "../library.db"
    assert config.locations["local"] == LocalOptions(path=path.parent / "audio files/ünïcode")
    assert config.locations["nas"] == ScpOptions(
        host="nas",
        remote_path="relative/there",
        identity_file=path.parent / "keys/id",
        known_hosts=path.parent / "hosts",
    )


def test_a_tilde_is_the_home_folder(config_file: Callable[..., Path]) -> None:
    config = load_config(config_file(SMALL.replace("library.db", "~/library.db")))

    assert config.db_path == Path.home() / "library.db"


def test_a_tilde_inside_a_path_is_a_tilde(config_file: Callable[..., Path]) -> None:
    path = config_file(SMALL.replace("library.db", "./~/a~b"))

    assert load_config(path).db_path == path.parent / "~/a~b"


def test_any_value_can_come_from_the_environment(config_file: Callable[..., Path]) -> None:
    path = config_file("""
        audio_manager:
          db_path: ${DATA}/library.db
          default_destination: ${WHERE}
          key_layout: "{kind}/{uid}.{sha256}${SUFFIX}"
          locations:
            local: {type: local, path: "${DATA}/files"}
            store:
              type: ${KIND}
              endpoint: ${HOST}:${PORT}
              bucket: takes-${USER}-${USER}
              access_key: ${USER}
              secret_key: ${SECRET}
              secure: ${TLS}
            nas: {type: scp, host: nas, remote_path: /takes, port: "${PORT}"}
        """)
    environ = {
        "DATA": "/data",
        "WHERE": "store",
        "SUFFIX": ".x",
        "KIND": "minio",
        "HOST": "127.0.0.1",
        "PORT": "9000",
        "USER": "ann",
        "SECRET": "s3cret",
        "TLS": "False",
    }

    config = load_config(path, environ=environ)

    assert config.db_path == Path("/data/library.db")
    assert config.default_destination == config.destination == "store"
    assert config.key_layout == "{kind}/{uid}.{sha256}.x"
    assert config.locations["store"] == MinioOptions(
        endpoint="127.0.0.1:9000",
        bucket="takes-ann-ann",
        access_key="ann",
        secret_key=SecretStr("s3cret"),
        secure=False,
    )
    assert config.locations["nas"] == ScpOptions(host="nas", remote_path="/takes", port=9000)


def test_the_environment_of_the_process_is_the_default(
    config_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE_IT_IS", "/elsewhere")

    config = load_config(config_file(SMALL.replace("library.db", "${WHERE_IT_IS}/l.db")))

    assert config.db_path == Path("/elsewhere/l.db")


def test_a_path_of_the_environment_may_hold_undecodable_bytes(config_file: Callable[..., Path]) -> None:
    folder = os.fsdecode(b"/data/\xff")

    config = load_config(config_file(SMALL.replace("recordings", '"${FOLDER}"')), environ={"FOLDER": folder})

    assert config.locations["local"] == LocalOptions(path=Path(folder))


def test_what_a_variable_holds_is_never_looked_through_again(config_file: Callable[..., Path]) -> None:
    environ = {"OUTER": "${INNER}", "INNER": "secret"}

    config = load_config(config_file(SMALL.replace("library.db", "${OUTER}.db")), environ=environ)

    assert config.db_path.name == "${INNER}.db"


def test_a_doubled_dollar_stands_for_the_text_itself(config_file: Callable[..., Path]) -> None:
    path = config_file(SMALL.replace("library.db", "$${HOME}-$HOME-$$-$${.db"))

    assert load_config(path, environ={}).db_path.name == "${HOME}-$HOME-$$-${.db"


def test_anchors_and_aliases_are_understood(config_file: Callable[..., Path]) -> None:
    path = config_file("""
        audio_manager:
          db_path: library.db
          locations:
            local: {type: local, path: recordings}
            a: {type: s3, bucket: a, aws_access_key_id: &key "K", aws_secret_access_key: &secret "S"}
            b: {type: s3, bucket: b, aws_access_key_id: *key, aws_secret_access_key: *secret}
        """)

    config = load_config(path)

    assert config.locations["b"] == S3Options(bucket="b", aws_access_key_id="K", aws_secret_access_key=SecretStr("S"))


def test_locations_keep_the_order_of_the_file_and_the_first_other_is_the_destination(
    config_file: Callable[..., Path],
) -> None:
    path = config_file("""
        audio_manager:
          db_path: library.db
          locations:
            zeta: {type: local, path: z}
            local: {type: local, path: recordings}
            alpha: {type: local, path: a}
        """)

    config = load_config(path)

    assert list(config.locations) == ["zeta", "local", "alpha"]
    assert config.destination == "zeta"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())

    assert load_config(path).db_path == tmp_path / "library.db"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_secret_that_others_can_read_gives_a_warning(config_file: Callable[..., Path], mode: int) -> None:
    path = config_file(ISSUE_EXAMPLE, mode=mode)

    config = load_config(path)

    assert config.warnings == (
        f"{path} holds a secret (aws_secret_access_key of location 's3') and other users can read it. "
        f"Run: chmod 600 {path}",
    )


def test_a_secret_of_the_environment_needs_no_warning(config_file: Callable[..., Path]) -> None:
    path = config_file(ISSUE_EXAMPLE.replace("YOUR_SECRET_KEY", "${KEY}"), mode=0o644)

    assert load_config(path, environ={"KEY": "x"}).warnings == ()


def test_a_secret_with_any_part_in_the_file_counts_as_inline(config_file: Callable[..., Path]) -> None:
    path = config_file(ISSUE_EXAMPLE.replace("YOUR_SECRET_KEY", "${KEY}-salt"), mode=0o644)

    assert len(load_config(path, environ={"KEY": "x"}).warnings) == 1


def test_a_file_that_anybody_can_change_gives_a_warning(config_file: Callable[..., Path]) -> None:
    path = config_file(SMALL, mode=0o666)

    assert load_config(path).warnings == (
        f"Every user can change {path}, and with it where files go. Run: chmod o-w {path}",
    )


def test_a_catalog_inside_a_location_gives_a_warning(config_file: Callable[..., Path]) -> None:
    path = config_file(SMALL.replace("library.db", "recordings/library.db"))

    (warning,) = load_config(path).warnings

    assert warning.startswith("db_path lies inside location 'local': ")


def test_no_secret_shows_in_the_configuration_or_its_parts(config_file: Callable[..., Path]) -> None:
    config = load_config(config_file(ISSUE_EXAMPLE))

    shown = f"{config!r} {config} {config.locations!r} {config.locations['s3']!r} {config.show()}"

    assert "YOUR_SECRET_KEY" not in shown
