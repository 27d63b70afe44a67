"""What people asked, what was found, and what they said about it: for those who keep the articles."""
