"""Where a text speaks of: names in a text, and which place and country they settle on."""

from bot.judge.places.gazetteer import Gazetteer
from bot.judge.places.settle import PlaceHit, Settled
from bot.judge.places.tables import Region

__all__ = ["Gazetteer", "PlaceHit", "Region", "Settled"]
