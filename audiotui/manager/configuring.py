"""The manager's part for the configuration: adding, changing and removing locations in the YAML file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from audiotui.config import load_config
from audiotui.manager.base import Library

if TYPE_CHECKING:
    from audiotui.config.drafts import KindForm, LocationDraft


class Configuring(Library):
    """Changing the configuration; comments and order of the file stay, and it is never left with a mistake.

    What is saved is in effect at once, here; other programs read it when they start.
    """

    def location_kinds(self) -> tuple[KindForm, ...]:
        """What is asked for a location of each kind."""
        from audiotui.config.drafts import kind_forms

        return kind_forms()

    def location_draft(self, name: str) -> LocationDraft:
        """What the file says of a location: references to the environment as they are written, and never a secret.

        Raises:
            ConfigError: the file cannot be read, or has no such location any more.
        """
        from audiotui.config.drafts import read_draft

        return read_draft(self.config.path, name)

    def location_problems(self, draft: LocationDraft, *, is_new: bool) -> dict[str, str]:
        """What is wrong with a draft: a sentence by the option that it is about, ``name`` for the location as a whole.

        Looks at this machine's folders and environment, so it does not belong on a screen's thread.
        """
        from audiotui.config.drafts import draft_problems

        return draft_problems(self.config.path, draft, is_new=is_new)

    def save_location(self, draft: LocationDraft, *, is_new: bool) -> None:
        """Write a location to the file: a new one at the end, or other options of one that is there.

        Raises:
            ConfigError: the draft has a mistake, or the file cannot be changed; nothing was written then.
        """
        from audiotui.config.drafts import save_draft

        save_draft(self.config.path, draft, is_new=is_new)
        self.reload_config()

    def remove_location(self, name: str) -> None:
        """Take a location out of the file. Its files stay where they are, and the catalog remembers its copies.

        A default destination that names it goes with it.

        Raises:
            ConfigError: it is ``local``, or the file cannot be changed; nothing was written then.
        """
        from audiotui.config.drafts import remove_location

        remove_location(self.config.path, name)
        self.reload_config()

    def set_default_destination(self, name: str) -> None:
        """Write where a push goes that names no destination.

        Raises:
            ConfigError: there is no such location, or it is ``local``; nothing was written then.
        """
        from audiotui.config.drafts import set_default

        set_default(self.config.path, name)
        self.reload_config()

    def reload_config(self) -> None:
        """Read the configuration again; locations that are others now are opened anew when they are next used.

        The catalog stays the one that was opened.

        Raises:
            ConfigError: it has mistakes; the one that was read before stays in effect.
        """
        config = load_config(self.config.path)
        with self._lock:
            before, self._config = self._config, replace(config, db_path=self._config.db_path)
            for name in list(self._backends):
                if config.locations.get(name) != before.locations.get(name):
                    self._backends.pop(name).close()
