"""What the desk does: conversations, tickets and the effects that must happen once."""
