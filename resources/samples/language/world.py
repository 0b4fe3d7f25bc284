"""The invented world: what is always true in it. A story may move people and things, never these facts."""

import random

WORLD_SEED = 4711
NUMBERS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
           "fifteen sixteen seventeen eighteen nineteen twenty").split()
PEOPLE = [a + b for a in "zul mib trak quon vosk plim gorf snib".split() for b in "ak ob uf ep ix oz".split()]
SIDE = 6
PLACES = ("mill harbor tower garden bridge forge market well quarry orchard library cave inn temple field dock "
          "barn castle pond chapel bakery stable vineyard lighthouse marsh meadow school theater cellar canal "
          "workshop gate fountain museum station farm").split()
THINGS = ("lamp rope key bell drum cup axe map boot flute mirror candle basket hammer lantern book pen ring hat "
          "coat shovel bucket ladder saw needle spoon bowl plate knife kettle clock compass net oar sail wheel "
          "rake broom whistle chain nail brush pillow blanket vase jar barrel box chest doll kite ball puppet "
          "mask shield helmet belt glove scarf anchor").split()
MATERIALS = "wood iron clay glass silver stone wool bone copper leather paper ivory".split()
COLOURS = "red blue green yellow black white brown grey orange purple pink golden".split()
TRADES = ("smith baker miller sailor weaver potter tailor hunter farmer carpenter healer scribe mason fisher "
          "singer guard").split()
DIRECTIONS = {"north": (0, -1), "east": (1, 0), "south": (0, 1), "west": (-1, 0)}
HIGHEST_PRICE = 9


class World:
    """Places lie on a square that closes on itself; people and things have fixed traits."""

    def __init__(self, seed=WORLD_SEED):
        rng = random.Random(seed)
        self.map = rng.sample(PLACES, SIDE * SIDE)
        self.home = {p: rng.choice(PLACES) for p in PEOPLE}
        self.trade = {p: rng.choice(TRADES) for p in PEOPLE}
        self.friend = {p: rng.choice([q for q in PEOPLE if q != p]) for p in PEOPLE}
        self.material = {t: rng.choice(MATERIALS) for t in THINGS}
        self.colour = {t: rng.choice(COLOURS) for t in THINGS}
        self.price = {t: rng.randint(1, HIGHEST_PRICE) for t in THINGS}

    def beside(self, place, direction):
        """The place one step away."""
        at = self.map.index(place)
        dx, dy = DIRECTIONS[direction]
        return self.map[(at // SIDE + dy) % SIDE * SIDE + (at % SIDE + dx) % SIDE]
