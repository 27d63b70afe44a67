"""What the widget weighs, how soon it answers, and what an open one costs the desk."""
