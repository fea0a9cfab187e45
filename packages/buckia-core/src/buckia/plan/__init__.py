"""From verdicts on single keys to a plan for all of them: renames, clashes of names, guards."""
