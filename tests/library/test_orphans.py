"""A repair removes objects without a document only where that is surely right, and nothing that it removes is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.documents.base import Change
from audiotui.library import AudioLibraryService
from audiotui.library.claims import utc_now
from audiotui.library.opening import open_parts
from audiotui.library.reconciling import Trouble
from audiotui.library.registering import Registrar
from audiotui.model import NewCopy, NewFile, NewRecording
from tests.contracts.service_suite import ASSET, CUSTOMER, call, keys_in, read
from tests.faults import FaultyBackend, Meanwhile
from tests.library.sounds import wav

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.documents.asset import Asset
    from audiotui.library.parts import Parts
    from audiotui.library.reconciling import Discrepancy
    from audiotui.manager import AudioManager
    from tests.servers.speech import SpeechServer

    Open = Callable[[Path], AudioLibraryService]

TRASH = ".trash/"


def in_two_days(manager: AudioManager) -> Parts:
    """The parts of a service to which all that lies there now is old."""
    return replace(open_parts(manager), clock=lambda: utc_now() + timedelta(days=2))


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens services in two days from now."""
    made: list[AudioLibraryService] = []

    def open_(path: Path) -> AudioLibraryService:
        made.append(AudioLibraryService(path, opener=in_two_days))
        return made[-1]

    yield open_
    for service in made:
        service.close()


@pytest.fixture(params=["folder", "MinIO"])
def config(request: pytest.FixtureRequest) -> Path:
    configs = {"folder": "embedded_config", "MinIO": "servers_config"}
    path: Path = request.getfixturevalue(configs[request.param])
    return path


@pytest.fixture
def service(opened: Open, config: Path, server: SpeechServer) -> AudioLibraryService:
    """A service with three assets."""
    made = opened(config)
    keep(made, server, ASSET, "a1", "a2")
    return made


def keep(service: AudioLibraryService, server: SpeechServer, *ids: str) -> None:
    """Save some assets."""
    for number, asset_id in enumerate(ids):
        url = server.put(f"{asset_id}.wav", wav(number))
        service.save_audio_to_library(**call(asset_id=asset_id, audio_url=url, text=asset_id))
    service.settle()


def another(config: Path, name: str, *changes: tuple[str, str]) -> Path:
    """Another configuration beside one, with a catalog of its own unless the changes say otherwise."""
    text = config.read_text()
    for old, new in changes or (("library.db", f"{name}.db"),):
        assert old in text
        text = text.replace(old, new)
    path = config.with_name(f"{name}.yaml")
    path.write_text(text)
    path.chmod(0o600)
    return path


def stray(service: AudioLibraryService, asset_id: str = "stray", data: bytes = b"x") -> str:
    """Put an object beside those of the assets; its key."""
    shelf = service.parts.shelf
    key = shelf.key(CUSTOMER, "user_456", asset_id, "wav")
    location_key = f"{shelf.bucket}/{key}" if shelf.is_folder else key
    shelf.backend.put_small(location_key, data, sha256=sha256(data).hexdigest())
    return key


def lose_document(service: AudioLibraryService, asset_id: str = ASSET) -> Asset:
    """Let a document vanish, as one does whose database is put back from an older backup; the document."""
    asset = service.get_asset(asset_id, customer_id=CUSTOMER)
    service.parts.documents.write([Change(asset, None)])
    return asset


def forget(service: AudioLibraryService, asset: Asset) -> None:
    """Let the catalog know nothing of an asset, as that of a library that shows none."""
    Registrar(service.parts.manager.catalog, service.parts.shelf).forget(asset)


def in_trash(service: AudioLibraryService) -> list[str]:
    """The keys in the trash of the storage."""
    return [entry.key for entry in service.parts.shelf.backend.list(TRASH)]


def orphans(found: list[Discrepancy]) -> dict[str, bool]:
    """The keys of objects without a document, and whether that was repaired."""
    return {one.key: one.is_repaired for one in found if one.trouble is Trouble.ORPHAN}


def repaired(service: AudioLibraryService, **how: Any) -> list[Discrepancy]:
    return list(service.reconcile(repair=True, **how))


def test_the_repair_of_another_library_on_the_same_storage_removes_nothing(
    opened: Open, service: AudioLibraryService, config: Path, server: SpeechServer
) -> None:
    changes = [("library.db", "other.db")]
    if "documents:" in config.read_text():
        changes.append(("?directConnection", "-other?directConnection"))
    other = opened(another(config, "other", *changes))
    keep(other, server, "b1", "b2")
    before = keys_in(service)

    found = repaired(other, agreed=True)
    refusal = other.plan_removal().refusal(agreed=True)

    assert orphans(found) == dict.fromkeys((file.key for one in assets(service) for file in one.files), False)
    assert keys_in(service) == before
    assert refusal is not None
    assert service.parts.documents.identity() in refusal.hint
    assert read(service) == wav(0)


def test_two_catalogs_that_share_documents_are_one_library(
    opened: Open, servers_config: Path, server: SpeechServer
) -> None:
    service = opened(servers_config)
    keep(service, server, *(f"a{number}" for number in range(4)))
    other = opened(another(servers_config, "other"))
    keep(other, server, "b1")
    gone = stray(other)

    found = repaired(service)

    assert orphans(found) == {gone: True}
    assert gone not in keys_in(service)


@pytest.mark.parametrize("is_marked", [True, False], ids=["marked", "of an earlier version"])
def test_a_mistyped_address_of_the_documents_costs_nothing(
    opened: Open, servers_config: Path, server: SpeechServer, is_marked: bool
) -> None:
    service = opened(servers_config)
    keep(service, server, ASSET, "a1")
    if not is_marked:
        remove_notes(service)
    before = keys_in(service)
    mistyped = opened(another(servers_config, "mistyped", ("?directConnection", "x?directConnection")))

    found = repaired(mistyped, agreed=True)
    refusal = mistyped.plan_removal().refusal(agreed=True)

    assert set(orphans(found).values()) == {False}
    assert len(orphans(found)) == 2
    assert keys_in(service) == before
    assert refusal is not None
    assert "library: documents: in the configuration" in refusal.hint
    assert ("2 of the 2 files" in refusal.message) != is_marked


def test_so_many_at_once_are_removed_only_if_somebody_says_so(service: AudioLibraryService) -> None:
    gone = {stray(service, "s1"), stray(service, "s2")}

    held = repaired(service)
    plan = service.plan_removal()
    removed = repaired(service, agreed=True)

    assert orphans(held) == dict.fromkeys(gone, False)
    assert (plan.orphans, plan.objects, plan.needs_consent) == (2, 5, True)
    refusal = plan.refusal(agreed=False)
    assert refusal is not None
    assert "2 of the 5 files" in refusal.message
    assert "--yes" in refusal.hint
    assert plan.refusal(agreed=True) is None
    assert orphans(removed) == dict.fromkeys(gone, True)


def test_where_no_document_is_known_nothing_is_removed_unasked(opened: Open, config: Path) -> None:
    empty = opened(config)
    key = stray(empty)

    assert orphans(repaired(empty)) == {key: False}
    assert orphans(repaired(empty, agreed=True)) == {key: True}


def test_what_is_removed_lies_in_the_trash_and_comes_back_with_its_document(service: AudioLibraryService) -> None:
    asset = lose_document(service)
    forget(service, asset)

    [removed] = repaired(service, agreed=True)
    service.parts.documents.write([Change(None, asset)])
    trashed = in_trash(service)
    [back, *_] = repaired(service)

    assert (removed.trouble, removed.is_repaired) == (Trouble.ORPHAN, True)
    assert [key.endswith(asset.current.file.key) for key in trashed] == [True]
    assert (back.trouble, back.is_repaired) == (Trouble.LOST, True)
    assert read(service) == wav(0)
    assert in_trash(service) == []


def test_an_object_that_the_catalog_knows_stays_though_its_document_is_gone(service: AudioLibraryService) -> None:
    asset = lose_document(service)

    [found] = repaired(service, agreed=True)

    assert (found.trouble, found.is_repaired) == (Trouble.ORPHAN, False)
    assert "the catalog" in found.remark
    assert asset.current.file.key in keys_in(service)


def test_an_object_that_a_save_finds_just_then_stays(service: AudioLibraryService, server: SpeechServer) -> None:
    key = stray(service, "late", wav(7))
    url = server.put("late.wav", wav(7))

    def save() -> None:
        service.save_audio_to_library(**call(asset_id="late", audio_url=url))

    shelf = service.parts.shelf
    shelf.backend = FaultyBackend(shelf.backend, Meanwhile(verb="move", act=save))
    found = repaired(service)

    assert orphans(found) == {key: False}
    assert read(service, "late") == wav(7)
    assert in_trash(service) == []


def test_damaged_bytes_lie_in_the_trash_once_good_ones_have_their_place(archived: AudioLibraryService) -> None:
    damage(archived)

    [found] = repaired(archived)

    assert (found.trouble, found.is_repaired) == (Trouble.DAMAGED, True)
    assert read(archived) == wav()
    [key] = in_trash(archived)
    assert archived.parts.shelf.backend.stat(key).size_bytes == 1


def test_damaged_bytes_stay_where_other_documents_have_files_too(archived: AudioLibraryService) -> None:
    damage(archived)
    archived.parts.shelf.backend.leave_note(f"documents/{archived.parts.shelf.bucket}/another")

    [found] = repaired(archived)

    assert (found.trouble, found.is_repaired) == (Trouble.DAMAGED, False)
    assert "other documents" in found.remark
    assert in_trash(archived) == []


def damage(service: AudioLibraryService) -> None:
    """Put other bytes into the place of the asset's."""
    shelf, file = service.parts.shelf, service.get_asset(ASSET, customer_id=CUSTOMER).current.file
    shelf.discard(file)
    shelf.backend.put_small(shelf.location_key(file), b"x", sha256=sha256(b"x").hexdigest())


def test_what_lies_in_other_folders_is_none_of_the_assets(service: AudioLibraryService) -> None:
    shelf = service.parts.shelf
    key = shelf.location_key(service.get_asset(ASSET, customer_id=CUSTOMER).current.file)
    beside = f"{shelf.bucket}/backup/{key.removeprefix(f'{shelf.bucket}/')}" if shelf.is_folder else f"backup/{key}"
    shelf.backend.put_small(beside, b"x", sha256=sha256(b"x").hexdigest())

    assert repaired(service) == []
    assert shelf.backend.exists(beside)


def test_a_copy_of_another_recording_is_no_object_of_the_service(service: AudioLibraryService) -> None:
    key, shelf = stray(service, "kick", wav(5)), service.parts.shelf
    location_key = f"{shelf.bucket}/{key}" if shelf.is_folder else key
    media = service.get_asset(ASSET, customer_id=CUSTOMER).current.file.media
    file = NewFile(
        "audio",
        "kick.wav",
        len(wav(5)),
        sha256(wav(5)).hexdigest(),
        media=media,
        copies=(NewCopy(shelf.name, location_key),),
    )
    service.parts.manager.catalog.add_recordings([(NewRecording(text="Kick"), [file])])

    assert repaired(service, agreed=True) == []
    assert key in keys_in(service)


def assets(service: AudioLibraryService) -> list[Asset]:
    return list(service.parts.documents.everything())


def remove_notes(service: AudioLibraryService) -> None:
    """Let the storage be as one that an earlier version has used."""
    backend = service.parts.shelf.backend
    for note in backend.notes():
        backend._delete(f".audiotui-notes/{note}", "")
