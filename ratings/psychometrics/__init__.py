"""Scoring and detection in plain Python.

In the order of reading: `evidence` (what goes in and comes out), `instruments` and `scoring` (from answers to scores),
`series`, `constants` (what is assumed), `criteria/` (one rule a file; ours in `rupture_filter/`), `spells` (from a
suspicion to the story of a rupture), `notes`, `assess` (the one way in), `usual` (the band of the chart), `ruptures`
(what becomes of the ruptures on record), `standing` (where an episode stands in the lists), `population` (a practice's
own constants). `evaluation/` compares the rules on simulated episodes.
"""
