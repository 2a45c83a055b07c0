"""A text of the kinds that pass a gateway, for measuring: prose in two languages, source code, JSON, logs, a table."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_ENGLISH: Final = (
    "The committee met on Tuesday to discuss the budget for the coming year, and agreed that the proposal needed more "
    "work before it could be sent to the members. Several speakers asked for a clearer summary of costs and risks.\n"
)
_CHINESE: Final = (
    "今天下午的会议讨论了明年的预算安排，各部门负责人分别汇报了项目进展和存在的问题，并就下一步工作提出了意见和建议。"
    "大家一致认为应当加强沟通，提高效率，按时完成各项任务。\n"
)
_CODE: Final = """def merge(left: list[int], right: list[int]) -> list[int]:
    result, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            result.append(left[i])
            i += 1
        else:
            result.append(right[j]); j += 1
    return result + left[i:] + right[j:]
"""
_DATA: Final = """{"id": 48213, "status": "shipped", "items": [{"sku": "TX-2093-B", "count": 3, "price": 149.90}], \
"created": "2024-05-17T12:30:45Z", "notes": null, "tags": ["express", "gift"]}
2024-05-17 12:30:45,123 INFO  worker-7 request id=7f3a9c path=/api/v2/orders/48213 status=200 took=35ms
order_no,amount,qty,date
2024051700012,1299.00,2,2024-05-17
2024051700013,58.50,10,2024-05-18
total 149.90 EUR, room 4711, chapter 12, 3 of 8 items, page 205, 98.6 %, section 4.2.1, 1,250 units, 17:45
"""
_PIECES: Final = (_ENGLISH, _CHINESE, _CODE, _DATA)
_HASHES: Final = """commit 9fceb02d0ae598e95dc970b74767f19372d61af8
version 12.4.1-rc.2 build 20240517.3 sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709
"""


@lru_cache(maxsize=2)
def reference_text(rounds: int = 40) -> str:
    """About 2 KB a round; hashes only now and then."""
    return "".join("".join(_PIECES) + (_HASHES if number % 4 == 0 else "") for number in range(rounds))
