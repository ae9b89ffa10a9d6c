"""Who travels: passengers and companies of several countries, some with a first or a family name in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passenger:
    """A customer; `reservations` are how many they make in all, `boards` is the share of them that they sail."""

    id: str
    name: str
    language: str
    home_port: str
    account: str
    reservations: int
    boards: float


def _person(id_: str, name: str, language: str, home_port: str, reservations: int, boards: float = 0.85) -> Passenger:
    return Passenger(id_, name, language, home_port, "private", reservations, boards)


def _company(id_: str, name: str, language: str, home_port: str, reservations: int, boards: float = 0.9) -> Passenger:
    return Passenger(id_, name, language, home_port, "company", reservations, boards)


PASSENGERS = (
    _person("NB:0412:Q", "Aino Virtanen", "Finnish", "Helsinki", 14),
    _person("NB:0433:C", "Pekka Virtanen", "Finnish", "Turku", 7),
    _person("NB:0519:M", "Jonas Lindqvist", "Swedish", "Stockholm", 11),
    _person("NB:0520:D", "Jonas Kallio", "Finnish", "Helsinki", 6, 0.5),
    _person("NB:0604:T", "Maja Lindqvist", "Swedish", "Stockholm", 5),
    _person("NB:0677:A", "Anna Saarinen", "Finnish", "Turku", 9),
    _person("NB:0678:F", "Anna Kask", "Estonian", "Tallinn", 8),
    _person("NB:0702:H", "Anna Björk", "Swedish", "Stockholm", 4, 0.4),
    _person("NB:0731:V", "Tõnu Kask", "Estonian", "Tallinn", 10),
    _person("NB:0755:J", "Marju Õunapuu", "Estonian", "Tallinn", 6),
    _person("NB:0801:R", "Liina Tamm", "Estonian", "Tallinn", 12, 0.7),
    _person("NB:0814:B", "Rasmus Tamm", "Estonian", "Tallinn", 3, 0.0),
    _person("NB:0867:G", "Heikki Korhonen", "Finnish", "Helsinki", 8),
    _person("NB:0868:N", "Sanna Korhonen", "Finnish", "Helsinki", 9, 0.6),
    _person("NB:0903:Y", "Eero Mäkelä", "Finnish", "Turku", 5),
    _person("NB:0944:K", "Ilona Petrauskaitė", "Lithuanian", "Riga", 4),
    _person("NB:0951:W", "Jānis Ozoliņš", "Latvian", "Riga", 9),
    _person("NB:0977:P", "Zane Liepiņa", "Latvian", "Riga", 6),
    _person("NB:1012:L", "Karl-Johan Nyström", "Swedish", "Stockholm", 7),
    _person("NB:1033:S", "Freja Holm", "Danish", "Stockholm", 3),
    _person("NB:1049:E", "Søren Dahlgaard", "Danish", "Stockholm", 2, 0.0),
    _person("NB:1088:U", "Gudrun Steffens", "German", "Helsinki", 5),
    _person("NB:1102:X", "Matthias Brandl", "German", "Stockholm", 6, 0.6),
    _person("NB:1130:Z", "Ottilie Brandl", "German", "Stockholm", 4),
    _person("NB:1166:A", "Kacper Wilk", "Polish", "Riga", 5),
    _person("NB:1190:O", "Agnieszka Zalewska", "Polish", "Stockholm", 8),
    _person("NB:1204:I", "Ceri Pritchard", "English", "Helsinki", 3),
    _person("NB:1237:Q", "Niamh Gallagher", "English", "Tallinn", 4),
    _person("NB:1251:T", "Olli Rantanen", "Finnish", "Helsinki", 10),
    _person("NB:1270:M", "Päivi Rantanen", "Finnish", "Turku", 2, 0.0),
    _person("NB:1306:D", "Viktor Sandell", "Swedish", "Turku", 7),
    _person("NB:1318:F", "Elsa Sandell", "Swedish", "Turku", 1, 0.0),
    _person("NB:1344:H", "Toomas Raud", "Estonian", "Tallinn", 6),
    _person("NB:1372:B", "Kristiina Raud", "Estonian", "Tallinn", 0),
    _person("NB:1390:R", "Mikael Öberg", "Swedish", "Stockholm", 8),
    _company("NB:7001:C", "Nordlund Logistik AB", "Swedish", "Stockholm", 15),
    _company("NB:7004:C", "Saare Fish OÜ", "Estonian", "Tallinn", 11),
    _company("NB:7009:C", "Karhu Coaches Oy", "Finnish", "Helsinki", 13),
    _company("NB:7013:C", "Daugava Brass Band", "Latvian", "Riga", 2),
    _company("NB:7020:C", "Lindqvist & Söner AB", "Swedish", "Stockholm", 6),
)
