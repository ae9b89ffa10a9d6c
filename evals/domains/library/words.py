"""What the libraries lend, show and put on, and what members write."""

from __future__ import annotations

#: Titles with author, kind of item and genre.
TITLES = {
    "The Salt Cartographer": ("R. Elphick", "book", "fiction"),
    "Nine Winters North": ("R. Elphick", "book", "fiction"),
    "Ferns of the Southern Bush": ("T. Wairau", "book", "nature"),
    "The Tin Whistle Murders": ("P. Abascal", "book", "crime"),
    "Murder at Low Tide": ("P. Abascal", "book", "crime"),
    "A Clockmaker's Ledger": ("J. Oyelaran", "book", "history"),
    "Pipi and the Moon Kite": ("H. Moana", "picture book", "children"),
    "Grandad's Loud Shed": ("H. Moana", "picture book", "children"),
    "Bread Without Fear": ("C. Dufrain", "book", "cookery"),
    "Sourdough Sundays": ("C. Dufrain", "DVD", "cookery"),
    "The Long Paddock": ("K. Strand", "DVD", "drama"),
    "Harbour Lights": ("K. Strand", "DVD", "drama"),
    "Beekeeping Quarterly": ("various", "magazine", "nature"),
    "Yacht and Tide": ("various", "magazine", "sport"),
}
STREAMS = {
    "Whispering Kauri": ("audiobook", 540),
    "The Lighthouse Ledger": ("audiobook", 410),
    "Learn Te Reo in a Year": ("course", 900),
    "Kiwi Short Films": ("film", 95),
    "Sketching for the Shy": ("course", 300),
    "Rugby's Quiet Men": ("film", 110),
}
PROGRAMMES = {
    "Toddler Rhyme Time": "children",
    "Seed Swap": "garden",
    "Code Club": "technology",
    "Crime Writers' Evening": "books",
    "Family History Clinic": "history",
    "Repair Cafe": "craft",
}
LIBRARIES = ("Harbourside", "Hilltop", "Kauri Road", "Te Puna")
WISHES = (
    "More large print on the lower shelves, please.",
    "Could the book bus stop by the school again?",
    "A water fountain near the study desks would be grand.",
    "Please buy the third volume of the lighthouse trilogy.",
    "Open on Sunday evenings in exam season.",
)
WHYS = {"lost item": 28.0, "damaged item": 12.5}
DEVICES = ("phone", "tablet", "library kiosk")
