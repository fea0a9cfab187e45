"""The cases, by what they are about. Each name is a sentence, each docstring says why."""
