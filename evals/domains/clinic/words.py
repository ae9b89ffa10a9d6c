"""What the practices treat, charge and write, and what owners say of it."""

from __future__ import annotations

BRANCHES = {
    "Boulder": ("Dr. Okonjo", "Dr. Haldane"),
    "Arvada": ("Dr. Haldane", "Dr. Sorrell"),
    "Lakewood": ("Dr. Sorrell", "Dr. Imada"),
}
#: Reasons of an appointment: how often, how many minutes, and what is charged beside the exam.
REASONS = {
    "Check-up": (5, 20, ()),
    "Vaccination": (5, 15, ()),
    "Skin rash": (2, 25, ("Skin scraping", "Medicated shampoo")),
    "Limping": (2, 30, ("X-ray", "Pain relief")),
    "Dental": (2, 70, ("Dental cleaning", "Anesthesia")),
    "Upset stomach": (2, 30, ("Blood panel", "Diet food")),
    "Nail trim": (1, 10, ("Nail trim",)),
}
PRICES = {
    "Exam": 62.0,
    "Vaccine shot": 31.5,
    "Skin scraping": 44.0,
    "Medicated shampoo": 18.75,
    "X-ray": 189.0,
    "Pain relief": 27.4,
    "Dental cleaning": 312.0,
    "Anesthesia": 145.5,
    "Blood panel": 128.25,
    "Diet food": 39.9,
    "Nail trim": 22.0,
}
VACCINES = {
    "dog": ("Rabies", "Distemper", "Bordetella"),
    "cat": ("Rabies", "Feline leukemia"),
    "rabbit": ("Myxomatosis",),
    "horse": ("West Nile", "Tetanus"),
}
#: In pounds: of a species, and of breeds that are far from it.
WEIGHTS = {"dog": 46.0, "cat": 10.5, "rabbit": 4.8, "snake": 3.9, "parrot": 1.1, "horse": 1040.0}
BREED_WEIGHTS = {
    "Great Dane": 138.0, "Newfoundland": 121.0, "Rottweiler": 104.0, "Labrador": 69.0, "Boxer": 64.0,
    "Beagle": 24.0, "Corgi": 26.0, "Shiba Inu": 21.0, "Dachshund": 17.0, "Pug": 16.5, "Cavalier": 15.0, "Scottie": 20.0,
    "Chihuahua": 5.6, "Maine Coon": 16.0,
}  # fmt: skip
#: Plans with the fee of a month, the lesser first.
PLANS = {"Paws Basic": "19.00", "Paws Plus": "34.50", "Paws Total": "58.00"}
PAID_BY = ("credit card", "check", "insurance", "cash")
TOPICS = ("annual check-up", "vaccine due", "dental month", "tick season")
CHANNELS = ("text", "email", "postcard")
PLEASED = (
    "The nurse sat on the floor with us until the shaking stopped.",
    "In and out in twenty minutes, and treats for everyone.",
    "They called the next morning just to ask how he was eating.",
    "Clear prices before anything was done, which I appreciate.",
)
CROSS = (
    "Fifty minutes in a waiting room full of barking.",
    "The bill was twice the estimate and nobody could say why.",
    "Parking lot is an ice rink, someone will break a leg.",
    "Front desk lost our file again.",
)
QUESTIONS = (
    "Is it fine to give half a tablet with breakfast?",
    "She scratched the cone off overnight, should we come in?",
    "Could you fax the shot record to our kennel?",
    "Do you sell the salmon kibble in the big bag?",
)
