"""Every word that the world and the stories know, in a fixed order; a token id is a word's place in it."""

from story import START
from world import COLOURS, DIRECTIONS, MATERIALS, NUMBERS, PEOPLE, PLACES, THINGS, TRADES

GRAMMAR = (". ? , : the a at to of is has takes gives drops walks goes where who what which how many things does "
           "do live work as friend made colour cost costs coins more or and neither nobody together plus minus "
           "count from yes no").split()
WORDS = [START, *GRAMMAR, *NUMBERS, *DIRECTIONS, *PEOPLE, *PLACES, *THINGS, *MATERIALS, *COLOURS, *TRADES]
IDS = {word: i for i, word in enumerate(WORDS)}
assert len(IDS) == len(WORDS)
