"""The client of a speech-generation server: takes its files, asks it to speak, removes its temporary files.

Knows HTTP and what may be trusted in it; knows no audio, no storage and no catalog. httpx is loaded by the first call.
"""
