"""Who people are: requesters, the sites they come from, visitors' sessions."""
