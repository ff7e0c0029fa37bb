"""Locations are added, changed and removed in the YAML file: nothing else of it changes, and it is never broken."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotui.config import load_config
from audiotui.config.drafts import (
    LocationDraft,
    draft_problems,
    kind_forms,
    read_draft,
    remove_location,
    save_draft,
    set_default,
)
from audiotui.config.edit import ConfigText, Value
from audiotui.config.write import example_config
from audiotui.config.yamltext import yaml_string
from audiotui.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]

VARIABLES = {"S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b", "MINIO_ACCESS_KEY": "c", "MINIO_SECRET_KEY": "d"}

SMALL = """
    # my library
    audio_manager:
      db_path: "library.db"   # on the fast disk
      locations:
        local: # here
          type: local
          path: recordings
          # path: elsewhere

        # the old disk
        # (in the cellar)
        archive:
          type: "local"
          path: '/mnt/archive' # keep the quotes
      default_destination: archive
    """


@pytest.fixture
def small(config_file: Write) -> Path:
    return config_file(SMALL)


def changes(path: Path, before: str) -> tuple[list[str], list[str]]:
    """Lines that went, and lines that came."""
    old, new = before.splitlines(), path.read_text(encoding="utf-8").splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_new_location_comes_last_and_everything_else_stays(small: Path) -> None:
    before = small.read_text(encoding="utf-8")

    save_draft(small, LocationDraft("nas", "local", {"path": "/mnt/nas"}), is_new=True)

    assert changes(small, before) == ([], ["    nas:", '      path: "/mnt/nas"'])
    assert list(load_config(small).locations) == ["local", "archive", "nas"]


def test_a_changed_option_keeps_the_comment_behind_it(small: Path) -> None:
    before = small.read_text(encoding="utf-8")

    save_draft(small, LocationDraft("archive", "local", {"path": "/mnt/new"}), is_new=False)

    assert changes(small, before) == (
        ["      path: '/mnt/archive' # keep the quotes"],
        ['      path: "/mnt/new" # keep the quotes'],
    )


def test_what_is_saved_unchanged_is_not_written(small: Path) -> None:
    before = small.stat()

    save_draft(small, read_draft(small, "archive"), is_new=False)

    assert small.stat().st_mtime_ns == before.st_mtime_ns
    assert small.stat().st_ino == before.st_ino


def test_a_removed_location_goes_with_its_comment_and_as_default(small: Path) -> None:
    before = small.read_text(encoding="utf-8")

    remove_location(small, "archive")

    gone, new = changes(small, before)
    assert new == []
    assert gone == [
        "    # the old disk",
        "    # (in the cellar)",
        "    archive:",
        '      type: "local"',
        "      path: '/mnt/archive' # keep the quotes",
        "  default_destination: archive",
    ]
    assert load_config(small).destination is None


def test_local_cannot_be_removed(small: Path) -> None:
    with pytest.raises(ConfigError, match="every push starts there"):
        remove_location(small, "local")


def test_the_default_is_changed_where_it_stands_and_added_where_there_is_none(small: Path, config_file: Write) -> None:
    save_draft(small, LocationDraft("nas", "local", {"path": "/mnt/nas"}), is_new=True)
    set_default(small, "nas")
    assert load_config(small).default_destination == "nas"
    without = config_file(SMALL.replace("      default_destination: archive\n", ""))

    set_default(without, "archive")

    assert load_config(without).default_destination == "archive"


def test_a_default_that_cannot_be_one_is_refused(small: Path) -> None:
    before = small.read_bytes()

    with pytest.raises(ConfigError, match="where every push starts"):
        set_default(small, "local")

    assert small.read_bytes() == before


def test_secrets_are_asked_for_by_the_names_of_their_variables(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SECRET", "hunter2")
    values = {
        "endpoint": "lab:9000",
        "bucket": "takes",
        "access_key": "me",
        "secret_key": "LAB_SECRET",
        "secure": "False",
    }

    save_draft(small, LocationDraft("lab", "minio", values), is_new=True)

    assert 'secret_key: "${LAB_SECRET}"' in small.read_text(encoding="utf-8")
    assert "      secure: false\n" in small.read_text(encoding="utf-8")
    assert read_draft(small, "lab").values["secret_key"] == "LAB_SECRET"
    assert "hunter2" not in small.read_text(encoding="utf-8")


def test_the_storage_of_the_library_is_saved_without_a_bucket(config_file: Write) -> None:
    block = '{type: minio, endpoint: "host:9000", access_key: me, secret_key: hidden-in-the-file}'
    text = SMALL.replace(
        "      default_destination", f"        lab: {block}\n      library: {{storage: lab}}\n      default_destination"
    )
    path = config_file(text)

    draft = read_draft(path, "lab")

    assert draft_problems(path, draft, is_new=False) == {}
    assert draft_problems(path, LocationDraft("vault", "minio", draft.values), is_new=True).keys() >= {"bucket"}


def test_a_secret_typed_into_a_form_is_refused_and_never_quoted(small: Path) -> None:
    values = {"endpoint": "lab:9000", "bucket": "takes", "access_key": "me"}
    for secret in ("hunter2!", "AKIAUNSETNAME"):
        draft = LocationDraft("lab", "minio", {**values, "secret_key": secret})

        problems = draft_problems(small, draft, is_new=True)

        assert list(problems) == ["secret_key"]
        assert secret not in problems["secret_key"]


def test_a_secret_that_stands_in_the_file_stays_there_and_is_not_shown(config_file: Write) -> None:
    path = config_file(
        SMALL.replace("      default_destination", "        lab: {LAB}\n      default_destination").replace(
            "{LAB}",
            "\n          type: minio\n          endpoint: lab\n          bucket: b\n"
            '          access_key: k\n          secret_key: "in-the-file"',
        )
    )
    draft = read_draft(path, "lab")
    assert draft.kept_secrets == {"secret_key"}
    assert "in-the-file" not in repr(draft)

    save_draft(path, LocationDraft("lab", "minio", {**draft.values, "bucket": "c"}, draft.kept_secrets), is_new=False)

    assert 'secret_key: "in-the-file"' in path.read_text(encoding="utf-8")
    assert 'bucket: "c"' in path.read_text(encoding="utf-8")


def test_problems_are_filed_under_the_options_that_they_are_about(small: Path) -> None:
    assert draft_problems(small, LocationDraft("No!", "local", {"path": "/x"}), is_new=True).keys() == {"name"}
    assert draft_problems(small, LocationDraft("archive", "local", {"path": "/x"}), is_new=True).keys() == {"name"}
    assert draft_problems(small, LocationDraft("nas", "local"), is_new=True).keys() == {"path"}
    host = {"host": "nas", "remote_path": "/audio"}
    assert draft_problems(small, LocationDraft("nas", "scp", {**host, "port": "ssh"}), is_new=True).keys() == {"port"}
    assert draft_problems(small, LocationDraft("nas", "scp", host), is_new=True) == {}


def test_a_folder_inside_another_location_is_refused(small: Path) -> None:
    problems = draft_problems(small, LocationDraft("nas", "local", {"path": "/mnt/archive/inner"}), is_new=True)

    assert "overlap" in problems["name"]


def test_a_file_that_would_have_a_mistake_is_not_written(small: Path) -> None:
    before = small.read_bytes()

    with pytest.raises(ConfigError, match="path: It is needed"):
        save_draft(small, LocationDraft("nas", "local"), is_new=True)

    assert small.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "audio_manager: {db_path: l.db, locations: {local: {type: local, path: a}}}",
        "audio_manager:\n  db_path: l.db\n  locations: {local: {type: local, path: a}}",
        "audio_manager:\n  db_path: l.db\n  locations: &all\n    local: {type: local, path: a}",
    ],
)
def test_files_in_braces_or_with_aliases_are_refused_and_stay(config_file: Write, text: str) -> None:
    path = config_file(text)
    before = path.read_bytes()

    with pytest.raises(ConfigError, match="Change it in an editor"):
        save_draft(path, LocationDraft("nas", "local", {"path": "/mnt/nas"}), is_new=True)

    assert path.read_bytes() == before


def test_mode_and_symbolic_link_stay_and_nothing_is_left_behind(small: Path, tmp_path: Path) -> None:
    link = tmp_path / "link" / "audiotui.yaml"
    link.parent.mkdir()
    link.symlink_to(small)
    small.chmod(0o640)

    save_draft(link, LocationDraft("nas", "local", {"path": "/mnt/nas"}), is_new=True)

    assert link.is_symlink()
    assert stat.S_IMODE(small.stat().st_mode) == 0o640
    assert {path.name for path in tmp_path.iterdir()} == {"link", "config.yaml", "home"}


def test_a_file_that_cannot_be_written_is_told_in_words_and_stays(small: Path) -> None:
    before = small.read_bytes()
    small.with_name(f".{small.name}.{os.getpid()}.new").mkdir()

    with pytest.raises(ConfigError, match="Cannot write the configuration"):
        save_draft(small, LocationDraft("nas", "local", {"path": "/mnt/nas"}), is_new=True)

    assert small.read_bytes() == before


def test_line_ends_of_another_system_and_a_byte_order_mark_stay(config_file: Write) -> None:
    path = config_file(SMALL)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    save_draft(path, LocationDraft("nas", "local", {"path": "/mnt/nas"}), is_new=True)

    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert "nas" in load_config(path).locations


def test_the_forms_have_every_option_of_every_kind() -> None:
    forms = {form.kind: [field.name for field in form.fields] for form in kind_forms()}

    assert set(forms) == {"local", "s3", "minio", "scp"}
    assert "bucket" in forms["s3"]


@settings(max_examples=40)
@given(
    name=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True),
    value=st.text(max_size=60).filter(lambda text: text.isprintable()),
)
def test_any_change_changes_what_is_meant_and_its_reverse_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, name: str, value: str
) -> None:
    text = ConfigText(example_config().encode(), tmp_path_factory.getbasetemp() / "config.yaml")
    quoted = Value(value, yaml_string(value))

    if not text.options_of(name):
        added = text.with_location(name, {"type": Value("local", "local"), "path": quoted})
        assert added.options_of(name) == {"type": "local", "path": value}
        assert added.without_location(name).data == text.data
    changed = text.with_options("s3", {"bucket": quoted, "profile": quoted})
    old = Value("your-bucket-name", '"your-bucket-name"')
    assert changed.with_options("s3", {"bucket": old, "profile": None}).data == text.data
