"""The SSH file transfer protocol, version 3, over any stream of bytes: packets, the wire, steps, whole files.

From the bottom up: ``packets`` turns requests into bytes and replies into values, ``wire`` keeps many requests under
way and runs the coroutines that wait for them, ``session`` is one greeted server with what it can do, ``folders`` and
``files`` are the steps that a backend needs, ``bulk`` moves the items of a feed. Nothing here knows SSH, keys or hosts.
"""
