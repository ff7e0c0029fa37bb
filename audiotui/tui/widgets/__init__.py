"""Widgets: they know rows, texts and keys, nothing of storage; a screen hands them what they show."""
