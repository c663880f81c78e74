"""When to look at a run that no webhook has moved."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckSchedule:
    """Checks beside webhooks: rare, and ever rarer."""

    first_seconds: int
    cap_seconds: int

    def delay(self, checks: int) -> int:
        """Count the seconds to the next check, after so many that found nothing."""
        return min(self.first_seconds << min(checks, 20), self.cap_seconds)


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """Looks instead of webhooks: each wait half as long again as the one before.

    No wait is longer than 5 s in the first minute, and none longer than 60 s after it.
    """

    first_seconds: float = 1
    factor: float = 1.5
    early_cap_seconds: float = 5
    early_until_seconds: float = 60
    cap_seconds: float = 60

    def delay(self, checks: int) -> int:
        """Count the seconds to the next look, after so many that found nothing."""
        wait, waited = self.first_seconds, 0.0
        for _ in range(min(checks, 100)):
            waited += wait
            cap = self.early_cap_seconds if waited < self.early_until_seconds else self.cap_seconds
            wait = min(wait * self.factor, cap)
        return round(wait)


type Schedule = CheckSchedule | PollSchedule
