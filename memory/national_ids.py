"""National ids in texts: one row a kind, each in the form in which people write it and with its own check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum.be import nn as be_nn
from stdnum.br import cpf as br_cpf
from stdnum.ca import sin as ca_sin
from stdnum.ch import ssn as ch_ahv
from stdnum.cn import ric as cn_ric
from stdnum.cz import rc as cz_rc
from stdnum.de import idnr as de_idnr
from stdnum.es import dni as es_dni
from stdnum.es import nie as es_nie
from stdnum.fi import hetu as fi_hetu
from stdnum.fr import nir as fr_nir
from stdnum.gb import nhs as gb_nhs
from stdnum.in_ import aadhaar as in_aadhaar
from stdnum.it import codicefiscale as it_fiscal
from stdnum.kr import rrn as kr_rrn
from stdnum.mx import curp as mx_curp
from stdnum.nl import bsn as nl_bsn
from stdnum.no import fodselsnummer as no_birth
from stdnum.se import personnummer as se_personal
from stdnum.za import idnr as za_id


@dataclass(frozen=True, slots=True)
class _Form:
    """How an id is written, and whether these digits can be one; ids without a check digit have a narrow form."""

    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]


def _form(pattern: str, is_valid: Callable[[str], bool]) -> _Form:
    return _Form(re.compile(rf"(?<![\w.,/+-])(?:{pattern})(?!\w|[-./,]\w)", re.IGNORECASE), is_valid)


#: Bare digits are left alone where only one in ten or so fails the check: order numbers would vanish.
_FORMS = (
    # Social security: no check digit, but zeros and 666 are never given out.
    _form(r"(?!000|666)\d{3}-(?!00)\d\d-(?!0000)\d{4}", bool),
    # National Insurance: two letters that are in use (or QQ, of every example), six digits, A to D.
    _form(r"(?:(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]|QQ)( ?)\d\d\1\d\d\1\d\d\1[A-D]", bool),
    _form(r"\d{3}([ -])\d{3}\1\d{4}", gb_nhs.is_valid),
    _form(r"\d{8}[- ]?[A-Z]", es_dni.is_valid),
    _form(r"[XYZ][- ]?\d{7}[- ]?[A-Z]", es_nie.is_valid),
    _form(r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]", it_fiscal.is_valid),
    _form(r"[12]( ?)\d\d\1\d\d\1\d[\dAB]\1\d{3}\1\d{3} ?\d\d", fr_nir.is_valid),
    _form(r"\d\d( )\d{3}\1\d{3}\1\d{3}", de_idnr.is_valid),
    _form(r"\d{4}\.\d\d\.\d{3}", nl_bsn.is_valid),
    _form(r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", be_nn.is_valid),
    _form(r"756(\.?)\d{4}\1\d{4}\1\d\d", ch_ahv.is_valid),
    _form(r"(?:\d\d)?\d{6}[-+]\d{4}", se_personal.is_valid),
    _form(r"\d{6}[-+A]\d{3}[\dA-Y]", fi_hetu.is_valid),
    _form(r"\d{6} \d{5}", no_birth.is_valid),
    _form(r"\d{6}/\d{3,4}", cz_rc.is_valid),
    _form(r"\d{3}\.\d{3}\.\d{3}-\d\d", br_cpf.is_valid),
    _form(r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", mx_curp.is_valid),
    _form(r"\d{3}-\d{3}-\d{3}", ca_sin.is_valid),
    _form(r"[2-9]\d{3}( )\d{4}\1\d{4}", in_aadhaar.is_valid),
    _form(r"\d{6}-[1-8]\d{6}", kr_rrn.is_valid),
    _form(r"\d{17}[\dX]", cn_ric.is_valid),
    _form(r"\d{6} \d{4} \d\d ?\d", za_id.is_valid),
)

#: Where the text says what it is, the form does not matter.
_NAMED = re.compile(
    r"(?<![a-z])(?:ssn|social[ _]?security|national[ _]?(?:id|insurance)|nino|nhs|bsn|pesel|personnummer|cpf|dni|nif"
    r"|aadhaar|codice[ _]?fiscale|steuer-?id(?:nr)?|curp|passport|tax[ _]?id|identity[ _]?card)"
    r"(?:[ _-]?(?:numbers?|no|nr|id))?(?: is)?[ .:#=]{0,3}"
    r"(?P<id>(?=(?:[A-Z ./-]{0,4}\d){5})[A-Z]{0,4}[ -]?\d(?:[ ./-]?\d|[A-Z](?=[A-Z]{0,2}\d|(?!\w))){4,16})(?!\w)",
    re.IGNORECASE,
)


def find_national_ids(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each national id in the text; they may overlap."""
    for form in _FORMS:
        for match in form.pattern.finditer(text):
            if form.is_valid(match[0]):
                yield match.span()
    for match in _NAMED.finditer(text):
        yield match.span("id")
