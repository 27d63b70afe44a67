"""What the desk needs before it starts: made once, then left alone while nothing it depends on changes."""
