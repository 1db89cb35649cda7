"""The working days of 2026 as a person would count them on a wall calendar: day by day.

Written from the State Council's notice, not from the calendar files, so that the two can be
compared. Nothing here is fast or clever.
"""

from datetime import date, datetime, time, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
LAST_DAY = date(2026, 12, 31)


class BeyondCalendar(Exception):
    """The answer lies after the last day that is known."""


def day_range(first, last):
    """All days from `first` to `last`, both included: (month, day) pairs of 2026."""
    day, end = date(2026, *first), date(2026, *last)
    days = set()
    while day <= end:
        days.add(day)
        day += DAY
    return days


# 国办发明电〔2025〕7号
DAYS_OFF = (day_range((1, 1), (1, 3)) | day_range((2, 15), (2, 23)) | day_range((4, 4), (4, 6))
            | day_range((5, 1), (5, 5)) | day_range((6, 19), (6, 21))
            | day_range((9, 25), (9, 27)) | day_range((10, 1), (10, 7)))
MAKEUP_DAYS = {date(2026, *day) for day in
               [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]}
# The centre's own: it closes at noon before the long holidays.
SHORT_DAYS = {date(2026, 4, 30), date(2026, 9, 30)}

MORNING, AFTERNOON = (time(9), time(12)), (time(13), time(17))


def at(day, clock):
    return datetime.combine(day, clock, BEIJING)


def day_of(instant):
    return instant.astimezone(BEIJING).date()


def is_workday(day):
    if day > LAST_DAY:
        raise BeyondCalendar(day)
    if day in MAKEUP_DAYS:
        return True
    return day.weekday() < 5 and day not in DAYS_OFF


def spans(day):
    """The opening hours of a day, as instants."""
    if not is_workday(day):
        return []
    hours = [MORNING] if day in SHORT_DAYS else [MORNING, AFTERNOON]
    return [(at(day, opens), at(day, closes)) for opens, closes in hours]


def opening(day):
    return spans(day)[0][0]


def closing(day):
    return spans(day)[-1][1]


def roll_forward(day):
    while not is_workday(day):
        day += DAY
    return day


def roll_back(day):
    while not is_workday(day):
        day -= DAY
    return day


def step_workdays(day, amount):
    """The working day that lies so many working days after (before, when negative) a day."""
    direction = DAY if amount > 0 else -DAY
    for _ in range(abs(amount)):
        day += direction
        while not is_workday(day):
            day += direction
    return day


def count_workdays(after, until):
    """Working days after the one day, up to and with the other."""
    count = 0
    while after < until:
        after += DAY
        count += is_workday(after)
    return count


def next_opening(instant):
    """The instant itself while the centre is open."""
    day = day_of(instant)
    while True:
        for opens, closes in spans(day):
            if instant < closes:
                return max(instant, opens)
        day += DAY


def open_between(first, last):
    total, day = timedelta(0), day_of(first)
    while day <= day_of(last):
        for opens, closes in spans(day):
            total += max(timedelta(0), min(last, closes) - max(first, opens))
        day += DAY
    return total


def add_open(instant, amount):
    """When so much opening time after an instant is used up."""
    day = day_of(instant)
    while amount > timedelta(0):
        for opens, closes in spans(day):
            begins = max(instant, opens)
            if begins >= closes:
                continue
            if amount <= closes - begins:
                return begins + amount
            amount -= closes - begins
        day += DAY
    return instant
