"""Getting to a host by SSH: who and where it is, its key, our key, and streams of bytes to programs that run there.

Two ways: a client inside this program (``inside``, by paramiko) and the user's own ssh program (``program``). The file
protocol over the streams is in ``backends.sftp``.
"""
