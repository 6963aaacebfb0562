"""Identifiers of people, companies and things: each check returns the normal form or raises `Unfit`. domain.md §12."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from unicodedata import normalize

from stdnum import luhn
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from contracts.failures import Unfit

_RESIDENT = re.compile(r"^(\d{17}[\dX]|\d{15})$")
_PROVINCES = frozenset(
    ["11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82", "83"]
)
#: A card of today: 9, where it was issued, country of ISO 3166-1 in digits, birth, sequence, check digit. Before: country in letters.
_PERMANENT_RESIDENT = re.compile(r"^(9\d{16}[\dX]|[A-Z]{3}\d{12})$")
#: Who registers an organisation -> what kinds of organisation. Source: GB 32100-2015 with amendment 1 of 2016, positions 1 and 2: staffing
#: offices, foreign affairs, justice, culture, civil affairs, tourism, religion, unions, market, military, agriculture, others.
_REGISTERS = {"1": "1239", "2": "19", "3": "123459", "4": "19", "5": "1239", "6": "129", "7": "129", "8": "19", "9": "123",
              "A": "19", "N": "1239", "Y": "1"}
_VIN = re.compile(r"^[A-HJ-NPR-Z0-9]{17}$")
_VIN_VALUES = {**{str(d): d for d in range(10)}, **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
               **dict(zip("JKLMN", range(1, 6), strict=True)), "P": 7, "R": 9, **dict(zip("STUVWXYZ", range(2, 10), strict=True))}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_PROVINCE = "[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新]"
_SERIAL = "[A-HJ-NP-Z0-9]"
#: GA 36-2018 with the kinds that stand beside it: embassies and consulates, emergency rescue, trial, temporary, armed police, army,
#: civil aviation, and the old plates of farm machines.
_PLATE = re.compile(
    f"{_PROVINCE}[A-Z](?:{_SERIAL}{{5,6}}|{_SERIAL}{{4}}[学警挂港澳领使试超临]|{_SERIAL}{{3,5}}应急|临{_SERIAL}{{4,5}})"
    rf"|使\d{{6}}|\d{{6}}使|{_PROVINCE}[A-Z]?\d{{4,5}}领|WJ{_PROVINCE}?\d{{4}}[A-Z0-9]|[A-Z]{{2}}\d{{5}}|民航[A-Z]?\d{{4,5}}"
    rf"|{_PROVINCE}\d{{2}}[A-Z0-9]?\d{{4,5}}")
#: What is written between the parts of a plate, and is no part of it.
_PLATE_DOTS = dict.fromkeys(map(ord, "·•・‧∙⋅．.-—"))
_USCC_CHARS = 18
_COMPANY_NO = re.compile(r"[0-9]{13}|[0-9]{15}|[0-9A-Z]{18}")
_UNIT_CODE = re.compile(r"^\d{12}[A-Z]{2}\d{5}[A-Z]\d{8}$")
_FULL_WIDTH = {ord(full): ord(half) for full, half in zip("０１２３４５６７８９ＸＡＢＣＤＥＦＧＨ", "0123456789XABCDEFGH", strict=True)}


def _plain(text: str) -> str:
    return text.strip().translate(_FULL_WIDTH).replace(" ", "").replace("-", "").upper()


def _from_stdnum(error: ValidationError, zh: str, en: str, expected: str) -> Unfit:
    if isinstance(error, InvalidChecksum):
        return Unfit("bad_check_digit", f"{zh}校验位不正确", f"the check digit of the {en} is wrong", expected)
    if isinstance(error, InvalidLength):
        return Unfit("bad_length", f"{zh}位数不正确", f"the {en} has the wrong length", expected)
    return Unfit("bad_format", f"{zh}格式不正确", f"the {en} has the wrong form", expected)


def resident_id(text: str) -> str:
    """Check a resident identity number, 18 or the old 15 digits. Source: GB 11643.

    Raises: Unfit with bad_length, bad_format, bad_component or bad_check_digit
    """
    number = _plain(text)
    try:
        _check_resident_id(number)
    except Unfit as unfit:
        if unfit.code != "bad_check_digit":  # what has region and date of birth is a resident number mistyped, whatever else it passes for
            _check_is_no_other(number, {"uscc": "统一社会信用代码", "foreign_permanent_resident": "外国人永久居留身份证号"})
        raise
    return number


def _check_resident_id(number: str) -> None:
    if not _RESIDENT.match(number):
        raise Unfit("bad_format", "居民身份证号应为18位或15位", "the resident identity number has the wrong form", "GB 11643, 18 (15)")
    full = resident_id_18(number)
    if full[:2] not in _PROVINCES:
        raise Unfit("bad_component", "居民身份证号中的地区无效", "the resident identity number has an invalid region", "GB/T 2260")
    _check_birth(full)
    _check_last_digit(full, "居民身份证号", "resident identity number")


def is_resident_id(text: str) -> bool:
    """Tell whether a number passes as a resident identity number."""
    return _passes(_check_resident_id, _plain(text))


def is_credit_code(text: str) -> bool:
    """Tell whether a number passes as a unified social credit code."""
    return _passes(social_credit_code, _plain(text))


def foreign_permanent_resident(text: str) -> str:
    """Check the number of a foreign permanent resident's card, 18 digits that begin with 9, or the old 3 letters and 12 digits.

    Raises: Unfit with bad_format, bad_component or bad_check_digit; the old form has no check that is published
    Source: GA/T 2102-2023; the check digit is that of GB 11643
    """
    number = _plain(text)
    if not _PERMANENT_RESIDENT.match(number):
        _check_is_no_other(number, {"resident_id": "居民身份证号"})
        raise Unfit("bad_format", "外国人永久居留身份证号应为9开头的18位数字，旧版为3位字母加12位数字",
                    "the number of a foreign permanent resident's card has the wrong form", "911124198108030024; CAN110081080310")
    if number[0] == "9":
        if number[1:3] not in _PROVINCES:
            raise Unfit("bad_component", "外国人永久居留身份证号中的受理地无效", "the card number has an invalid place of issue", "GB/T 2260")
        _check_birth(number)
        _check_last_digit(number, "外国人永久居留身份证号", "number of a foreign permanent resident's card")
    return number


def _check_last_digit(full: str, zh: str, en: str) -> None:
    if full[-1] != ric.calc_check_digit(full):
        raise Unfit("bad_check_digit", f"{zh}校验位不正确", f"the check digit of the {en} is wrong", f"{full[:6]}…{ric.calc_check_digit(full)}")


def _passes(check: Callable[[str], object], number: str) -> bool:
    try:
        check(number)
    except Unfit:
        return False
    return True


def _check_is_no_other(number: str, others: Mapping[str, str]) -> None:
    """Say which type of number a text is that is not of the type it was said to be.

    Raises: Unfit with other_id_type
    """
    checks: Mapping[str, Callable[[str], object]] = {
        "resident_id": _check_resident_id, "uscc": social_credit_code, "foreign_permanent_resident": foreign_permanent_resident}
    for id_type, zh in others.items():
        if _passes(checks[id_type], number):
            raise Unfit("other_id_type", f"这看起来是{zh}，证件类型填错了", f"this looks like a number of type {id_type}", f'"id_type": "{id_type}"')


def _check_birth(full: str) -> None:
    """Check the birth date; regions are checked by province only, since counties are split and renamed over the years."""
    try:
        date.fromisoformat(f"{full[6:10]}-{full[10:12]}-{full[12:14]}")
    except ValueError:
        raise Unfit("bad_component", "证件号码中的出生日期无效", "the number has an invalid date of birth", "yyyymmdd") from None


def resident_id_18(number: str) -> str:
    """Write a resident number with 18 digits; an 18-digit one is returned as it is."""
    if len(number) == 18:  # noqa: PLR2004 - GB 11643
        return number
    full = f"{number[:6]}19{number[6:]}"
    return full + ric.calc_check_digit(f"{full}0")


def social_credit_code(text: str) -> str:
    """Check a unified social credit code. Source: GB 32100-2015.

    Raises: Unfit with bad_length, bad_format or bad_check_digit
    """
    number = _plain(text)
    try:
        return uscc.validate(number)
    except ValidationError as error:
        expected = "18 位，GB 32100-2015，末位为校验码"
        if isinstance(error, InvalidChecksum):
            expected = f"…{uscc.calc_check_digit(number[:17])}"
        raise _from_stdnum(error, "统一社会信用代码", "unified social credit code", expected) from None


def uscc_of_identity(text: str) -> str:
    """Check the credit code by which an organisation is asked about: one that is a resident number too must name a register.

    Raises: Unfit as social_credit_code; other_id_type; no_such_register
    Source: GB 32100-2015: the first character names who registers, the second what kind of organisation
    """
    number = _plain(text)
    try:
        code = social_credit_code(number)
    except Unfit:
        _check_is_no_other(number, {"resident_id": "居民身份证号", "foreign_permanent_resident": "外国人永久居留身份证号"})
        raise
    if is_resident_id(code) and code[1] not in _REGISTERS.get(code[0], ""):
        raise Unfit("no_such_register", "前两位不是任何登记管理部门的代码，而该号码符合居民身份证号规则：应为个人的居民身份证号",
                    "the first two characters name no register, and the number is a valid resident identity number: it is a person's",
                    '"kind": "person", "id_type": "resident_id"')
    return code


def vin_may_be(number: str) -> bool:
    """Tell whether a number can be what a register calls a VIN: 17 characters whose check digit fits, or that have none.

    Shape: position 9 of many European VINs holds no check digit, which ISO 3779 does not ask for; chassis numbers from before VINs have
           other lengths. Source: GB 16735, ISO 3779
    """
    if not _VIN.match(number):
        return len(number) != 17  # noqa: PLR2004 - GB 16735
    return number[8] not in "0123456789X" or number[8] == vin_check_digit(number)


def vin_check_digit(number: str) -> str:
    """Return what position 9 of a 17-character VIN must be."""
    rest = sum(_VIN_VALUES[char] * weight for char, weight in zip(number, _VIN_WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)  # noqa: PLR2004 - modulus 11


def plate_no(text: str) -> str:
    """Write a vehicle plate without dots and blanks. Source: GA 36-2018 (7 characters, 8 for new energy, and its other kinds).

    Raises: Unfit with bad_format
    """
    plate = _plain(normalize("NFKC", text)).translate(_PLATE_DOTS)
    if not _PLATE.fullmatch(plate):
        raise Unfit("bad_format", "号牌号码格式不正确", "the plate has the wrong form", "如 粤WA1234 或 粤WD12345")
    return plate


def unit_code(text: str) -> str:
    """Check a real-estate unit code. Source: GB/T 37346 (28 characters).

    Raises: Unfit with bad_format
    """
    code = text.strip().replace(" ", "").upper()
    if not _UNIT_CODE.match(code):
        raise Unfit("bad_format", "不动产单元号格式不正确", "the unit code has the wrong form", "28 位，如 445302001001GB00014F00310202")
    return code


def certificate_no(text: str) -> str:
    """Write the number of a title certificate in one form: no blanks, full-width brackets (粤（2019）云浮市不动产权第0001234号).

    Raises: Unfit with bad_format if it names no number
    """
    number = "".join(normalize("NFKC", text).split()).replace("(", "（").replace(")", "）").replace("[", "〔").replace("]", "〕")
    if not 4 <= len(number) <= 100 or not any(char.isdigit() for char in number):  # noqa: PLR2004 - the shortest that tells one
        raise Unfit("bad_format", "不动产权证号格式不正确", "the certificate number has the wrong form", "如 粤（2019）云浮市不动产权第0001234号")
    return number


def company_no(text: str) -> str:
    """Write what a register knows a company by: its USCC, or the registration number from before (13 or 15 digits). Source: GB 32100-2015.

    Shape:  a check digit that fails is the register's own and is kept; `social_credit_code` is for what a caller types
    Raises: Unfit with bad_format
    """
    number = _plain(text)
    if not _COMPANY_NO.fullmatch(number):
        raise Unfit("bad_format", "企业代码格式不正确", "the number of the company has the wrong form", "18 位统一社会信用代码，或 13、15 位注册号")
    return number


def company_no_may_be(number: str) -> bool:
    """Tell whether a number can be what a company is registered by: a USCC whose check digit fits, or a number from before."""
    if len(number) != _USCC_CHARS:
        return True
    try:
        return number[-1] == uscc.calc_check_digit(number[:-1])
    except ValueError:  # a letter that no USCC has
        return False


def bank_card_no(text: str) -> bool:
    """Tell whether a number passes as a bank card (ISO/IEC 7812); account numbers need not."""
    return luhn.is_valid(_plain(text))


__all__ = ["bank_card_no", "certificate_no", "company_no", "company_no_may_be", "foreign_permanent_resident", "is_credit_code", "is_resident_id", "plate_no", "resident_id",
           "resident_id_18", "social_credit_code", "unit_code", "uscc_of_identity", "vin_check_digit", "vin_may_be"]
