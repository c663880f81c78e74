"""Errors are classes of what the caller does next.

```
RunrelayError
├── NoStackError             say which stack is meant, or with what to sign
├── InvalidRequestError      mend the request: `errors` names each wrong field
├── NotAllowedError          sign in another way, or have somebody entitle you
├── NotFoundError            there is no such run or call
├── ConflictError            look at how the run or the call stands: `problem.first`, `detail`
├── DeletedError             forget the run: it was deleted
├── UnreadableRunError       have somebody mend the run's record: `run` is what can be read of it
├── UnavailableError         try again later, in `retry_after` seconds if that is told
├── UnexpectedAnswerError    see what answers there: it is not Runrelay's API
└── WaitTimeoutError         wait again, or look at `run`, as it was seen last
```
"""

from typing import Self, override

from runrelay.client.models import Problem, Run, UnreadableRun, WrongField


class RunrelayError(Exception):
    """What this client raises.

    Attributes:
        status: Of the HTTP answer, if there was one.
        detail: What is wrong, in one sentence.
        problem: The problem document, if the answer was one.
        request_id: API Gateway's id of the request, which stands in the API's logs.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        problem: Problem | None = None,
        request_id: str | None = None,
    ) -> None:
        told = [str(status) if status else "", f"request {request_id}" if request_id else ""]
        beside = ", ".join(each for each in told if each)
        super().__init__(f"{detail} ({beside})" if beside else detail)
        self.detail = detail
        self.status = status
        self.problem = problem
        self.request_id = request_id


class NoStackError(RunrelayError):
    """No stack was named or found, or nothing to sign with."""


class InvalidRequestError(RunrelayError):
    """The request breaks the schema or a rule."""

    @property
    def errors(self) -> tuple[WrongField, ...]:
        """Each wrong field."""
        return (self.problem and self.problem.errors) or ()


class NotAllowedError(RunrelayError):
    """The signature or the token is none that the stack lets do this."""


class NotFoundError(RunrelayError):
    """There is no such run, or no such call of it."""


class ConflictError(RunrelayError):
    """As the run or the call stands, this cannot be done."""


class DeletedError(RunrelayError):
    """The run was deleted; `problem.deleted_at` is when all of it was gone, None until then."""


class UnavailableError(RunrelayError):
    """It could not be done now, and neither a few times after that.

    Attributes:
        retry_after: The seconds that the answer asks to wait, if it says so.
    """

    retry_after: float | None = None


class UnexpectedAnswerError(RunrelayError):
    """The answer is none of Runrelay's."""


class UnreadableRunError(RunrelayError):
    """The run's own record is damaged.

    Attributes:
        run: What can be read of it.
    """

    def __init__(self, run: UnreadableRun) -> None:
        wrong = ", ".join(name for each in run.unreadable for name in each.attributes)
        super().__init__(f"the record of {run.run_id} cannot be read: {wrong}")
        self.run = run

    @override
    def __reduce__(self) -> tuple[type[Self], tuple[UnreadableRun]]:
        return type(self), (self.run,)  # else a copy, as another process gets it, is made of the words


class WaitTimeoutError(RunrelayError, TimeoutError):
    """The run goes on still.

    Attributes:
        run: As it was seen last.
    """

    def __init__(self, run: Run, timeout_seconds: float) -> None:
        super().__init__(f"after {timeout_seconds:g} s {run.run_id} is {run.status}")
        self.run = run
        self._timeout_seconds = timeout_seconds

    @override
    def __reduce__(self) -> tuple[type[Self], tuple[Run, float]]:
        return type(self), (self.run, self._timeout_seconds)  # as above
