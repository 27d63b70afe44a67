"""Every state that the widget can show, by name, and the way there from a page that was just opened.

state = STATES["waiting_next"]
async with stage.visit(site=state.site) as visit:
    await state.bring(stage, visit)
"""

from tests.browser.states import conversation as conversation
from tests.browser.states import people as people
from tests.browser.states import wishes as wishes
from tests.browser.states.registry import DESK as DESK
from tests.browser.states.registry import STATES as STATES
from tests.browser.states.registry import State as State
