"""Articles: what the desk knows, written by people, in Markdown."""
