"""What ``config --show`` prints: everything in effect, nothing secret, and YAML again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from hypothesis import given
from hypothesis import strategies as st

from audiotui.config import load_config
from audiotui.config.environment import escape, expand
from audiotui.config.yamltext import yaml_string

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_effective_values_are_shown_with_their_origins(config_file: Callable[..., Path]) -> None:
    path = config_file("""
        audio_manager:
          db_path: library.db
          locations:
            local: {type: local, path: "${DATA}/takes"}
            s3:
              type: s3
              bucket: takes
              aws_access_key_id: ${S3_ID}
              aws_secret_access_key: ${S3_SECRET}
            "no":
              type: minio
              endpoint: host:9000
              bucket: takes
              access_key: me
              secret_key: sesame
        """)
    config = load_config(path, environ={"DATA": "/data", "S3_ID": "id", "S3_SECRET": "sesame"})

    assert (
        config.show()
        == f"""\
# "{path}"
audio_manager:
  db_path: "{path.parent}/library.db"
  default_destination: "s3"  # the first location besides local
  key_layout: "{{uid[:2]}}/{{uid}}/{{kind}}.{{sha256[:12]}}.{{ext}}"  # the default
  locations:
    local:
      type: "local"
      path: "/data/takes"  # from ${{DATA}}
      sync: true  # the default
    s3:
      type: "s3"
      bucket: "takes"
      aws_access_key_id: "id"  # from ${{S3_ID}}
      aws_secret_access_key: "***"  # from ${{S3_SECRET}}
      addressing_style: "auto"  # the default
      checksums: "auto"  # the default
    "no":
      type: "minio"
      endpoint: "host:9000"
      bucket: "takes"
      access_key: "me"
      secret_key: "***"
      secure: true  # the default
      create_bucket: false  # the default
      checksums: "auto"  # the default
"""
    )


def test_what_is_shown_can_be_read_again(config_file: Callable[..., Path]) -> None:
    first = load_config(
        config_file("""
        audio_manager:
          db_path: "$${x}.db"
          default_destination: nas
          key_layout: "{kind}/{uid}.{sha256}"
          locations:
            local: {type: local, path: "ta\\"k\\\\es \\u202e é"}
            nas: {type: scp, host: nas, remote_path: /r, port: 2222, user: me, known_hosts: "~/h"}
        """)
    )

    second = load_config(config_file(first.show()))

    assert second == first


def test_a_path_cannot_break_out_of_its_line(config_file: Callable[..., Path]) -> None:
    path = config_file("""
        audio_manager:
          db_path: library.db
          locations: {local: {type: local, path: recordings}}
        """)
    strange = path.rename(path.parent / "a\nb: \x1b[2J.yaml")

    shown = load_config(strange).show()

    assert shown.splitlines()[0].endswith('/a\\nb: \\x1b[2J.yaml"')
    assert "\x1b" not in shown


@given(st.text())
def test_any_text_comes_back_from_yaml(text: str) -> None:
    assert yaml.safe_load(yaml_string(text)) == text
    assert yaml_string(text).isprintable()


@given(st.text(alphabet="${}A"))
def test_any_text_comes_back_from_the_environment(text: str) -> None:
    assert expand(escape(text), {}).text == text
