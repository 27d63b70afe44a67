"""One request from its first word to its rating: days that pass in a minute, on a desk of its own."""

from desk.demo.story.clock import StoryClock
from desk.demo.story.stage import Stage, StoryStuck, environment_of
from desk.demo.story.telling import BEGINS, tell_story

__all__ = ["BEGINS", "Stage", "StoryClock", "StoryStuck", "environment_of", "tell_story"]
