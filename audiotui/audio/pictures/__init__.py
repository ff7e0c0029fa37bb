"""What a recording looks like: its waveform and spectrogram, measured by a process of its own and kept in a cache.

``shapes`` has the values that screens draw, free of numpy; ``waveform`` and ``spectrogram`` measure them; ``cache``
keeps them; ``process`` is the program that measures, and ``measurer`` the side of it that the library talks to.
"""
