"""The checks of `guichet doctor`, by what they look at. Each looks at one thing and changes nothing."""
