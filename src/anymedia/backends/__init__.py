"""One file or folder per provider, found by `registry.py`. There is no list to maintain.

A backend imports the vocabulary (`anymedia.spec`, `anymedia.operations`, `anymedia.media`) and nothing else of this
package but `anymedia.sketch`; backends do not know each other.
"""
