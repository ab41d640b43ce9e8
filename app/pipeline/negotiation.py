"""Choose the media type of the answer, before anything is done that nobody could be told of."""

from app.contract import Operation
from app.pipeline.call import Answer, Call, Parts, Step
from app.pipeline.media import ANSWERS, chosen
from app.pipeline.problems import Problem
from models.sentence import say


def negotiation(operation: Operation, step: Step, parts: Parts) -> Step:
    """Find the media type that is accepted best. Raises a 406 problem if none is."""

    async def negotiate(call: Call) -> Answer:
        media_type = chosen(call.scope["headers"]).answer
        if media_type is None:
            raise Problem(
                "not-acceptable",
                say("An answer comes as {media_types}.", media_types=", ".join(ANSWERS)),
            )
        call.media_type = media_type
        return await step(call)

    return negotiate
