"""What we say: facts in, Telegram HTML out. Pure: no I/O, no clock (`now` is passed).

markup     foreign text made harmless, messages cut to Telegram's size
phrases    the tables of words, and the first line that all messages share
render     one change -> one alert
summary    many changes or incidents -> the answers to /latest, /summary and /sources
why        one incident and its history -> the answer to /why
"""
