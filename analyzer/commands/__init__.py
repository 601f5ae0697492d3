"""The commands of ``rubor``, a file for each kind: thin words around the rooms below."""
