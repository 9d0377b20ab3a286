"""What belongs to another mode, refused by both type checkers once the result is used as a `Result`.

Without the annotation the overload for modes that are only known at run time takes any parameter, and only the type
of the result, `Result | Batch`, gives the mistake away.
"""

import anymedia
from anymedia import Result

one: Result = anymedia.generate_media("a fox", mode="image", duration=4)  # wrong
two: Result = anymedia.generate_media("a fox", mode="image", sise="1024x1024")  # wrong
three: Result = anymedia.generate_media("waves", mode="video", voice="ann")  # wrong
four: Result = anymedia.generate_media("a fox", mode="image", n="two")  # wrong
five: Result = anymedia.generate_media("a fox", sise="1024x1024")  # wrong
six: Result = anymedia.generate_media("a fox", mode="imgae")  # wrong
seven: Result = anymedia.generate_media(mode="transcription")  # wrong
