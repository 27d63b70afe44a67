"""What the desk tells people: texts in two languages, mail, outbox."""
