"""Listening: a player that runs as a process of its own, because sound libraries print where a screen is drawn.

``playback`` has the values and errors, ``client`` talks to the process, ``choice`` finds one (mpv, else ours), and
``builtin`` is our own program, which answers the same few commands as mpv does.
"""
