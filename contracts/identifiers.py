"""Identifiers of people, companies and things: each check returns the normal form or raises `Unfit`. domain.md §12."""

import re
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
    if not _RESIDENT.match(number):
        raise Unfit("bad_format", "居民身份证号应为18位或15位", "the resident identity number has the wrong form", "GB 11643, 18 (15)")
    full = resident_id_18(number)
    _check_birth(full)
    if full[-1] != ric.calc_check_digit(full):
        raise Unfit("bad_check_digit", "居民身份证号校验位不正确", "the check digit of the resident identity number is wrong",
                    f"{full[:6]}…{ric.calc_check_digit(full)}")
    return number


def _check_birth(full: str) -> None:
    """Check region and birth date; regions by province only, since counties are split and renamed over the years."""
    if full[:2] not in _PROVINCES:
        raise Unfit("bad_component", "居民身份证号中的地区无效", "the resident identity number has an invalid region", "GB/T 2260")
    try:
        date.fromisoformat(f"{full[6:10]}-{full[10:12]}-{full[12:14]}")
    except ValueError:
        raise Unfit("bad_component", "居民身份证号中的日期无效", "the resident identity number has an invalid date", "yyyymmdd") from None


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


__all__ = ["bank_card_no", "certificate_no", "company_no", "company_no_may_be", "plate_no", "resident_id", "resident_id_18", "social_credit_code",
           "unit_code", "vin_check_digit", "vin_may_be"]
