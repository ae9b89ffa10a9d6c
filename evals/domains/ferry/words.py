"""What is for sale on the ferries, and what passengers write."""

from __future__ import annotations

#: Routes with their ports, ship and nights.
ROUTES = {
    "Helsinki-Stockholm": ("MS Aurelia", 1),
    "Helsinki-Tallinn": ("MS Kuu", 1),
    "Turku-Stockholm": ("MS Saga Bay", 1),
    "Stockholm-Riga": ("MS Daina", 2),
}
#: Cabin types with deck, and fare of a night for two.
CABINS = {
    "Inside": (5, 79.0),
    "Seaside": (6, 109.5),
    "Deluxe": (8, 164.0),
    "Suite": (9, 248.5),
    "Commodore": (10, 319.0),
}
VEHICLES = {"car": 42.0, "camper": 88.0, "van": 64.5, "bicycle": 9.0}
MEALS = {"Breakfast buffet": 14.5, "Archipelago dinner": 46.0, "Captain's table": 72.0, "Kids' menu": 9.5}
TIERS = ("Blue", "Silver", "Gold")
REASONS = ("illness", "changed plans", "cheaper flight", "strike at the port", "visa refused")
ISSUES = ("Archipelago in bloom", "Crayfish nights", "Northern lights cruises", "Family weeks", "Spring sailings")
COMPLAINTS = {
    "Noise": (
        "The karaoke bar above us went on until three in the morning.",
        "Engine hum all night, we did not sleep a minute.",
        "A stag party shouted in the corridor and nobody came.",
    ),
    "Cleanliness": (
        "There were crumbs and hair in the berth when we moved in.",
        "The shower drain was blocked and smelled.",
    ),
    "Delay": (
        "We docked two hours late and missed our train.",
        "Boarding began forty minutes after the printed time, in the rain.",
    ),
    "Food": (
        "The salmon was cold and the buffet closed early.",
        "No vegan dish at all although we had asked in advance.",
    ),
    "Vehicle deck": (
        "Someone scratched our camper on the car deck.",
        "The ramp crew sent us to the wrong lane twice.",
    ),
}
PRAISE = (
    "Lovely crew, the sauna was a treat.",
    "Sunset over the archipelago made up for everything.",
    "Quiet cabin and a decent breakfast.",
    "The children adored the ball pool.",
)
GRUMBLES = (
    "Wi-Fi dropped as soon as we left the harbour.",
    "Far too warm in the cabin, no way to turn it down.",
    "Queues everywhere, and the lift was out of order.",
)
MESSAGES = (
    "Can we bring our greyhound into the cabin?",
    "Please put us near the lift, my mother walks with a frame.",
    "Is there a charging point for electric cars on board?",
    "We would like a cake in the cabin for an anniversary.",
    "Do you store skis somewhere overnight?",
)
CHANNELS = ("email", "chat", "phone")
