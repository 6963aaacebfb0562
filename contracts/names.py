"""The one form in which a name is kept, compared and sent, and what a name cannot hold. Pure.

Agencies compare names as text, and people type them with what their keyboards, files and old systems give. The form is
that of a register's certificate: NFC, the dot U+00B7, no blank beside a Chinese character, ASCII letters, and brackets
that are full-width in a Chinese name and half-width in any other. A visible character is never lost.
"""

import re
import unicodedata

from contracts.failures import Unfit

DOT = "\u00b7"
#: Chinese characters: the radicals, 〇 々, the unified ideographs with every extension, the compatibility ideographs.
_HAN = "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
#: Looks like the dot between the parts of a name and stands for nothing else in one: U+2022 bullet, U+2027 hyphenation point, U+2219
#: bullet operator, U+22C5 dot operator, U+30FB and U+FF65 katakana dot, U+0387 Greek, U+16EB runic, U+2E31 and U+10101 separator, U+A78F.
_DOTS = "\u2022\u2027\u2219\u22c5\u30fb\uff65\u0387\u16eb\u2e31\U00010101\ua78f"
#: Ends sentences or abbreviates (Co., No.), so it is the dot only between Chinese characters: . ． ․ ﹒ ●
_STOPS = ".\uff0e\u2024\ufe52\u25cf"
#: Turns the direction of what follows, so that a name reads otherwise than it compares. Source: UAX 9.
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Shows nothing though its category is not Cf: joiner, Hangul fillers, Khmer vowels, Mongolian and other variation selectors.
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_CLEAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+(?:\u00b7[\u3400-\u4dbf\u4e00-\u9fff]+)*")

#: What had a private-use code point and has a code point of its own. Sources: GB 18030-2022 for the ten vertical marks and the eight
#: characters U+9FB4-9FBB, GB 18030-2005 for U+1E3F and the six of plane 2; the other cells of GBK's rows A8 and FE as GB 18030-2000
#: moved them, which is the edition of Python's codec (the WHATWG index of gb18030 says the same).
_GB_18030_2022 = {
    0xE78D: 0xFE10, 0xE78E: 0xFE12, 0xE78F: 0xFE11, 0xE790: 0xFE13, 0xE791: 0xFE14, 0xE792: 0xFE15, 0xE793: 0xFE16, 0xE794: 0xFE17,
    0xE795: 0xFE18, 0xE796: 0xFE19, 0xE81E: 0x9FB4, 0xE826: 0x9FB5, 0xE82B: 0x9FB6, 0xE82C: 0x9FB7, 0xE832: 0x9FB8, 0xE843: 0x9FB9,
    0xE854: 0x9FBA, 0xE864: 0x9FBB, 0xE7C7: 0x1E3F, 0xE816: 0x20087, 0xE817: 0x20089, 0xE818: 0x200CC, 0xE831: 0x215D7, 0xE83B: 0x2298F, 0xE855: 0x241FE,
}
_GBK_CELLS = {0xE7C8: "A8BF", **{0xE815 + place: f"FE{0x50 + place + (place > 46):02X}" for place in range(80)}}  # noqa: PLR2004 - no cell FE7F
_MOVED = {code: chr(to) for code, to in {
    **{code: ord(bytes.fromhex(cell).decode("gb18030")) for code, cell in _GBK_CELLS.items()}, **_GB_18030_2022}.items()}
#: Radicals of PDF text that Unicode itself folds into no character (CJK Radicals Supplement): those that stand for a whole character.
_RADICALS = dict(zip(
    "⺠⺟⻁⻄⻅⻆⻉⻋⻒⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳", "民母虎西见角贝车镸长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟", strict=True))
#: Another way to write the same sign: the radicals of PDF text (⽅ for 方), full-width letters, digits and signs; punctuation stays Chinese.
_SAME = {code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0x2F00, 0x2FD6), *range(0xFF01, 0xFF5F)) if chr(code) not in "（），：；！？．"}
_TRANSLATED = {**_MOVED, **_SAME, **{ord(radical): char for radical, char in _RADICALS.items()}, **{ord(dot): DOT for dot in _DOTS}}

_STOP_AS_DOT = re.compile(f"(?<=[{_HAN}])[{_STOPS}](?=[{_HAN}])")
_NEEDLESS_BLANK = re.compile(f"(?<=[{_HAN}{DOT}（），]) +| +(?=[{_HAN}{DOT}（），])")
_ANY_HAN = re.compile(f"[{_HAN}]")
_HALF, _FULL = str.maketrans("（）", "()"), str.maketrans("()", "（）")


def normal_name(text: str) -> str:
    """Return the normal form of a name; of a name in normal form, the name itself.

    Raises: Unfit with control_character, bidirectional_mark, unreadable_character or invisible_name
    """
    if _CLEAN.fullmatch(text):
        return text
    name = "".join(" " if unicodedata.category(char) == "Zs" else char for char in _visible(text.translate(_MOVED)))
    name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).translate(_TRANSLATED))
    name = re.sub(" +", " ", name.translate(_FULL if _ANY_HAN.search(name) else _HALF))
    name = _STOP_AS_DOT.sub(DOT, _NEEDLESS_BLANK.sub("", name)).replace("\uff0e", ".").strip()
    if not name:
        raise Unfit("invisible_name", "姓名或名称中没有可见字符", "the name has no visible character", "陈伟")
    return name


def same_name(one: str, other: str) -> bool:
    """Tell whether two texts are one name; of a text that is no name only the same text is."""
    try:
        return one == other or normal_name(one) == normal_name(other)
    except Unfit:
        return False


def plain_number(text: str) -> str:
    """Return a number of a card or an account without blanks at its ends and invisible characters, in ASCII.

    Raises: Unfit as normal_name, without invisible_name
    """
    return text if text.isascii() and text.isalnum() else _visible(text).translate(_SAME).strip()


def _visible(text: str) -> str:
    """Return a text without what shows nothing.

    Raises: Unfit with control_character, bidirectional_mark or unreadable_character
    """
    for char in text:
        _check(char)
    return _INVISIBLE.sub("", "".join(char for char in text if unicodedata.category(char) != "Cf"))


def _check(char: str) -> None:
    where, category = f"U+{ord(char):04X}", unicodedata.category(char)
    if category in ("Cc", "Zl", "Zp"):
        raise Unfit("control_character", f"含有控制字符{where}", f"there is a control character, {where}", "删去该字符后重新提交")
    if char in _BIDIRECTIONAL:
        raise Unfit("bidirectional_mark", f"含有改变书写方向的字符{where}", f"there is a mark that turns the direction of writing, {where}", "删去该字符后重新提交")
    if category == "Co" or char == "\ufffd" or (ord(char) & 0xFFFE) == 0xFFFE or "\ufdd0" <= char <= "\ufdef":  # noqa: PLR2004 - U+xxFFFE, U+xxFFFF
        raise Unfit("unreadable_character", f"含有无法识别的字符{where}（自造字或乱码）",
                    f"there is a character that nobody else can read, {where}: of a private character set, or damaged",
                    "按证件改用GB 18030-2022中的字；字库没有该字的，按证件登记的写法填写")
