"""Words by what they do in a sentence: those that say nothing of the world, and those that relate what is said."""

from __future__ import annotations

from agent.folding import stem


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def stems(text: str) -> frozenset[str]:
    return frozenset(map(stem, text.split()))


#: Grammar alone.
FUNCTION = words(
    "a an the this that these those it its he she they him her them his hers their theirs i we you my our your us me"
    " who whom whose which what where there here as of in on at to from for with by into onto through via within among"
    " and or is are was were be been being am has have had having do does did s own gave gives given"
)
#: They say that something is on record, and whose it is; nothing about the world.
REPORTING = stems(
    "according record recorded show shows shown event entry customer client account user id memory"
    " evidence date dated namely respectively item quote"
)
#: They say that somebody put it in words: of events in which the customer did.
SAYING = stems(
    "said say write wrote written told tell message comment note commented words text read report reported state stated"
    " mention mentioned"
)
#: They say that somebody asked, of events in which the customer did.
ASKING = stems("ask asked asks question wonder wondered enquired inquired")
PRONOUNS = words("he she they him her them his hers their theirs it its customer client user account")
EVERYONE = words("all everyone everybody customers clients users accounts people workspace together")

NEGATION = words("not no never none nobody nothing nowhere without neither nor hardly barely lack lacks")
HYPOTHESIS = words(
    "will would shall should may might can could must if unless whether likely unlikely probably possibly perhaps maybe"
    " apparently seems seem seemed appears appear expect expects expected planned intends intend wants want wish"
    " wanted intended hoped hopes hope going soon risk risks predict predicted predicts forecast threatens threatened"
)
ORDER = words(
    "before after then later earlier afterwards afterward thereafter beforehand first last latest earliest next finally"
    " previously previous prior following followed subsequently subsequent until till once since again still already"
    " yet anymore meanwhile when while whenever during eventually initially ago now currently recently recent new"
    " newest newly soon just lately ever always"
)
CAUSE = words(
    "because due so therefore thus hence cause caused causes causing led leads leading resulted result results"
    " why owing consequently prompted triggered thanks response despite although though but"
    " however instead"
)
QUANTITY = words(
    "all every each everything everyone everybody only solely just most mostly mainly majority any both either several"
    " few many much multiple some numerous various couple often usually frequently rarely seldom sometimes always whole"
    " entire entirely completely fully more less fewer least than almost nearly around approximately roughly about over"
    " under above below up down exceeding exceeded exact exactly per average mean median typical typically total"
    " altogether overall sum combined highest largest biggest maximum max lowest smallest cheapest minimum min top best"
    " worst greatest half quarter double twice thrice triple once single dozen dozens pair even very really"
    " higher lower better worse bigger smaller larger longer shorter same similar like different distinct unique"
    " increase increased decrease decreased rose fell grew dropped rise fall net gross"
)
RELATIONS = NEGATION | HYPOTHESIS | ORDER | CAUSE | QUANTITY
#: Said of a day without naming it.
RELATIVE_DAYS = words("yesterday today tomorrow tonight")

#: An event that undoes or fails is told with the word that says so.
UNDOING = stems(
    "failed cancelled canceled declined refunded removed deleted expired abandoned reversed rejected returned bounced"
    " ended downgraded denied suspended closed unsubscribed lost missed"
)
