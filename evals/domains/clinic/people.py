"""Who brings their animals: owners, some with a first or a family name in common, a shelter and a stable."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owner:
    """A customer; `pets` are name, species and breed; `visits` are how many appointments they make in all."""

    id: str
    name: str
    branch: str
    contact: str
    pets: tuple[tuple[str, str, str], ...]
    visits: int


def _owner(id_: int, name: str, branch: str, contact: str, visits: int, *pets: tuple[str, str, str]) -> Owner:
    return Owner(f"ownr_{id_:04}", name, branch, contact, pets, visits)


OWNERS = (
    _owner(117, "Nora Whitfield", "Boulder", "email", 9, ("Biscuit", "dog", "Beagle")),
    _owner(131, "Nora Castellanos", "Arvada", "text", 5, ("Pepita", "cat", "Siamese")),
    _owner(148, "Desmond Achebe", "Lakewood", "phone", 8, ("Moose", "dog", "Great Dane")),
    _owner(152, "Ifeoma Achebe", "Lakewood", "text", 4, ("Tofu", "rabbit", "Mini Lop")),
    _owner(169, "Graham Pell", "Boulder", "email", 3, ("Sir Hiss", "snake", "Ball python")),
    _owner(174, "Harriet Pell", "Boulder", "email", 7, ("Marmalade", "cat", "Maine Coon"), ("Fig", "cat", "Tabby")),
    _owner(188, "Yuki Tanabe", "Arvada", "text", 6, ("Mochi", "dog", "Shiba Inu")),
    _owner(203, "Caleb Ostrander", "Arvada", "phone", 10, ("Ranger", "dog", "Labrador"), ("Dolly", "dog", "Labrador")),
    _owner(219, "Caleb Nakamura", "Boulder", "text", 2, ("Zuzu", "cat", "Burmese")),
    _owner(226, "Priya Raghavan", "Lakewood", "email", 6, ("Chutney", "cat", "Bengal")),
    _owner(234, "Arjun Raghavan", "Lakewood", "email", 3, ("Poppadom", "dog", "Corgi")),
    _owner(241, "Lucille Brandvold", "Boulder", "phone", 8, ("Otto", "dog", "Dachshund")),
    _owner(257, "Mateo Echeverria", "Arvada", "text", 5, ("Churro", "dog", "Chihuahua")),
    _owner(262, "Siobhan Delaney", "Boulder", "email", 7, ("Guinness", "dog", "Irish Setter")),
    _owner(275, "Trevor Lindgren", "Lakewood", "phone", 4, ("Saga", "cat", "Norwegian Forest")),
    _owner(283, "Bettina Lindgren", "Lakewood", "email", 5, ("Knox", "dog", "Rottweiler")),
    _owner(290, "Omar Haddadi", "Arvada", "email", 6, ("Saffron", "cat", "Persian")),
    _owner(304, "Wanda Kowalczyk", "Boulder", "phone", 9, ("Pierogi", "dog", "Pug"), ("Kluska", "cat", "Sphynx")),
    _owner(318, "Felix Abernathy", "Arvada", "text", 2, ("Clementine", "rabbit", "Holland Lop")),
    _owner(325, "Rosalind Abernathy", "Arvada", "email", 5, ("Hamlet", "dog", "Boxer")),
    _owner(339, "Jerome Toussaint", "Lakewood", "text", 6, ("Bayou", "dog", "Catahoula")),
    _owner(346, "Ana Lucia Fonseca", "Boulder", "text", 4, ("Caju", "parrot", "African Grey")),
    _owner(351, "Dmitri Volkonsky", "Lakewood", "phone", 7, ("Laika", "dog", "Samoyed")),
    _owner(368, "Meredith Vance", "Arvada", "email", 1, ("Pickle", "cat", "Tabby")),
    _owner(377, "Roland Vance", "Arvada", "phone", 4, ("Truffle", "dog", "Poodle")),
    _owner(382, "Hyun-woo Bae", "Boulder", "text", 5, ("Kimchi", "dog", "Jindo")),
    _owner(395, "Tallulah Greer", "Lakewood", "text", 8, ("Banjo", "dog", "Bluetick"), ("Fiddle", "cat", "Calico")),
    _owner(401, "Ignatius Mbeki", "Boulder", "email", 3, ("Duchess", "cat", "Ragdoll")),
    _owner(416, "Corinne Lavoie", "Arvada", "email", 6, ("Poutine", "dog", "Newfoundland")),
    _owner(423, "Ezra Silberman", "Boulder", "phone", 5, ("Latke", "dog", "Cavalier")),
    _owner(438, "Miriam Silberman", "Boulder", "text", 2, ("Tzimmes", "parrot", "Cockatiel")),
    _owner(444, "Axel Thorsen", "Lakewood", "email", 6, ("Freya", "dog", "Husky")),
    _owner(459, "Beatriz Quintanilla", "Arvada", "phone", 4, ("Canela", "dog", "Vizsla")),
    _owner(467, "Gideon Marsh", "Lakewood", "text", 0, ("Pebble", "rabbit", "Rex")),
    _owner(473, "Opal Sutherland", "Boulder", "email", 7, ("Haggis", "dog", "Scottie")),
    _owner(480, "Vikram Desai", "Lakewood", "email", 0, ("Jalebi", "cat", "Tabby")),
    _owner(492, "Lorelei Hutchins", "Arvada", "text", 5, ("Waffles", "dog", "Goldendoodle")),
    _owner(508, "Percival Nightingale", "Boulder", "phone", 4, ("Echo", "parrot", "Macaw")),
    _owner(811, "Pawhaven Shelter", "Lakewood", "email", 12, ("Bruno", "dog", "Mixed"), ("Shadow", "cat", "Mixed")),
    _owner(826, "Brackenridge Stables", "Arvada", "phone", 8, ("Comet", "horse", "Quarter Horse")),
)
