"""Stories told in the world: events that change who is where and has what, and questions with one right answer.

A sentence is a list of words. A question also says at which word its answer stands, so that the
words before it can be given to a model and the answer checked.
"""

from dataclasses import dataclass

from world import DIRECTIONS, NUMBERS, PEOPLE, PLACES, THINGS

START = "<s>"


@dataclass
class Sentence:
    words: list
    kind: str = "event"
    answer: int = -1  # index of the answering word; -1 where nothing is asked


def tell(text, kind="event"):
    """Words of `text`; the one written [so] is the answer."""
    words = text.split()
    answer = next((i for i, w in enumerate(words) if w.startswith("[")), -1)
    return Sentence([w.strip("[]") for w in words], kind, answer)


class Story:
    def __init__(self, world, rng):
        self.world, self.rng = world, rng
        self.cast = rng.sample(PEOPLE, rng.randint(2, 4))
        self.things = rng.sample(THINGS, 6)
        self.place = {p: rng.choice(PLACES) for p in self.cast}
        self.holder = {}  # thing: person
        self.lying = {}   # thing: place

    def opening(self):
        return [tell(f"{p} is at the {self.place[p]} .") for p in self.cast] + [self.take() for _ in range(2)]

    def next(self):
        roll = self.rng.random()
        if roll < 0.42:
            return self.rng.choice([self.walk, self.go, self.take, self.give, self.drop])()
        if roll < 0.70:
            return self.rng.choice([self.whereabouts, self.whereabouts, self.owner, self.count, self.thing_place,
                                    self.presence])()
        return self.rng.choice([self.neighbour, self.trait, self.trait, self.person, self.person, self.dearer,
                                self.sum, self.difference, self.together, self.count_up])()

    # Events.

    def walk(self):
        person, direction = self.rng.choice(self.cast), self.rng.choice(list(DIRECTIONS))
        self.place[person] = self.world.beside(self.place[person], direction)
        if self.rng.random() < 0.5:
            return tell(f"{person} walks {direction} .")
        return tell(f"{person} walks {direction} to the [{self.place[person]}] .", "step")

    def go(self):
        person = self.rng.choice(self.cast)
        self.place[person] = self.rng.choice(PLACES)
        return tell(f"{person} goes to the {self.place[person]} .")

    def take(self):
        free = [t for t in self.things if t not in self.holder]
        if not free:
            return self.give()
        person, thing = self.rng.choice(self.cast), self.rng.choice(free)
        self.holder[thing] = person
        self.lying.pop(thing, None)
        return tell(f"{person} takes the {thing} .")

    def give(self):
        if not self.holder:
            return self.take()
        thing = self.rng.choice(list(self.holder))
        giver = self.holder[thing]
        self.holder[thing] = self.rng.choice([p for p in self.cast if p != giver])
        return tell(f"{giver} gives the {thing} to {self.holder[thing]} .")

    def drop(self):
        if not self.holder:
            return self.take()
        thing = self.rng.choice(list(self.holder))
        person = self.holder.pop(thing)
        self.lying[thing] = self.place[person]
        return tell(f"{person} drops the {thing} .")

    # Questions about the story so far.

    def whereabouts(self):
        person = self.rng.choice(self.cast)
        return tell(f"where is {person} ? at the [{self.place[person]}] .", "where")

    def presence(self):
        person = self.rng.choice(self.cast)
        truth = self.rng.random() < 0.5
        others = [self.place[p] for p in self.cast if self.place[p] != self.place[person]]
        place = self.place[person] if truth or not others else self.rng.choice(others)
        return tell(f"is {person} at the {place} ? [{'yes' if place == self.place[person] else 'no'}] .", "presence")

    def owner(self):
        known = list(self.holder) + list(self.lying)
        if not known:
            return self.take()
        thing = self.rng.choice(known)
        return tell(f"who has the {thing} ? [{self.holder.get(thing, 'nobody')}] .", "owner")

    def count(self):
        person = self.rng.choice(self.cast)
        return tell(f"how many things has {person} ? [{NUMBERS[list(self.holder.values()).count(person)]}] .", "count")

    def thing_place(self):
        known = list(self.holder) + list(self.lying)
        if not known:
            return self.take()
        thing = self.rng.choice(known)
        place = self.place[self.holder[thing]] if thing in self.holder else self.lying[thing]
        return tell(f"where is the {thing} ? at the [{place}] .", "thing place")

    # Questions about the world.

    def neighbour(self):
        place, direction = self.rng.choice(PLACES), self.rng.choice(list(DIRECTIONS))
        return tell(f"what is {direction} of the {place} ? the [{self.world.beside(place, direction)}] .", "neighbour")

    def trait(self):
        thing, w = self.rng.choice(THINGS), self.world
        return self.rng.choice([
            tell(f"what is the {thing} made of ? [{w.material[thing]}] .", "material"),
            tell(f"which colour has the {thing} ? [{w.colour[thing]}] .", "colour"),
            tell(f"what does the {thing} cost ? [{NUMBERS[w.price[thing]]}] coins .", "price")])

    def person(self):
        person, w = self.rng.choice(PEOPLE), self.world
        return self.rng.choice([
            tell(f"where does {person} live ? at the [{w.home[person]}] .", "home"),
            tell(f"what does {person} work as ? a [{w.trade[person]}] .", "trade"),
            tell(f"who is the friend of {person} ? [{w.friend[person]}] .", "friend")])

    def dearer(self):
        a, b = self.rng.sample(THINGS, 2)
        price = self.world.price
        if price[a] == price[b]:
            return tell(f"which costs more , the {a} or the {b} ? [neither] .", "dearer")
        return tell(f"which costs more , the {a} or the {b} ? the [{a if price[a] > price[b] else b}] .", "dearer")

    # Arithmetic.

    def sum(self):
        a, b = self.rng.randint(0, 10), self.rng.randint(0, 10)
        return tell(f"what is {NUMBERS[a]} plus {NUMBERS[b]} ? [{NUMBERS[a + b]}] .", "sum")

    def difference(self):
        b, rest = self.rng.randint(0, 10), self.rng.randint(0, 10)
        return tell(f"what is {NUMBERS[b + rest]} minus {NUMBERS[b]} ? [{NUMBERS[rest]}] .", "difference")

    def together(self):
        a, b = self.rng.sample(THINGS, 2)
        price = self.world.price
        return tell(f"what do the {a} and the {b} cost together ? [{NUMBERS[price[a] + price[b]]}] coins .", "together")

    def count_up(self):
        start = self.rng.randint(0, 16)
        stop = start + self.rng.randint(1, 4)
        run = " ".join(NUMBERS[start:stop])
        return tell(f"count from {NUMBERS[start]} to {NUMBERS[stop]} : {run} [{NUMBERS[stop]}] .", "count up")


def sentences(world, rng, length):
    """Sentences of one story, at least `length` words of them after the start word."""
    story = Story(world, rng)
    told = story.opening()
    while sum(len(s.words) for s in told) < length:
        told.append(story.next())
    return told
