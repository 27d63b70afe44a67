"""What the desk serves to the pages that embed its counter: the loader, the page in the frame, its files."""
