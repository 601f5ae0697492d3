"""One file a page; a page only wires records, words and charts together."""
