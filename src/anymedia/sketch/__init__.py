"""The keyless engines: illustrator, composer, voice, sound effects, animator. No network, no key, no provider.

Every engine is one function that writes one file into a folder it is given and returns a `Made`. They run in a
worker process (they hold the interpreter lock for hundreds of milliseconds), so this package may import numpy and
friends at the top; nothing outside `sketch/` may import it at the top.
"""
