"""The service's part for keeping audio: from a URL, a file, or the speech server's own voice; one or many."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audiotui.audio.probe import probe_open
from audiotui.audio.source import opened
from audiotui.config.library import MOST_PARALLEL
from audiotui.core.catalog import fields
from audiotui.documents.asset import Generation
from audiotui.documents.encoding import UPLOAD_DIGEST
from audiotui.errors import InvalidInput
from audiotui.library import requests
from audiotui.library.batch import ignore_progress, save_all
from audiotui.library.machine import OpenService
from audiotui.library.requests import SaveRequest, checked, identifier
from audiotui.library.uploads import digest_of, shown_name, sound_file, taking
from audiotui.text import briefly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from os import PathLike

    from audiotui.documents.asset import Asset, Version
    from audiotui.errors import AudiotuiError
    from audiotui.library.batch import SaveOutcome, SaveProgress


MAX_NAME = 10_000


class Keeping(OpenService):
    """Saving, generating, transcoding."""

    def save_audio_to_library(
        self,
        *,
        asset_id: str,
        customer_id: str,
        user_id: str,
        audio_url: str,
        text: str = "",
        duration: float | None = None,
        voice: str = "",
        voice_name: str = "",
        language: str = "",
        speed: float = 1.0,
        model: str = "",
        folder: str | None = None,
        tags: Iterable[str] | None = None,
        provider: str = "",
        parameters: Mapping[str, Any] | None = None,
        transcode: str = "",
        loudness: bool = False,
    ) -> dict[str, Any]:
        """Keep the audio at a URL as an asset of a customer; returns its id and where it is stored.

        An equal request (URL, text, generation) a second time returns what is stored, without a download. A request
        that differs is a new version of the asset; the old one is kept. The temporary file is removed afterwards.
        ``folder``, ``tags`` and ``duration`` make no version: an equal request leaves them as they are, and
        ``update_asset`` changes the first two.

        Ids are 1 to 128 letters, digits, '_' and '-'; ``asset_id`` is unique for the customer, and ``user_id`` is who
        of the customer it is for. ``audio_url`` is a path of the speech server, such as ``/temp/x.wav``, or a URL
        that may be fetched. ``duration`` is what the speech server declares, in seconds, and is compared with what is
        measured. ``parameters`` is all else that the speech server was told, a JSON object.

        ``transcode`` also keeps it as ``flac``, ``mp3``, ``opus``, ``aac`` or ``wav``; with ``loudness`` that rendition
        is brought to -16 LUFS, or 20 dB nearer to it.

        Raises:
            InvalidInput: an argument that cannot be taken; nothing was done.
            DownloadFailed, UploadFailed, DatabaseFailed: that step failed; ``retryable`` says whether the same call
                may work later. Either way nothing is half done: what can be finished later, ``resume`` finishes.
            AssetBusy: another process works on this asset for too long.

        Each step has its time: the download ``max_seconds``, the storing ``max_store_seconds`` and the silence of one
        try (60 s), the documents a few time-outs of 10 s; what takes longer is left to ``resume``. A speech server that
        lets nobody in, or answers 5xx, is asked six times, with random pauses of 12 s on average and 25 s at most
        altogether, before the call fails; a smaller ``max_seconds`` ends that sooner, and long downloads with it.
        """
        told = requests.parameters(parameters)
        generation = Generation(text, provider, model, voice, voice_name, language, speed, told)
        url = requests.source_url(audio_url)
        requests.rendition(transcode, loudness=loudness)
        given = (customer_id, identifier("asset_id", asset_id), user_id, generation, url, duration)
        request = _request(*given, folder=folder, tags=tags, transcode=transcode, loudness=loudness)
        machine = self._open()
        machine.parts.speech.check(url)
        return self._kept(machine.saver.save(request), transcode, loudness=loudness)

    def save_file(
        self,
        path: str | PathLike[str],
        *,
        name: str = "",
        customer_id: str,
        user_id: str,
        asset_id: str | None = None,
        folder: str | None = None,
        tags: Iterable[str] | None = None,
        transcode: str = "",
        loudness: bool = False,
        **generation: Any,
    ) -> dict[str, Any]:
        """Keep a file of this machine as an asset; otherwise as ``save_audio_to_library``, and undone by a crash.

        Messages call it ``name``, which may come from anywhere, or by the last part of its path.
        Further arguments are those of a generation: ``text``, ``model``, ``voice`` and so on. The same id with other
        bytes is a new version.

        Raises:
            InvalidInput: there is no such file, or an argument cannot be taken.
            AudioError: it is no sound file; nothing was done.
            SourceChanged: it was written to meanwhile; nothing is left of it.
        """
        requests.rendition(transcode, loudness=loudness)
        source = sound_file(path)
        with opened(source) as descriptor:
            probe_open(descriptor, shown_name(requests.text("name", name, MAX_NAME)) or source.name)
        digest = digest_of(source)
        settings = _generation(generation)
        settings = replace(settings, parameters={**settings.parameters, UPLOAD_DIGEST: digest})
        request = _request(
            customer_id, asset_id, user_id, settings, folder=folder, tags=tags, transcode=transcode, loudness=loudness
        )
        saved = self._open().saver.save(request, taking(source, digest))
        return self._kept(saved, transcode, loudness=loudness)

    def generate(
        self,
        text: str,
        *,
        customer_id: str,
        user_id: str,
        voice: str,
        model: str,
        asset_id: str | None = None,
        response_format: str = "wav",
        reuse: bool = True,
        folder: str | None = None,
        tags: Iterable[str] | None = None,
        transcode: str = "",
        loudness: bool = False,
        **generation: Any,
    ) -> dict[str, Any]:
        """Let the speech server speak a text (OpenAI's ``POST /v1/audio/speech``), and keep the answer as an asset.

        With ``reuse`` an asset of this customer that was generated with exactly the same is returned instead of paying
        for it twice: as it is, so under its own id, in its own folder, with its own tags, whatever the call names. Who
        needs ``asset_id`` to be the one says ``reuse=False``. Where its file is lost, a new asset is generated. Only
        the current versions of assets that are not deleted count, and all versions of the asset that ``asset_id``
        names: what a later version of another one has replaced is spoken, and paid for, again. Further arguments are
        those of ``save_audio_to_library``; the server gets all ``parameters``.

        Raises:
            As ``save_audio_to_library``; a crash undoes it.
        """
        from audiotui.library.generating import speaking, speech_request, with_format

        requests.rendition(transcode, loudness=loudness)
        fields.flag("reuse", reuse)
        requests.text("response_format", response_format)
        settings = _generation({"text": text, "voice": voice, "model": model, **generation})
        request = _request(
            customer_id, asset_id, user_id, settings, folder=folder, tags=tags, transcode=transcode, loudness=loudness
        )
        body = speech_request(request.generation, response_format)
        whole = with_format(request.generation, response_format)
        machine = self._open()
        found = self._generated(customer_id, whole) if reuse else None
        if found is not None and not machine.saver.is_lost(found):
            return self._kept((found, found.current), transcode, loudness=loudness)
        saved = machine.saver.save(replace(request, generation=whole), speaking(machine.parts.speech, body))
        return self._kept(saved, transcode, loudness=loudness)

    def save_many(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        parallel: int | None = None,
        listener: Callable[[SaveProgress], None] = ignore_progress,
        cancel: threading.Event | None = None,
    ) -> list[SaveOutcome]:
        """Keep many assets, several at once; each item has the arguments of ``save_audio_to_library``.

        Every item has its outcome, in order; one that fails takes no other with it. Items of one asset are saved one
        after the other. ``listener`` hears of each from the calling thread. ``cancel`` stops before the next item;
        those that were begun end. An error of ``items`` itself is raised after all that came before it has ended:
        ``listener``, or ``saving_many``, has told of that.
        """
        return list(self.saving_many(items, parallel=parallel, listener=listener, cancel=cancel))

    def saving_many(
        self,
        items: Iterable[Mapping[str, Any] | AudiotuiError],
        *,
        parallel: int | None = None,
        listener: Callable[[SaveProgress], None] = ignore_progress,
        cancel: threading.Event | None = None,
        called: Callable[[int], str] = "Item {}".format,
    ) -> Iterator[SaveOutcome]:
        """``save_many`` as it goes, for batches of any size: outcomes in order, nothing kept in memory.

        An error among the items stands for one that could not be read, and is its outcome.
        ``called`` says what messages call an item by its place, from 0: the line that it stood in, for example.
        """
        return save_all(
            self.save_audio_to_library,
            _items(items),
            parallel=self.parts.options.limits.parallel
            if parallel is None
            else requests.whole("parallel", parallel, 1, MOST_PARALLEL),
            listener=listener,
            cancel=cancel or threading.Event(),
            called=called,
        )

    def find_generated(
        self,
        text: str,
        *,
        customer_id: str,
        voice: str = "",
        model: str = "",
        language: str = "",
        speed: float = 1.0,
        provider: str = "",
        parameters: Mapping[str, Any] | None = None,
    ) -> Asset | None:
        """The newest asset of the customer whose current version was generated with exactly this, else None.

        Earlier versions are not looked at, nor what was deleted. Any format will do, unless ``parameters`` name a
        ``response_format``.
        """
        told = requests.parameters(parameters)
        given = requests.generation(Generation(text, provider, model, voice, "", language, speed, told))
        return self._generated(identifier("customer_id", customer_id), given)

    def transcode_asset(self, asset_id: str, form: str, *, customer_id: str, loudness: bool = False) -> dict[str, Any]:
        """The current version as ``flac``, ``mp3``, ``opus``, ``aac`` or ``wav``; made once, the original stays.

        More than two channels become two. With ``loudness`` as in ``save_audio_to_library``.
        """
        identifier("customer_id", customer_id)
        fields.flag("loudness", loudness)
        renderer = self._open().renderer
        asset, rendition = renderer.render(customer_id, identifier("asset_id", asset_id), form, loudness=loudness)
        return self._answer(asset, rendition.file)

    def _generated(self, customer_id: str, generation: Generation) -> Asset | None:
        from audiotui.library.generating import generated_before

        return generated_before(self.parts.documents, customer_id, generation)

    def _kept(self, saved: tuple[Asset, Version], transcode: str, *, loudness: bool) -> dict[str, Any]:
        asset, version = saved
        if transcode:
            one = (asset.customer_id, asset.asset_id)
            self._open().renderer.render(*one, transcode, loudness=loudness, version=version.number)
        return self._answer(asset, version.file)


def _generation(given: Mapping[str, Any]) -> Generation:
    """A generation from the arguments of a call."""
    known = Generation.__dataclass_fields__.keys()
    if unknown := given.keys() - known:
        raise InvalidInput(f"There is no argument {sorted(unknown)[0]!r}.", f"There are: {', '.join(known)}.")
    return Generation(**{**given, "parameters": requests.parameters(given.get("parameters"))})


def _request(
    customer_id: str,
    asset_id: str | None,
    user_id: str,
    generation: Generation,
    url: str = "",
    duration_s: float | None = None,
    *,
    folder: str | None,
    tags: Iterable[str] | None,
    transcode: str,
    loudness: bool,
) -> SaveRequest:
    """A request in the form in which it is kept; without an asset id it is for a new one."""
    return checked(
        SaveRequest(
            customer_id=customer_id,
            asset_id=requests.new_asset_id() if asset_id is None else asset_id,
            user_id=user_id,
            generation=generation,
            url=url,
            duration_s=duration_s,
            folder=folder,
            tags=None if tags is None else requests.tags(tags),
            transcode=transcode,
            loudness=loudness,
        )
    )


def _items(given: Iterable[Mapping[str, Any] | AudiotuiError]) -> Iterator[Mapping[str, Any] | AudiotuiError]:
    """The items of a batch, if it is one."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise InvalidInput(
            f"Cannot save {briefly(given)}: it is no batch.", "Give a list of items, each with the arguments of a save."
        )
    return iter(given)
