"""Who uses the libraries: members, some with a first or a family name in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Member:
    """A customer; `loans` are how many items they borrow in all, `late` is the share that they bring back late."""

    id: str
    name: str
    kind: str
    library: str
    suburb: str
    loans: int
    late: float


def _member(number: int, name: str, kind: str, library: str, suburb: str, loans: int, late: float = 0.25) -> Member:
    return Member(f"card-{number}", name, kind, library, suburb, loans, late)


MEMBERS = (
    _member(70013, "Aroha Ngata", "adult", "Harbourside", "Eastmere", 12),
    _member(70021, "Wiremu Ngata", "senior", "Harbourside", "Eastmere", 8, 0.1),
    _member(70034, "Fergus Macrae", "adult", "Hilltop", "Stonyvale", 10, 0.5),
    _member(70042, "Isla Macrae", "child", "Hilltop", "Stonyvale", 9),
    _member(70056, "Sione Fonoti", "student", "Kauri Road", "Redcliff", 7, 0.6),
    _member(70063, "Lavinia Fonoti", "adult", "Kauri Road", "Redcliff", 5),
    _member(70078, "Hemi Parata", "adult", "Te Puna", "Longbeach", 11),
    _member(70085, "Hemi Takarangi", "student", "Kauri Road", "Redcliff", 4, 0.5),
    _member(70092, "Gwendolyn Thirkettle", "senior", "Hilltop", "Stonyvale", 14, 0.05),
    _member(70104, "Rajesh Pillai", "adult", "Harbourside", "Quayside", 8),
    _member(70118, "Meera Pillai", "child", "Harbourside", "Quayside", 10, 0.3),
    _member(70125, "Orla Hennessy", "adult", "Te Puna", "Longbeach", 6),
    _member(70139, "Tavita Leota", "adult", "Kauri Road", "Redcliff", 9, 0.4),
    _member(70146, "Beatrix Holloway", "senior", "Te Puna", "Longbeach", 13, 0.1),
    _member(70151, "Jasper Holloway", "child", "Te Puna", "Longbeach", 6),
    _member(70167, "Mei-Lin Zhou", "student", "Harbourside", "Quayside", 8),
    _member(70172, "Callum Urquhart", "adult", "Hilltop", "Stonyvale", 3),
    _member(70188, "Ngaire Rawiri", "senior", "Kauri Road", "Redcliff", 10, 0.15),
    _member(70193, "Dorothea Vickers", "senior", "Harbourside", "Eastmere", 7),
    _member(70206, "Linus Vickers", "adult", "Harbourside", "Eastmere", 4, 0.6),
    _member(70214, "Salote Havili", "adult", "Te Puna", "Longbeach", 5),
    _member(70229, "Emeka Obi", "student", "Hilltop", "Stonyvale", 6, 0.4),
    _member(70237, "Philippa Sturrock", "adult", "Kauri Road", "Quayside", 9),
    _member(70241, "Barnaby Sturrock", "child", "Kauri Road", "Quayside", 7, 0.4),
    _member(70258, "Anahera Kingi", "adult", "Te Puna", "Longbeach", 8),
    _member(70263, "Zoltan Farkas", "adult", "Harbourside", "Quayside", 5, 0.5),
    _member(70279, "Winifred Astley", "senior", "Hilltop", "Stonyvale", 11, 0.1),
    _member(70284, "Keanu Mahuika", "student", "Te Puna", "Longbeach", 4),
    _member(70297, "Yasmin Daher", "adult", "Kauri Road", "Redcliff", 6),
    _member(70302, "Tobias Lindauer", "adult", "Harbourside", "Eastmere", 7),
    _member(70316, "Marama Tuhoro", "child", "Te Puna", "Longbeach", 8, 0.3),
    _member(70325, "Colin Peverell", "senior", "Hilltop", "Stonyvale", 2),
    _member(70331, "Saoirse Byrne", "student", "Harbourside", "Quayside", 5),
    _member(70348, "Ioane Tuala", "adult", "Kauri Road", "Redcliff", 3),
    _member(70352, "Hinemoa Paki", "adult", "Te Puna", "Longbeach", 0),
    _member(70369, "Rupert Gathercole", "senior", "Hilltop", "Stonyvale", 0),
    _member(70374, "Adaeze Nwosu", "adult", "Harbourside", "Quayside", 6),
    _member(70388, "Petra Kovalenko", "student", "Kauri Road", "Redcliff", 5, 0.4),
)
