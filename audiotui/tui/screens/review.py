"""Going through recordings by ear: each one plays by itself, and one key judges it and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Static

from audiotui.text import format_count, safe_text
from audiotui.tui.keys import ACT, APP, MOVE, PLAY
from audiotui.tui.listening import Heard
from audiotui.tui.screens.changing import Changing
from audiotui.tui.screens.playing import Playing
from audiotui.tui.widgets.sound_pane import SoundPane
from audiotui.tui.widgets.status_line import StatusLine
from audiotui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from audiotui.model import Recording

KEEP, REJECT = "keep", "reject"

TEXT_SHOWN = 20_000
"""Characters of a text that are shown."""

HINTS = (
    ("review.keep", ""),
    ("review.reject", ""),
    ("review.next", ""),
    ("review.previous", ""),
    ("play.toggle", ""),
    ("play.back", ""),
    ("review.rate", "to 5: rate"),
    ("lib.edit", "fix"),
    ("lib.tag", ""),
    ("lib.undo", ""),
    ("review.automatic", ""),
    ("app.help", ""),
    ("review.leave", ""),
)


class ReviewScreen(Playing, Changing):
    """One recording after the other, big; ends where it was begun."""

    mode = "library"
    AUTO_FOCUS = "TextPane"

    DEFAULT_CSS = """
    ReviewScreen #which { height: 1; padding: 0 1; color: $text-primary; text-style: bold; }
    ReviewScreen #who { height: 1; padding: 0 1; color: $text-muted; }
    ReviewScreen SoundPane { height: 2fr; min-height: 4; max-height: 14; }
    ReviewScreen TextPane { height: 3fr; padding: 0 1; border-top: solid $panel; }
    ReviewScreen.-low TextPane { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority: the text would take it for a line up.
        Binding(
            "k",
            f"judge('{KEEP}')",
            "keep",
            id="review.keep",
            tooltip="Keep it, and go on",
            group=ACT,
            priority=True,
        ),
        Binding("x", f"judge('{REJECT}')", "reject", id="review.reject", tooltip="Reject it, and go on", group=ACT),
        Binding("n,right", "step(1)", "next", id="review.next", tooltip="Next recording", group=MOVE),
        Binding("N,left", "step(-1)", "before", id="review.previous", tooltip="Recording before", group=MOVE),
        *(
            Binding(
                str(stars),
                f"rate({stars})",
                str(stars),
                id="review.rate" if stars == 1 else f"review.rate{stars}",
                tooltip=f"Rate it {stars}, 0 for no rating" if stars == 1 else f"Rate it {stars}",
                group=ACT,
            )
            for stars in range(6)
        ),
        Binding("space", "play", "play", id="review.play", tooltip="Play, or pause", group=PLAY),
        Binding("o", "automatic", "by itself", id="review.automatic", tooltip="Go on by itself, or wait", group=PLAY),
        Binding("escape,q", "leave", "end", id="review.leave", tooltip="End the review", group=APP),
    ]

    def __init__(self, row_ids: Sequence[int]) -> None:
        super().__init__()
        self._all_ids = tuple(row_ids)
        self._put_away: set[int] = set()
        self._row_ids = list(row_ids)  # less what was put away
        self._index = 0
        self._recording: Recording | None = None
        self._is_automatic = True
        self._is_new = True  # another look at the current one must not forget that it should begin to play
        self._judged: set[int] = set()

    def body(self) -> Iterable[Widget]:
        """Which one, who, how it sounds, what it says."""
        app = self.audiotui
        self._which = Static("", id="which", markup=False)
        self._who = Static("", id="who", markup=False)
        self._sound = SoundPane(lambda: app.manager, lambda: app.listening)
        self._text = TextPane()
        self._status = StatusLine()
        yield from (self._which, self._who, self._sound, self._text, self._status)

    def on_mount(self) -> None:
        """Begin with the first one."""
        self._show()

    def hints(self) -> Sequence[tuple[str, str]]:
        """The keys of a review."""
        return HINTS

    def current_recording(self) -> Recording | None:
        """The one that is reviewed."""
        return self._recording

    def current_uid(self) -> str | None:
        """Its id."""
        return self._recording.uid if self._recording is not None else None

    async def subject(self) -> Sequence[int]:
        """Acts are about this one alone."""
        return [self._recording.id] if self._recording is not None else []

    def gone(self, row_ids: Sequence[int]) -> None:
        """It was put away: the next one takes its place."""
        self._put_away.update(row_ids)
        self._row_ids = [one for one in self._row_ids if one not in self._put_away]
        self._index = min(self._index, max(0, len(self._row_ids) - 1))
        if self._row_ids:
            self._is_new = True
            self._show()
        else:
            self.action_leave()

    def show_busy(self, words: str) -> None:
        """What takes long, in the status line."""
        self._tell(words)

    def catalog_moved(self) -> None:
        """Somebody may have changed this one, or taken others out of the trash."""
        self._follow()

    @on(Heard)
    def _played_to_its_end(self, message: Heard) -> None:
        listening = self.audiotui.listening
        is_this = listening.take is not None and listening.take.sound.uid == self.current_uid()
        if message.playback.has_ended and self._is_automatic and is_this and self._index + 1 < len(self._row_ids):
            self.action_step(1)

    def action_step(self, by: int) -> None:
        """To another recording; beyond the last there is none."""
        index = self._index + by
        if not 0 <= index < len(self._row_ids):
            self.audiotui.listening.pause()
            self._tell("this is the last one; esc ends the review" if by > 0 else "this is the first one")
            return
        self._index = index
        self._is_new = True
        self._show()

    @work(group="judge")
    async def action_judge(self, verdict: str) -> None:
        """Note the verdict, and go on; the same key again takes it back."""
        recording = self._recording
        if recording is None:
            return
        new = "" if recording.verdict == verdict else verdict
        if await self.done(lambda: self.audiotui.manager.edit_recording(recording.uid, verdict=new), ""):
            if new:
                self._judged.add(recording.id)
                self.action_step(1)
            else:
                self._judged.discard(recording.id)
            if recording is self._recording:
                self._show()

    @work(group="judge")
    async def action_rate(self, stars: int) -> None:
        """Note a rating; 0 takes it away."""
        recording = self._recording
        if recording is not None:
            rating = stars or None
            await self.done(lambda: self.audiotui.manager.edit_recording(recording.uid, rating=rating), "")
            self._show()

    def action_automatic(self) -> None:
        """Whether the next one starts by itself."""
        self._is_automatic = not self._is_automatic
        self._tell("")

    def action_leave(self) -> None:
        """Be silent, and go back to the list."""
        self.audiotui.listening.pause()
        self.app.pop_screen()

    @work(group="follow", exclusive=True)
    async def _follow(self) -> None:
        """Show this one again, or what came back from the trash, at its old place."""
        came_back = await self._came_back()
        if came_back:
            self._put_away -= came_back
            self._row_ids = [one for one in self._all_ids if one not in self._put_away]
            self._index = min(self._row_ids.index(one) for one in came_back)
            self._is_new = True
        self._show()

    async def _came_back(self) -> set[int]:
        found: set[int] = set()

        def look() -> None:
            with self.audiotui.manager.open_searcher() as searcher:
                found.update(searcher.living(self._put_away))

        if self._put_away:
            await self.done(look, "")
        return found & self._put_away

    @work(group="review", exclusive=True)
    async def _show(self) -> None:
        if not self._row_ids:  # all of them were put away, and the screen is about to go
            return
        recordings = await self.read([self._row_ids[self._index]])
        if recordings and recordings[0].deleted_at is not None and len(self._row_ids) > 1:
            self.gone([recordings[0].id])
            return
        self._recording = recordings[0] if recordings else None
        self._sound.show(self._recording)
        if self._recording is None:
            self._tell("it is not in the library any more; n goes on")
            return
        self._describe(self._recording)
        self._tell("")
        if self._is_new:
            self._is_new = False
            if not self.audiotui.listening.why_silent:
                self.play(self._recording, asked=False)

    def _describe(self, recording: Recording) -> None:
        count = f"{format_count(self._index + 1)} of {format_count(len(self._row_ids))}"
        self._which.update(f"{count}   {safe_text(recording.label, limit=300)}", layout=False)
        identity = recording.ai_identity or recording.user_identity
        who = safe_text(identity.label, limit=80) if identity is not None else ""
        tags = " ".join(f"#{safe_text(tag, limit=60)}" for tag in recording.tags)
        stars = "★" * (recording.rating or 0)
        verdict = {KEEP: "✓ keep", REJECT: "✗ reject"}.get(recording.verdict, safe_text(recording.verdict, limit=40))
        self._who.update("   ".join(filter(None, (who, verdict, stars, tags))) or "not judged yet", layout=False)
        text = safe_text(recording.text, one_line=False, limit=TEXT_SHOWN)
        self._text.show_parts([(text or "(no text)", "" if text else "dim")])

    def _tell(self, words: str) -> None:
        automatic = "goes on by itself" if self._is_automatic else "waits after each"
        self._status.show((words, "$text-accent"), (f"{format_count(len(self._judged))} judged, {automatic}", "dim"))
